"""Runs read from the files that a training run leaves."""

import json
from pathlib import Path

import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.sweeps.runs import Run, add_missing_runs, parse_settings, read_run
from tests.sweeps.conftest import make_run


def write_and_read(folder: Path, *, log: str = "", finished: bool = False, epochs: int = 2) -> Run:
    """Write the files of a training run, and read them."""
    folder.mkdir()
    (folder / "samuel-train.log").write_text(log)
    rows = "".join(f"{epoch}.0,{23 * (epoch + 1)}.0,0.{9 - epoch},\n" for epoch in range(epochs))
    if epochs:
        (folder / "curves.csv").write_text("epoch,step,val/mse,val/vocal_gain\n" + rows)
    if finished:
        (folder / "model.safetensors").touch()
    return read_run(folder, ["model.window_size=4", "seed=3"])


def test_a_finished_run_has_curves_and_metrics(tmp_path) -> None:
    run = write_and_read(tmp_path / "run", finished=True, log="[t][x][WARNING] - hm\n")
    assert run.trouble == "" and run.steps == 46
    assert run.settings == {"model.window_size": "4", "seed": "3"}
    assert run.metrics == {"epoch": 1.0, "step": 46.0, "val/mse": 0.8}
    assert run.curve("val/mse") == [(23.0, 0.9), (46.0, 0.8)]
    assert run.exclusion_reason("val/mse") == "" and run.exclusion_reason("odd") == "has no odd"


@pytest.mark.parametrize(("epochs", "reached"), [(2, "step 46"), (0, "no epoch's end")])
def test_a_run_without_a_checkpoint_is_unfinished(tmp_path, epochs: int, reached: str) -> None:
    run = write_and_read(tmp_path / "run", epochs=epochs)
    assert run.trouble == f"unfinished: reached {reached}"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (
            "[2026-01-01 10:00:00,1][samuel_gen.cli.app][ERROR] - step 7: the norm is nan; stop\n",
            "step 7: the norm is nan; stop",
        ),
        (
            "[t][a][ERROR] - failed\nTraceback:\n  File x\nRuntimeError: out of memory\n",
            "RuntimeError: out of memory",
        ),
    ],
)
def test_the_log_says_why_a_run_failed(tmp_path, log: str, reason: str) -> None:
    run = write_and_read(tmp_path / "run", log=log)
    assert run.trouble == run.exclusion_reason("val/mse") == f"failed: {reason}"


def test_numbers_of_an_evaluation_join_the_metrics(tmp_path) -> None:
    write_and_read(tmp_path / "run", finished=True)
    text = json.dumps({"harmony": {"mean": 0.5, "n": 3}, "note": "x", "sound": True})
    (tmp_path / "run" / "metrics.json").write_text(text)
    run = read_run(tmp_path / "run", ["seed=0"])
    assert run.evaluation == {"harmony/mean": 0.5, "harmony/n": 3.0}
    assert run.metrics["harmony/mean"] == 0.5 and run.metrics["val/mse"] == 0.8


def test_a_damaged_evaluation_is_an_error(tmp_path) -> None:
    write_and_read(tmp_path / "run", finished=True)
    (tmp_path / "run" / "metrics.json").write_text("{")
    with pytest.raises(SamuelError, match="is not JSON"):
        read_run(tmp_path / "run", ["seed=0"])


def test_runs_that_never_started_get_placeholders(runs) -> None:
    planned = [f"+experiment=x model.window_size={w} seed=0".split() for w in (4, 6, 8)]
    ordered = add_missing_runs([runs[2], runs[0]], planned)
    assert [run.name for run in ordered] == ["4-0", "run 1", "8-0"]
    assert ordered[1].trouble == "not started"
    assert ordered[1].settings["model.window_size"] == "6"


def test_without_a_plan_the_runs_stay_as_they_are() -> None:
    runs = [make_run(8, 1, 0.5), make_run(4, 0, 0.5)]
    assert add_missing_runs(runs, []) == runs


def test_settings_are_the_overrides_except_the_checkpoint() -> None:
    assert parse_settings(["+a.b=1", "ckpt=x/last.ckpt", "c='x=y'", "++d=[1,2]"]) == {
        "a.b": "1",
        "c": "'x=y'",
        "d": "[1,2]",
    }
