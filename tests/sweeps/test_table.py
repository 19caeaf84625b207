"""The CSV and the table of a sweep with known metrics."""

import csv
import math
from pathlib import Path

from samuel_gen.sweeps.arms import group_into_arms, half_interval
from samuel_gen.sweeps.table import common_target, format_table, steps_to_reach, write_results
from tests.sweeps.conftest import make_run


def split_cells(text: str) -> list[list[str]]:
    """The cells of a markdown table."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_steps_to_a_target_are_interpolated() -> None:
    curve = [(10.0, 1.0), (20.0, 0.5), (30.0, 0.7)]
    assert steps_to_reach(curve, 0.75) == 15.0
    assert steps_to_reach(curve, 1.5) == 10.0
    assert math.isnan(steps_to_reach(curve, 0.4))
    assert steps_to_reach([(10.0, 0.0), (20.0, 1.0)], 0.25, highest=True) == 12.5


def test_every_counted_run_reaches_the_target(arms) -> None:
    target = common_target(arms)
    assert target == 0.8
    steps = [
        steps_to_reach(run.curve("val/mse"), target) for arm in arms for run in arm.counted_runs
    ]
    assert all(math.isfinite(step) for step in steps)
    assert common_target(arms, highest=True) == 0.4


def test_the_table_has_every_arm_and_lists_excluded_runs(arms) -> None:
    text = format_table(arms)
    head, _, four, eight, sixteen = split_cells(text)
    assert head[:3] == ["model.window_size", "seeds", "steps"] and head[-1] == "steps to 0.8000"
    assert four[:5] == ["4", "2", "20", "0.7000", "0.1414"]
    assert four[5] == f"+0.2500 ± {half_interval([0.3, 0.2]):.4f}"
    assert eight[1] == "2" and eight[3] == "0.4500" and eight[5] == "best"
    assert four[6] == "18" and eight[6] == "11"  # (20 + 15) / 2, (12.5 + 10) / 2
    assert sixteen[1:] == ["0 of 2", "-", "-", "-", "-", "-"]
    assert "Left out, 2 of 6 runs:" in text
    assert "- `16-0`: failed: out of luck" in text
    assert "- `16-1`: val/mse is nan at step 20" in text
    assert "Left out" not in format_table(arms[:2])


def test_unequal_steps_are_shown_as_a_range() -> None:
    runs = [make_run(4, 0, 1.0, 0.8), make_run(4, 1, 0.9), make_run(8, 0, 0.7)]
    table = format_table(group_into_arms(runs, "val/mse"))
    assert [row[2] for row in split_cells(table)[2:]] == ["10 to 20", "10"]


def test_the_csv_has_a_row_for_every_run(runs, tmp_path: Path) -> None:
    write_results(runs, tmp_path / "results.csv")
    with open(tmp_path / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [run.name for run in runs]
    assert [float(row["val/mse"]) for row in rows[:4]] == [0.8, 0.6, 0.5, 0.4]
    assert rows[4]["trouble"] == "failed: out of luck" and rows[0]["trouble"] == ""
    assert (rows[2]["model.window_size"], rows[2]["seed"]) == ("8", "0")
    assert "experiment" not in rows[0]
