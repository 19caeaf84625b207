"""The curves of a run: one CSV row per epoch, and plots of the loss and the MSE."""

import csv
from pathlib import Path
from typing import Any

import lightning as L

from samuel_gen.plots import plot_curves


class Curves(L.Callback):
    """Keeps the figures of every epoch and plots them; a resumed run continues the same curves.

    Args:
        folder: the folder for `curves.csv`, `loss_curve.png` and `mse_curve.png`.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.history: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Add the figures of the epoch and write the files again."""
        row = {"epoch": float(trainer.current_epoch), "step": float(trainer.global_step)}
        row |= {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.history.append(row)
        if trainer.is_global_zero:
            self._write()

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        names = list(dict.fromkeys(name for row in self.history for name in row))
        with open(self.folder / "curves.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.history)
        for figure in ("loss", "mse"):
            lines = {
                split: [
                    (row["epoch"] + 1, row[f"{split}/{figure}"])
                    for row in self.history
                    if f"{split}/{figure}" in row
                ]
                for split in ("train", "val")
            }
            plot_curves(lines, ylabel=figure, path=self.folder / f"{figure}_curve.png")

    def state_dict(self) -> dict[str, Any]:
        """Return the rows of all epochs so far."""
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the rows of `state_dict`."""
        self.history = list(state_dict["history"])
