from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.training.last_state import LastStateSaver

SECONDS_PER_BATCH = 20.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [0.0]
    monkeypatch.setattr("samuel_gen.training.last_state.time.monotonic", lambda: clock[0])
    return clock


class Watch(L.Callback):
    """Moves the clock, and records the step of every training state of the first epoch."""

    def __init__(self, clock: list[float]) -> None:
        self.clock, self.saved = clock, []

    def on_train_batch_start(self, *_: Any) -> None:
        self.clock[0] += SECONDS_PER_BATCH

    def on_save_checkpoint(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.current_epoch == 0:
            self.saved.append(trainer.global_step)


def test_a_long_epoch_is_saved_at_intervals_but_not_after_its_last_batch(
    make_module, make_trainer, make_data, tmp_path: Path, quick, clock
) -> None:
    watch = Watch(clock)
    trainer = make_trainer(tmp_path, LastStateSaver(minutes=1.0), watch, epochs=1)
    trainer.fit(make_module(), make_data(batch_size=2))
    assert watch.saved == [3, 6, 6]  # at the end of the epoch: best.ckpt and last.ckpt
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == [
        "best.ckpt",
        "last.ckpt",
    ]


def test_a_state_is_saved_only_after_an_optimizer_step(
    make_module, make_trainer, make_data, tmp_path: Path, quick, clock
) -> None:
    watch, saver = Watch(clock), LastStateSaver(minutes=0.0)
    trainer = make_trainer(tmp_path, saver, watch, epochs=1, accumulate_grad_batches=2)
    trainer.fit(make_module(), make_data(batch_size=2))
    assert watch.saved == [1, 2, 3, 3]


class Stopper(L.Callback):
    """Tells a saver to stop when a step begins."""

    def __init__(self, saver: LastStateSaver, step: int) -> None:
        self.saver, self.step, self.error = saver, step, InterruptedError("stop")

    def on_train_batch_start(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            assert self.saver.stop(self.error), "a step has begun, so there is a state to save"


def saved_step(folder: Path) -> int:
    return int(torch.load(folder / "checkpoints/last.ckpt", weights_only=False)["global_step"])


@pytest.mark.parametrize(("step", "saved"), [(2, 3), (5, 6), (6, 7)])
def test_a_run_that_is_told_to_stop_finishes_its_step_and_saves_it(
    make_module, make_trainer, make_data, tmp_path: Path, quick, step: int, saved: int
) -> None:
    """The first step is within an epoch of six, the second ends one and the third begins one."""
    saver = LastStateSaver()
    trainer = make_trainer(tmp_path, saver, Stopper(saver, step), epochs=3)
    with pytest.raises(InterruptedError):
        trainer.fit(make_module(), make_data(batch_size=2))
    assert trainer.global_step == saved_step(tmp_path) == saved


def test_before_the_first_step_there_is_nothing_to_save() -> None:
    assert not LastStateSaver().stop(InterruptedError())


def test_all_processes_stop_if_one_of_them_is_told_to(
    make_module, make_trainer, make_data, tmp_path: Path, quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer(tmp_path, LastStateSaver(), epochs=1)
    monkeypatch.setattr(trainer.strategy, "reduce_boolean_decision", lambda own, all: not all)
    with pytest.raises(SamuelError, match="another process"):
        trainer.fit(make_module(), make_data(batch_size=2))
    assert saved_step(tmp_path) == 1
