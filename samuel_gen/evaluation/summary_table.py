"""An evaluation on paper: a markdown table, a CSV of all songs, and one picture."""

import csv
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from samuel_gen.evaluation.bootstrap import Interval
from samuel_gen.evaluation.measuring import (
    CODEC,
    GENERATED,
    MISMATCHED,
    NOISE,
    SILENCE,
    TRUE,
    Measured,
)
from samuel_gen.evaluation.optional import EXTRAS
from samuel_gen.evaluation.song_metrics import SONG_METRICS, Metric
from samuel_gen.evaluation.summary import SET_METRICS, Row

SYSTEMS = (GENERATED, TRUE, CODEC, MISMATCHED, SILENCE, NOISE)


def explained() -> list[str]:
    """A line for each metric: its name, which way is good, and what it says."""
    arrows = {"higher": "up", "lower": "down", "nearer": "near", None: ""}
    every: list[Metric] = [*SONG_METRICS, *SET_METRICS]
    for name, metrics in EXTRAS.items():
        asked = f"(extras=[{name}])"
        every += [replace(each, explanation=f"{each.explanation} {asked}") for each in metrics]
    return [
        f"{metric.name:<18}{arrows[metric.better]:<6}{metric.unit:<9}{metric.explanation}"
        for metric in every
    ]


def markdown(rows: Sequence[Row]) -> str:
    """The table: generated bands with intervals, their place between the anchors, the anchors."""
    head = ["metric", "better", "generated", "mismatched 0 ... 1 true", *SYSTEMS[1:]]
    lines = [_line(head), _line(["---"] * len(head))]
    for row in rows:
        cells = [row.metric, row.better or "", _text(row.values.get(GENERATED))]
        cells.append(_text(row.normalised))
        cells += [_short(row.values.get(system)) for system in SYSTEMS[1:]]
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def write_csv(measured: Measured, path: Path) -> None:
    """One row for each system, song and seed, with every figure of it."""
    metrics: list[Metric] = [*SONG_METRICS, *measured.extras]
    names = [metric.name for metric in metrics]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["system", "song", "style", "pace", "seed", *names])
        for system, parts in measured.parts.items():
            for part in parts:
                at = part.song
                about = [measured.names[at], measured.styles[at], measured.paces[at], part.seed]
                figures = [f"{part.figures[name]:.6g}" for name in names]
                writer.writerow([system, *about, *figures])


def draw(rows: Sequence[Row], path: Path) -> None:
    """Where the generated bands lie between mismatched (0) and true (1), with intervals."""
    from matplotlib.figure import Figure

    placed = [row for row in rows if math.isfinite(row.normalised.value)]
    figure = Figure(figsize=(7.5, 0.36 * len(placed) + 1.2), layout="constrained")
    axes = figure.subplots()
    for at, row in enumerate(reversed(placed)):
        own = row.normalised
        axes.barh(at, own.value, height=0.6, color="#4878a8")
        edges = [low if math.isfinite(low) else own.value for low in (own.low, own.high)]
        axes.plot(edges, [at, at], color="black", linewidth=1.5)
    axes.axvline(0, color="gray", linewidth=1)
    axes.axvline(1, color="gray", linewidth=1)
    axes.set_yticks(range(len(placed)), [row.metric for row in reversed(placed)])
    axes.set_xlim(min(-0.2, *(row.normalised.value for row in placed), 0), 1.3)
    axes.set_xlabel("0: another song's band, 1: the true band; 95 % intervals over songs")
    figure.savefig(path, dpi=110)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(interval: Interval | None) -> str:
    if interval is None or not math.isfinite(interval.value):
        return ""
    if not math.isfinite(interval.low):
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _short(interval: Interval | None) -> str:
    return "" if interval is None or not math.isfinite(interval.value) else f"{interval.value:.2f}"
