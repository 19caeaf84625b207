"""The output of an evaluation: the list of metrics, a markdown table, a CSV and a bar chart."""

import csv
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from samuel_gen.evaluation.aggregation import Row
from samuel_gen.evaluation.anchors import GENERATED, MISMATCHED, SYSTEMS, TRUE
from samuel_gen.evaluation.bootstrap import Interval
from samuel_gen.evaluation.extras import EXTRA_METRICS
from samuel_gen.evaluation.measurements import Measurements
from samuel_gen.evaluation.set_metrics import SET_METRICS
from samuel_gen.evaluation.song_metrics import SONG_METRICS, Metric

_HEADINGS = {TRUE: "true accompaniment", MISMATCHED: "mismatched accompaniment"}


def explain_metrics() -> list[str]:
    """Return a line for each metric: name, good direction, unit and explanation."""
    directions = {"higher": "up", "lower": "down", "nearer": "near", None: ""}
    metrics: list[Metric] = [*SONG_METRICS, *SET_METRICS]
    for name, extra_metrics in EXTRA_METRICS.items():
        option = f"(extras=[{name}])"
        metrics += [
            replace(metric, explanation=f"{metric.explanation} {option}")
            for metric in extra_metrics
        ]
    return [
        f"{metric.name:<18}{directions[metric.better]:<6}{metric.unit:<9}{metric.explanation}"
        for metric in metrics
    ]


def format_markdown(rows: Sequence[Row]) -> str:
    """Format the table: the values of each system with intervals, then those of the anchors."""
    anchors = SYSTEMS[1:]
    others = list(rows[0].others) if rows else []
    judged = [f"{name}{score}" for name in others for score in ("", " normalised")]
    headings = [_HEADINGS.get(system, system) for system in anchors]
    head = ["metric", "better", "generated", "normalised score", *judged, *headings]
    lines = [_format_line(head), _format_line(["---"] * len(head))]
    for row in rows:
        cells = [row.metric, row.better or "", _format_interval(row.values.get(GENERATED))]
        cells.append(_format_interval(row.normalised))
        for system in others:
            scores = (row.values.get(system), row.others.get(system))
            cells += [_format_interval(score) for score in scores]
        cells += [_format_value(row.values.get(system)) for system in anchors]
        lines.append(_format_line(cells))
    return "\n".join(lines) + "\n"


def write_csv(measurements: Measurements, path: Path) -> None:
    """Write one row for each system, song and seed, with all its song metrics.

    Args:
        measurements: the measurements of all systems on all songs.
        path: the CSV file to write.
    """
    metrics: list[Metric] = [*SONG_METRICS, *measurements.extras]
    names = [metric.name for metric in metrics]
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["system", "song", "style", "pace", "seed", *names])
        for system, accompaniments in measurements.systems.items():
            for each in accompaniments:
                name, style, pace = (
                    column[each.song]
                    for column in (measurements.names, measurements.styles, measurements.paces)
                )
                values = [f"{each.metrics[metric]:.6g}" for metric in names]
                writer.writerow([system, name, style, pace, each.seed, *values])


def plot_normalised_scores(rows: Sequence[Row], path: Path) -> None:
    """Draw the normalised scores of the generated accompaniments as bars, with intervals.

    Args:
        rows: the rows of the table; those without a normalised score are left out.
        path: the image file to write.
    """
    from matplotlib.figure import Figure

    scored = [row for row in rows if math.isfinite(row.normalised.value)]
    figure = Figure(figsize=(7.5, 0.36 * len(scored) + 1.2), layout="constrained")
    axes = figure.subplots()
    for at, row in enumerate(reversed(scored)):
        score = row.normalised
        axes.barh(at, score.value, height=0.6, color="#4878a8")
        edges = [edge if math.isfinite(edge) else score.value for edge in (score.low, score.high)]
        axes.plot(edges, [at, at], color="black", linewidth=1.5)
    axes.axvline(0, color="gray", linewidth=1)
    axes.axvline(1, color="gray", linewidth=1)
    axes.set_yticks(range(len(scored)), [row.metric for row in reversed(scored)])
    axes.set_xlim(min(-0.2, *(row.normalised.value for row in scored), 0), 1.3)
    axes.set_xlabel(
        "normalised score (0: another song's accompaniment, 1: the true one), 95 % intervals"
    )
    figure.savefig(path, dpi=110)


def _format_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _format_interval(interval: Interval | None) -> str:
    if interval is None or not math.isfinite(interval.value):
        return ""
    if not math.isfinite(interval.low):
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _format_value(interval: Interval | None) -> str:
    return "" if interval is None or not math.isfinite(interval.value) else f"{interval.value:.2f}"
