from pathlib import Path

import pytest

from samuel_gen import configs_folder
from samuel_gen.configs_folder import find_configs_folder


@pytest.mark.parametrize("place", ["samuel_gen/configs", "configs"])
def test_the_folder_is_in_the_package_or_beside_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / place).mkdir(parents=True)
    monkeypatch.setattr(
        configs_folder, "__file__", str(tmp_path / "samuel_gen" / "configs_folder.py")
    )
    assert find_configs_folder() == tmp_path / place


def test_it_holds_the_configs_of_the_commands() -> None:
    names = {path.stem for path in find_configs_folder().glob("*.yaml")}
    assert {"train", "encode", "evaluate", "generate"} <= names
