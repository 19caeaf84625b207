"""What a run looks like at a glance: one CSV row an epoch, and the loss and MSE curves."""

import csv
from pathlib import Path
from typing import Any

import lightning as L

from samuel_gen.plots import curves_plot


class Curves(L.Callback):
    """Keeps every epoch's figures and draws them; a resumed run goes on with the same curves.

    Args:
        folder: gets `curves.csv`, `loss_curve.png` and `mse_curve.png`.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.history: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take down the epoch's figures and draw the curves anew."""
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
            curves_plot(lines, ylabel=figure, path=self.folder / f"{figure}_curve.png")

    def state_dict(self) -> dict[str, Any]:
        """The figures so far."""
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the figures so far."""
        self.history = list(state_dict["history"])
