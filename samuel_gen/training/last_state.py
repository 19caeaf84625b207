"""Training states within an epoch, so that neither a crash nor a stop loses it."""

import time
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint

from samuel_gen.errors import SamuelError


class LastStateSaver(Checkpoint):
    """Saves `last.ckpt` at intervals within an epoch and when the training is told to stop.

    ModelCheckpoint saves it at the end of each epoch. A run that is killed loses no more than one
    interval; one that is told to stop loses nothing. `StateFiles` replaces the file atomically.

    Args:
        minutes: the interval between two training states, in minutes.
    """

    def __init__(self, minutes: float = 15.0) -> None:
        self.minutes = minutes
        self._last_saved = 0.0
        self._has_begun = False
        self._stop: BaseException | None = None

    def stop(self, error: BaseException) -> bool:
        """Save the state when the current step is over, and raise an error then.

        Args:
            error: the exception that is raised. Of several processes, one suffices to stop all.

        Returns:
            False if no step has begun, so that there is nothing to save.
        """
        self._stop = error
        return self._has_begun

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Restart the interval: ModelCheckpoint has just saved."""
        self._last_saved = time.monotonic()
        if self._has_begun:
            self._raise_stop(trainer)

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Note that there is something to save."""
        self._has_begun = True

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save if it is time to and the optimizer has just made a step.

        The last batch is left out: Lightning would regard the epoch as finished when it resumes,
        and would not validate it.
        """
        has_stepped = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if not has_stepped or trainer.is_last_batch:
            return
        is_due = time.monotonic() - self._last_saved >= 60 * self.minutes
        if not _any_process(trainer, is_due or self._stop is not None):
            return
        _save_last(trainer)
        self._last_saved = time.monotonic()
        self._raise_stop(trainer)

    def _raise_stop(self, trainer: L.Trainer) -> None:
        if _any_process(trainer, self._stop is not None):
            raise self._stop or SamuelError("another process of this training was told to stop")


def _any_process(trainer: L.Trainer, condition: bool) -> bool:
    """Return whether a condition holds in one of the processes, which must agree."""
    return bool(trainer.strategy.reduce_boolean_decision(condition, all=False))


def _save_last(trainer: L.Trainer) -> None:
    checkpoint_callback = trainer.checkpoint_callback
    if not isinstance(checkpoint_callback, ModelCheckpoint):
        return
    assert checkpoint_callback.dirpath is not None
    name = checkpoint_callback.CHECKPOINT_NAME_LAST + checkpoint_callback.FILE_EXTENSION
    last = Path(checkpoint_callback.dirpath) / name
    checkpoint_callback.last_model_path = str(last)
    trainer.save_checkpoint(last)  # by the first process, but all must take part
