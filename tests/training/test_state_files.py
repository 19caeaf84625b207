import tempfile
from pathlib import Path
from typing import Any

import hydra
import pytest
import torch

from samuel_gen.build import build
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.errors import SamuelError
from samuel_gen.training.state_files import StateFiles


def test_a_save_that_fails_leaves_the_earlier_state(tmp_path: Path, monkeypatch) -> None:
    last = tmp_path / "last.ckpt"
    StateFiles().save_checkpoint({"global_step": 3}, last)
    write = Path.write_bytes

    def write_half(path: Path, data: Any) -> None:
        write(path, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(SamuelError, match=r"last\.ckpt: no space left on device"):
        StateFiles().save_checkpoint({"global_step": 4}, last)
    assert list(tmp_path.iterdir()) == [last]
    assert torch.load(last, weights_only=False)["global_step"] == 3


@pytest.mark.parametrize("trainer", ["auto", "cpu", "gpu", "ddp", "mps"])
def test_every_trainer_writes_its_states_beside_their_place(
    tmp_path: Path, monkeypatch, trainer: str
) -> None:
    """A temporary folder on another disk would make the move a copy, which can break off."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "another disk"))
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        config = hydra.compose("train", overrides=[f"trainer={trainer}"])
    (files,) = build([dict(node) for node in config.trainer.plugins])
    files.save_checkpoint({"global_step": 3}, tmp_path / "run" / "last.ckpt")
    assert torch.load(tmp_path / "run" / "last.ckpt", weights_only=False)["global_step"] == 3
