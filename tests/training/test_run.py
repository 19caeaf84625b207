"""Whole runs: resumed, on two processes, learning and diverging."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.training.last_state import LastStateSaver


class Interrupt(L.Callback):
    """Records the items of each batch, and stops the run at one batch of one epoch."""

    def __init__(self, epoch: int | None = None, batch: int = 0) -> None:
        self.at = (epoch, batch)
        self.seen: list[list[int]] = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx: int) -> None:
        if (trainer.current_epoch, batch_idx) == self.at:
            raise RuntimeError("power failure")
        self.seen.append(batch.index.tolist())


@pytest.mark.parametrize(("num_workers", "batch"), [(0, 3), (2, 3), (2, 0)])
def test_a_resumed_run_equals_an_uninterrupted_one(
    make_module, make_trainer, make_data, tmp_path: Path, quick, read_curves, num_workers, batch
) -> None:
    """Items, weights and figures agree, after a stop within an epoch or between two."""

    def fit(folder: str, *callbacks: L.Callback, **options: Any) -> dict[str, torch.Tensor]:
        module = make_module()
        trainer = make_trainer(tmp_path / folder, *callbacks, epochs=2)
        data = make_data(batch_size=2, num_workers=num_workers)
        trainer.fit(module, data, weights_only=False, **options)
        return module.state_dict()

    whole, cut, rest = Interrupt(), Interrupt(1, batch), Interrupt()
    uninterrupted = fit("whole", whole)
    with pytest.raises(RuntimeError, match="power failure"):
        fit("cut", cut, LastStateSaver(minutes=0.0))
    torch.manual_seed(1234)
    last = tmp_path / "cut" / "checkpoints" / "last.ckpt"
    resumed = fit("cut", rest, LastStateSaver(), ckpt_path=last)

    assert len(whole.seen) == 12
    assert cut.seen + rest.seen == whole.seen
    assert len(read_curves(tmp_path / "whole")) == 2
    assert read_curves(tmp_path / "cut") == read_curves(tmp_path / "whole")
    assert all(torch.equal(uninterrupted[name], resumed[name]) for name in uninterrupted)


def test_an_epoch_is_not_resumed_with_another_batch_size(
    make_module, make_trainer, make_data, tmp_path: Path, quick
) -> None:
    with pytest.raises(RuntimeError, match="power failure"):
        trainer = make_trainer(tmp_path, Interrupt(0, 2), LastStateSaver(minutes=0.0))
        trainer.fit(make_module(), make_data(batch_size=2))
    last = tmp_path / "checkpoints" / "last.ckpt"
    with pytest.raises(SamuelError, match="2 crops per step, not 3"):
        make_trainer(tmp_path).fit(
            make_module(), make_data(batch_size=3), ckpt_path=last, weights_only=False
        )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_two_processes_train_like_one_with_twice_the_batch() -> None:
    """Runs in a process of its own, with a fixed port.

    A free port that Lightning finds, or that an earlier test has left in the environment, may be
    taken by another socket in the meantime. The processes would then fail, or wait forever.
    """
    ours = {**os.environ, "MASTER_PORT": "29517"}  # below the range of automatic ports
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x"]
    command += ["-o", "python_functions=two_*", __file__]
    done = subprocess.run(command, env=ours, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout  # 5 would mean: no test collected


def two_processes_and_one(
    make_module, make_trainer, make_data, tmp_path: Path, quick, read_curves
) -> None:
    """21 crops in batches of 6: the last 3 cannot be divided evenly, nor can 7 windows."""
    data = {"songs": 7, "crops_per_song": 3}
    settings = {"strategy": "ddp_fork", "devices": 2}
    make_trainer(tmp_path / "two", epochs=2, **settings).fit(
        make_module(), make_data(batch_size=3, **data)
    )
    make_trainer(tmp_path / "one", epochs=2).fit(make_module(), make_data(batch_size=6, **data))
    for one, two in zip(read_curves(tmp_path / "one"), read_curves(tmp_path / "two"), strict=True):
        assert {k: float(v) for k, v in one.items()} == {
            k: pytest.approx(float(v), rel=1e-3, abs=1e-5) for k, v in two.items()
        }


def test_the_network_learns_to_use_the_vocal(
    make_module, make_trainer, data, tmp_path: Path, quick, read_curves
) -> None:
    module = make_module(condition_dropout=0.0, latents_dropout=0.0)
    make_trainer(tmp_path, epochs=16).fit(module, data)
    rows = read_curves(tmp_path)
    assert float(rows[-1]["val/mse"]) < 0.9 * float(rows[0]["val/mse"])
    assert float(rows[-1]["val/vocal_gain"]) > 0.02


def test_a_run_that_diverges_keeps_its_last_good_state(
    make_module, make_trainer, data, tmp_path: Path
) -> None:
    class Poison(L.Callback):
        def on_train_epoch_start(self, trainer, module) -> None:
            if trainer.current_epoch == 1:
                weight = module.denoiser.encode.weight
                weight.register_hook(lambda gradient: gradient * float("inf"))

    with pytest.raises(SamuelError, match=r"gradient norm inf; .* lower optimizer.lr .*last\.ckpt"):
        make_trainer(tmp_path, Poison()).fit(make_module(), data)
    state = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=False)
    assert state["epoch"] == 0
    for part in ("state_dict", "current_model_state"):
        assert all(torch.isfinite(value).all() for value in state[part].values())
