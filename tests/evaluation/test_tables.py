"""The list of metrics, the markdown table, the CSV and the chart."""

import csv
import math
from pathlib import Path

import pytest

from samuel_gen.evaluation.aggregation import Row, aggregate
from samuel_gen.evaluation.bootstrap import Interval
from samuel_gen.evaluation.extras import EXTRA_METRICS
from samuel_gen.evaluation.measurements import Measurements
from samuel_gen.evaluation.set_metrics import SET_METRICS
from samuel_gen.evaluation.song_metrics import SONG_METRICS
from samuel_gen.evaluation.tables import (
    explain_metrics,
    format_markdown,
    plot_normalised_scores,
    write_csv,
)

UNKNOWN = Interval(math.nan, math.nan, math.nan)


def test_every_metric_is_explained_on_its_own_line() -> None:
    names = [line.split()[0] for line in explain_metrics()]
    extras = [metric for metrics in EXTRA_METRICS.values() for metric in metrics]
    assert names == [metric.name for metric in (*SONG_METRICS, *SET_METRICS, *extras)]


def test_the_table_has_a_line_per_row_and_no_nan(measurements: Measurements) -> None:
    rows = aggregate(measurements)
    lines = format_markdown(rows).splitlines()
    assert len(lines) == len(rows) + 2 and all(line.count("|") == 12 for line in lines)
    assert "true accompaniment" in lines[0] and "nan" not in "".join(lines)


def test_a_line_has_intervals_only_for_the_generated_values() -> None:
    values = {"generated": Interval(0.5, 0.25, 0.75), "true": Interval(1.0, 0.9, 1.0)}
    row = Row("chord", "higher", values, UNKNOWN)
    line = format_markdown([row]).splitlines()[2]
    assert line == "| chord | higher | 0.50 [0.25, 0.75] |  | 1.00 |  |  |  |  |"


def test_a_further_system_has_two_columns() -> None:
    values = {"generated": Interval(0.5, 0.25, 0.75), "theirs": Interval(0.4, 0.3, 0.5)}
    row = Row("chord", "higher", values, UNKNOWN, {"theirs": Interval(0.2, 0.1, 0.3)})
    head, _, line = format_markdown([row]).splitlines()
    assert "| normalised score | theirs | theirs normalised | true accompaniment |" in head
    assert line.startswith("| chord | higher | 0.50 [0.25, 0.75] |  | 0.40 [0.30, 0.50] | 0.20 [")


def test_the_csv_has_a_row_per_accompaniment(measurements: Measurements, tmp_path: Path) -> None:
    write_csv(measurements, tmp_path / "metrics.csv")
    with (tmp_path / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 48  # six songs: two seeds, another system and five anchors
    assert list(rows[0])[:6] == ["system", "song", "style", "pace", "seed", "key"]
    first, measured = rows[0], measurements.systems["generated"][0]
    assert (first["system"], first["song"]) == ("generated", measurements.names[0])
    assert float(first["chord"]) == pytest.approx(measured.metrics["chord"], rel=1e-5)


def test_the_chart_has_a_bar_for_each_normalised_score(monkeypatch, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figures = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda f, *a, **k: (figures.append(f), save(f, *a, **k)))
    rows = [
        Row("key", "higher", {}, Interval(0.8, 0.5, 1.1)),
        Row("loudness_lufs", "nearer", {}, UNKNOWN),
        Row("chord", "higher", {}, Interval(0.4, math.nan, math.nan)),
    ]
    plot_normalised_scores(rows, tmp_path / "metrics.png")
    (axes,) = figures[0].axes
    assert [bar.get_width() for bar in axes.patches] == [0.4, 0.8]  # from the bottom
    assert [label.get_text() for label in axes.get_yticklabels()] == ["chord", "key"]
    assert (tmp_path / "metrics.png").read_bytes().startswith(b"\x89PNG")
