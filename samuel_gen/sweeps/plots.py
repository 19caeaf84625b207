"""The two pictures of a sweep."""

import math
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.sweeps.runs import Arm, half_interval


def learning_curves_plot(arms: Sequence[Arm], path: str | Path) -> None:
    """All runs over their steps: thin lines, dashed where a run failed, and each arm's mean.

    Args:
        arms: each gets a colour.
        path: where the PNG goes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for arm, colour in zip(arms, _colours(len(arms)), strict=True):
        for run in arm.runs:
            style = "--" if run.left_out(arm.metric) else "-"
            points = run.curve(arm.metric)
            marker = "o" if len(points) == 1 else None
            axes.plot(
                *_axes_of(points), style, color=colour, linewidth=0.8, alpha=0.5, marker=marker
            )
        axes.plot(*_axes_of(arm.mean_curve()), color=colour, linewidth=2, label=arm.label)
    axes.set(xlabel="step", ylabel=arms[0].metric)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def bars_plot(arms: Sequence[Arm], path: str | Path) -> None:
    """A bar an arm, with the 95 % interval of its mean and a dot for each of its runs.

    The axis begins near the lowest figure, since arms differ by little.

    Args:
        arms: one without a counted run has no bar, and says so.
        path: where the PNG goes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.5 * len(arms)), layout="constrained")
    axes = figure.subplots()
    edges = []
    for row, (arm, colour) in enumerate(zip(arms, _colours(len(arms)), strict=True)):
        if not arm.values:
            axes.text(0.01, row, "no run came to its end", transform=axes.get_yaxis_transform())
            continue
        half = half_interval(arm.values)
        axes.barh(row, arm.mean, color=colour, alpha=0.6)
        if math.isfinite(half):
            axes.errorbar(arm.mean, row, xerr=half, color="black", capsize=4)
        axes.plot(arm.values, [row] * len(arm.values), "o", color="black", markersize=3)
        reach = half if math.isfinite(half) else 0.0
        edges += [*arm.values, arm.mean - reach, arm.mean + reach]
    if edges:
        margin = 0.1 * (max(edges) - min(edges)) or 0.1 * abs(edges[0]) or 1.0
        axes.set_xlim(min(edges) - margin, max(edges) + margin)
    axes.set_yticks(range(len(arms)), [f"{arm.label} (n={len(arm.values)})" for arm in arms])
    axes.invert_yaxis()
    axes.set_xlabel(f"{arms[0].metric}, mean and 95 % interval; the axis does not begin at 0")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=120)


def _colours(number: int) -> list[str | tuple[float, ...]]:
    from matplotlib import colormaps

    if number <= 10:
        return [f"C{place}" for place in range(number)]
    return [colormaps["viridis"](place / (number - 1)) for place in range(number)]


def _axes_of(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [step for step, _ in points], [value for _, value in points]
