"""Made-up runs with known figures: what is read, gathered and told of them."""

import csv
import json
import math
from pathlib import Path

import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.sweeps.plots import bars_plot, learning_curves_plot
from samuel_gen.sweeps.runs import (
    Arm,
    Run,
    best_of,
    differing,
    gathered,
    half_interval,
    read_run,
    settings_of,
    with_missing,
)
from samuel_gen.sweeps.table import level_reached, steps_until, table, write_results


def run(window: int, seed: int, *values: float, trouble: str = "", every: int = 10) -> Run:
    """A run whose validation MSE took these values, one every so many steps."""
    curves = [{"step": every * (at + 1.0), "val/mse": mse} for at, mse in enumerate(values)]
    settings = {"experiment": "x", "model.window_size": str(window), "seed": str(seed)}
    return Run(f"{window}-{seed}", settings, curves, trouble=trouble)


RUNS = [
    run(4, 0, 1.0, 0.8),
    run(4, 1, 1.0, 0.6),
    run(8, 0, 0.9, 0.5),
    run(8, 1, 0.7, 0.4),
    run(16, 0, 0.9, trouble="failed: out of luck"),
    run(16, 1, 0.9, math.nan),
]


@pytest.fixture
def arms() -> list[Arm]:
    return gathered(RUNS, "val/mse")


def cells(text: str) -> list[list[str]]:
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_runs_that_differ_in_their_seed_only_are_one_arm(arms) -> None:
    assert differing(RUNS) == ["model.window_size"]
    assert [arm.label for arm in arms] == ["window_size=4", "window_size=8", "window_size=16"]
    assert [len(arm.runs) for arm in arms] == [2, 2, 2]
    (alone,) = gathered(RUNS[:2], "val/mse")
    assert alone.label == "all runs" and len(alone.runs) == 2


def test_mean_spread_and_the_best(arms) -> None:
    assert arms[0].mean == pytest.approx(0.7) and arms[1].mean == pytest.approx(0.45)
    assert arms[0].spread == pytest.approx(0.2 / math.sqrt(2))
    assert math.isnan(arms[2].mean) and math.isnan(arms[2].spread)
    assert best_of(arms) is arms[1]
    assert best_of(arms, highest=True) is arms[0]
    assert best_of([arms[2]]) is None


def test_the_difference_to_the_best_is_taken_seed_by_seed(arms) -> None:
    assert arms[0].beyond(arms[1]) == pytest.approx([0.3, 0.2])
    foreign = Arm({}, [run(4, 7, 0.9)], "val/mse")
    assert foreign.beyond(arms[1]) == []


def test_the_interval_is_students() -> None:
    assert half_interval([1.0, 2.0, 3.0]) == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4)
    assert half_interval([0.0, 2.0]) == pytest.approx(12.7062, rel=1e-4)
    assert math.isnan(half_interval([1.0]))


def test_curves_are_aligned_where_all_runs_were_validated() -> None:
    arm = Arm({}, [run(4, 0, 1.0, 0.8, 0.6), run(4, 1, 0.4, 0.2, every=20)], "val/mse")
    assert arm.mean_curve() == [(20.0, pytest.approx(0.6))]
    lost = Arm({}, [*arm.runs, run(4, 2, 9.0, trouble="failed: no")], "val/mse")
    assert lost.mean_curve() == arm.mean_curve()


def test_steps_until_a_level_lie_on_straight_lines() -> None:
    curve = [(10.0, 1.0), (20.0, 0.5), (30.0, 0.7)]
    assert steps_until(curve, 0.75) == 15.0
    assert steps_until(curve, 1.5) == 10.0
    assert math.isnan(steps_until(curve, 0.4))
    assert steps_until([(10.0, 0.0), (20.0, 1.0)], 0.25, highest=True) == 12.5


def test_the_level_is_one_that_every_counted_run_reaches(arms) -> None:
    level = level_reached(arms)
    assert level == 0.8
    reached = [steps_until(run.curve("val/mse"), level) for arm in arms for run in arm.counted]
    assert all(math.isfinite(step) for step in reached)
    assert level_reached(arms, highest=True) == 0.4


def test_the_table_has_the_figures_and_hides_no_failure(arms) -> None:
    text = table(arms)
    head, _, four, eight, sixteen = cells(text)
    assert head[:3] == ["model.window_size", "seeds", "steps"] and head[-1] == "steps to 0.8000"
    assert four[:5] == ["4", "2", "20", "0.7000", "0.1414"]
    assert four[5] == f"+0.2500 ± {half_interval([0.3, 0.2]):.4f}"
    assert eight[1] == "2" and eight[3] == "0.4500" and eight[5] == "best"
    assert four[6] == "18" and eight[6] == "11"  # (20 + 15) / 2, (12.5 + 10) / 2
    assert sixteen[1:] == ["0 of 2", "-", "-", "-", "-", "-"]
    assert "Left out, 2 of 6 runs:" in text
    assert "- `16-0`: failed: out of luck" in text
    assert "- `16-1`: val/mse is nan at step 20" in text
    assert "Left out" not in table(arms[:2])


def test_unequal_steps_are_told() -> None:
    arms = gathered([run(4, 0, 1.0, 0.8), run(4, 1, 0.9), run(8, 0, 0.7)], "val/mse")
    assert [row[2] for row in cells(table(arms))[2:]] == ["10 to 20", "10"]


def test_the_csv_has_a_row_for_every_run(tmp_path) -> None:
    write_results(RUNS, tmp_path / "results.csv")
    with open(tmp_path / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [one.name for one in RUNS]
    assert [float(row["val/mse"]) for row in rows[:4]] == [0.8, 0.6, 0.5, 0.4]
    assert rows[4]["trouble"] == "failed: out of luck" and rows[0]["trouble"] == ""
    assert (rows[2]["model.window_size"], rows[2]["seed"]) == ("8", "0")
    assert "experiment" not in rows[0]


def test_runs_never_begun_are_listed_in_their_place() -> None:
    planned = [[f"+experiment=x model.window_size={w} seed=0".split()] for w in (4, 6, 8)]
    runs = with_missing([RUNS[2], RUNS[0]], [words for (words,) in planned])
    assert [one.name for one in runs] == ["4-0", "run 1", "8-0"]
    assert runs[1].trouble == "not started" and runs[1].settings["model.window_size"] == "6"
    assert with_missing(RUNS, []) == RUNS


def test_settings_are_what_was_said_but_for_the_checkpoint() -> None:
    assert settings_of(["+a.b=1", "ckpt=x/last.ckpt", "c='x=y'", "++d=[1,2]"]) == {
        "a.b": "1",
        "c": "'x=y'",
        "d": "[1,2]",
    }


def left_by(folder: Path, *, log: str = "", finished: bool = False, epochs: int = 2) -> Run:
    folder.mkdir()
    (folder / "samuel-train.log").write_text(log)
    rows = "".join(f"{epoch}.0,{23 * (epoch + 1)}.0,0.{9 - epoch},\n" for epoch in range(epochs))
    if epochs:
        (folder / "curves.csv").write_text("epoch,step,val/mse,val/vocal_gain\n" + rows)
    if finished:
        (folder / "model.safetensors").touch()
    return read_run(folder, ["model.window_size=4", "seed=3"])


def test_what_a_run_leaves_is_read(tmp_path) -> None:
    done = left_by(tmp_path / "done", finished=True, log="[t][x][WARNING] - hm\n")
    assert done.trouble == "" and done.steps == 46
    assert done.figures == {"epoch": 1.0, "step": 46.0, "val/mse": 0.8}
    assert done.curve("val/mse") == [(23.0, 0.9), (46.0, 0.8)]
    assert done.left_out("val/mse") == "" and done.left_out("odd") == "has no odd"
    assert left_by(tmp_path / "going").trouble == "unfinished: reached step 46"
    assert left_by(tmp_path / "young", epochs=0).trouble == "unfinished: reached no epoch's end"
    log = "[2026-01-01 10:00:00,1][samuel_gen.cli.app][ERROR] - step 7: the norm is nan; lower it\n"
    assert (
        left_by(tmp_path / "failed", log=log).trouble == "failed: step 7: the norm is nan; lower it"
    )
    trace = "[t][a][ERROR] - failed\nTraceback:\n  File x\nRuntimeError: out of memory\n"
    assert left_by(tmp_path / "raised", log=trace).trouble == "failed: RuntimeError: out of memory"


def test_measured_figures_join_the_others(tmp_path) -> None:
    left_by(tmp_path / "run", finished=True)
    text = json.dumps({"harmony": {"mean": 0.5, "n": 3}, "note": "x", "sound": True})
    (tmp_path / "run" / "metrics.json").write_text(text)
    found = read_run(tmp_path / "run", ["seed=0"])
    assert found.measured == {"harmony/mean": 0.5, "harmony/n": 3.0}
    assert found.figures["harmony/mean"] == 0.5 and found.figures["val/mse"] == 0.8
    assert Arm({}, [found], "harmony/mean").values == [0.5]
    (tmp_path / "run" / "metrics.json").write_text("{")
    with pytest.raises(SamuelError, match="expected JSON"):
        read_run(tmp_path / "run", ["seed=0"])


def test_the_curves_of_all_runs_are_drawn(monkeypatch, tmp_path, arms) -> None:
    axes = drawn(monkeypatch, learning_curves_plot, arms, tmp_path / "curves.png")
    seen = [(list(line.get_xdata()), line.get_linestyle()) for line in axes.lines]
    assert seen.count(([10.0, 20.0], "-")) == 4 + 2  # runs and means
    assert sum(style == "--" for _, style in seen) == 2
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [arm.label for arm in arms]


def test_the_bars_have_intervals_and_a_dot_for_each_seed(monkeypatch, tmp_path, arms) -> None:
    axes = drawn(monkeypatch, bars_plot, arms, tmp_path / "bars.png")
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0.7, 0.45])
    assert len(axes.collections) == 2  # intervals
    dots = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    assert dots == [[0.8, 0.6], [0.5, 0.4]]
    assert [label.get_text() for label in axes.get_yticklabels()][2].endswith("(n=0)")
    assert "no run came to its end" in [text.get_text() for text in axes.texts]


def drawn(monkeypatch, plot, arms, path):
    """The axes of a plot, and a PNG at its path."""
    from matplotlib.figure import Figure

    kept = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda f, *a, **k: (kept.append(f), save(f, *a, **k)))
    plot(arms, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    return kept[0].axes[0]
