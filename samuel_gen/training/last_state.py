"""Training states within an epoch, so that a long epoch is not lost."""

import time
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint


class LastStateSaver(Checkpoint):
    """Saves `last.ckpt` at intervals within an epoch; ModelCheckpoint saves it at the end.

    A run that is killed loses no more than one interval. `StateFiles` replaces the file atomically.

    Args:
        minutes: the interval between two training states, in minutes.
    """

    def __init__(self, minutes: float = 15.0) -> None:
        self.minutes = minutes
        self._last_saved = 0.0

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Restart the interval: ModelCheckpoint has just saved."""
        self._last_saved = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save if the interval is over and the optimizer has just made a step.

        The last batch is left out: Lightning would regard the epoch as finished when it resumes,
        and would not validate it.
        """
        checkpoint_callback = trainer.checkpoint_callback
        has_stepped = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if not has_stepped or trainer.is_last_batch:
            return
        if not isinstance(checkpoint_callback, ModelCheckpoint):
            return
        is_due = time.monotonic() - self._last_saved >= 60 * self.minutes
        if not trainer.strategy.broadcast(is_due):  # all processes must agree
            return
        assert checkpoint_callback.dirpath is not None
        name = checkpoint_callback.CHECKPOINT_NAME_LAST + checkpoint_callback.FILE_EXTENSION
        last = Path(checkpoint_callback.dirpath) / name
        checkpoint_callback.last_model_path = str(last)
        trainer.save_checkpoint(last)  # by the first process, but all must take part
        self._last_saved = time.monotonic()
