import os
from pathlib import Path

import pytest

from samuel_gen.cli.train_resume import expand_resume
from samuel_gen.errors import SamuelError


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs, of which `new` was saved later."""
    monkeypatch.delenv("SAMUEL_RUNS", raising=False)
    for age, name in enumerate(("new", "old")):
        run = tmp_path / "runs" / name
        (run / "checkpoints").mkdir(parents=True)
        (run / ".hydra").mkdir()
        (run / ".hydra" / "overrides.yaml").write_text(f"- model=small\n- group={name}\n- ckpt=x\n")
        (run / "checkpoints" / "last.ckpt").touch()
        os.utime(run / "checkpoints" / "last.ckpt", (1e9 - age, 1e9 - age))
    return tmp_path / "runs"


def expand(runs: Path, *arguments: str) -> list[str]:
    return expand_resume([f"runs={runs}", *arguments])


def test_without_ckpt_the_arguments_stay() -> None:
    for arguments in ([], ["seed=1"], ["ckpt="], ["ckpt=null"]):
        assert expand_resume(arguments) == arguments


def test_last_is_the_newest_run_with_its_settings_and_its_folder(runs: Path) -> None:
    assert expand(runs, "ckpt=last", "model=base") == [
        "model=small",
        "group=new",
        f"runs={runs}",
        "model=base",  # after the earlier setting, which it overrides
        f"ckpt='{runs}/new/checkpoints/last.ckpt'",
        f"hydra.run.dir='{runs}/new'",
        "hydra.mode=RUN",
    ]


def test_a_path_names_any_run_and_a_folder_may_be_given(runs: Path) -> None:
    state = runs / "old" / "checkpoints" / "last.ckpt"
    arguments = expand_resume([f"ckpt={state}", "hydra.run.dir=elsewhere"])
    assert "group=old" in arguments and f"ckpt='{state}'" in arguments
    assert [each for each in arguments if each.startswith("hydra.run.dir=")] == [
        "hydra.run.dir=elsewhere"
    ]


def test_a_missing_training_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="ckpt=nowhere.ckpt: no such file; name the last.ckpt"):
        expand_resume(["ckpt=nowhere.ckpt"])
    with pytest.raises(SamuelError, match="ckpt=last: no run below .* has saved a training state"):
        expand(tmp_path, "ckpt=last")
