"""Checkpoints within an epoch, so that a long one is not lost."""

import os
import time
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint


class KeepLast(Checkpoint):
    """Writes `last.ckpt` every so often within an epoch too; the end of one is ModelCheckpoint's.

    A run that is killed then loses no more than that. The file is replaced in one move.

    Args:
        minutes: between two checkpoints.
    """

    def __init__(self, minutes: float = 15.0) -> None:
        self.minutes = minutes
        self._saved = 0.0

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """ModelCheckpoint has just saved."""
        self._saved = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save, where it is time and the weights have just moved.

        Not after the last batch: Lightning would take the epoch for done, and never validate it.
        """
        keeper = trainer.checkpoint_callback
        moved = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if not moved or trainer.is_last_batch or not isinstance(keeper, ModelCheckpoint):
            return
        if not trainer.strategy.broadcast(time.monotonic() - self._saved >= 60 * self.minutes):
            return
        assert keeper.dirpath is not None
        last = Path(keeper.dirpath) / f"{keeper.CHECKPOINT_NAME_LAST}{keeper.FILE_EXTENSION}"
        keeper.last_model_path = str(last)
        partial = last.with_suffix(".partial")
        trainer.save_checkpoint(partial)
        if trainer.is_global_zero:
            os.replace(partial, last)
        self._saved = time.monotonic()
