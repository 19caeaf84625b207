import csv
from pathlib import Path

import lightning as L
import pytest
import torch

from samuel_gen.training.curves import Curves


def end_epoch(curves: Curves, epoch: int, **figures: float) -> None:
    class EndOfEpoch(L.Trainer):
        current_epoch = epoch
        global_step = 10 * (epoch + 1)
        callback_metrics = {
            name.replace("_", "/", 1): torch.tensor(value) for name, value in figures.items()
        }
        is_global_zero = True

        def __init__(self) -> None:
            """Leave the trainer without its parts, which are not needed here."""

    curves.on_train_epoch_end(EndOfEpoch(), L.LightningModule())


def read_rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "curves.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def plotted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, list[tuple[float, float]]]]:
    lines: list[dict[str, list[tuple[float, float]]]] = []
    monkeypatch.setattr(
        "samuel_gen.training.curves.plot_curves", lambda each, **_: lines.append(each)
    )
    return lines


def test_each_epoch_is_a_row_of_the_csv(tmp_path: Path, plotted) -> None:
    curves = Curves(tmp_path)
    end_epoch(curves, 0, train_loss=0.5)
    end_epoch(curves, 1, train_loss=0.25, val_loss=0.75)
    assert read_rows(tmp_path) == [
        {"epoch": "0.0", "step": "10.0", "train/loss": "0.5", "val/loss": ""},
        {"epoch": "1.0", "step": "20.0", "train/loss": "0.25", "val/loss": "0.75"},
    ]
    loss, mse = plotted[-2:]
    assert loss == {"train": [(1.0, 0.5), (2.0, 0.25)], "val": [(2.0, 0.75)]}
    assert mse == {"train": [], "val": []}


def test_resumed_curves_continue_the_earlier_ones(tmp_path: Path, plotted) -> None:
    first, second = Curves(tmp_path), Curves(tmp_path)
    end_epoch(first, 0, train_loss=0.5)
    second.load_state_dict(first.state_dict())
    end_epoch(second, 1, train_loss=0.25)
    assert [row["train/loss"] for row in read_rows(tmp_path)] == ["0.5", "0.25"]


def test_a_run_writes_its_figures_and_plots(
    make_module, make_trainer, data, tmp_path: Path, read_curves
) -> None:
    make_trainer(tmp_path, epochs=2).fit(make_module(), data)
    rows = read_curves(tmp_path)
    names = {"epoch", "step", "train/lr", "train/loss", "train/mse", "val/loss", "val/mse"}
    names |= {"val/vocal_gain", "train/grad_norm"}
    names |= {f"val/mse_t{t:03d}" for t in range(50, 800, 100)}
    assert [row["epoch"] for row in rows] == ["0.0", "1.0"]
    assert names <= set(rows[0])
    assert all(row[name] for row in rows for name in names)
    for name in ("loss_curve.png", "mse_curve.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
