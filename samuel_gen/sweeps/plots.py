"""The two plots of a sweep: learning curves, and bars with intervals."""

import math
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.sweeps.arms import Arm, half_interval
from samuel_gen.sweeps.runs import Curve


def plot_learning_curves(arms: Sequence[Arm], path: str | Path) -> None:
    """Plot the metric of every run by step, and the mean of each arm as a thick line.

    Runs that do not count are dashed.

    Args:
        arms: the arms of the sweep, one colour each.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for arm, colour in zip(arms, _colours(len(arms)), strict=True):
        for run in arm.runs:
            style = "--" if run.exclusion_reason(arm.metric) else "-"
            points = run.curve(arm.metric)
            marker = "o" if len(points) == 1 else None
            axes.plot(*_split(points), style, color=colour, linewidth=0.8, alpha=0.5, marker=marker)
        axes.plot(*_split(arm.mean_curve()), color=colour, linewidth=2, label=arm.label)
    axes.set(xlabel="step", ylabel=arms[0].metric)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def plot_bars(arms: Sequence[Arm], path: str | Path) -> None:
    """Plot the mean of each arm as a bar, with its 95 % interval and a dot for each run.

    The axis starts near the lowest value, since arms differ by little.

    Args:
        arms: the arms of the sweep; one without a counted run has a note instead of a bar.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.5 * len(arms)), layout="constrained")
    axes = figure.subplots()
    edges = []
    for row, (arm, colour) in enumerate(zip(arms, _colours(len(arms)), strict=True)):
        if not arm.values:
            axes.text(0.01, row, "no run finished", transform=axes.get_yaxis_transform())
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
    axes.set_xlabel(f"{arms[0].metric}, mean and 95 % interval; the axis does not start at 0")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=120)


def _colours(count: int) -> list[str | tuple[float, ...]]:
    from matplotlib import colormaps

    if count <= 10:
        return [f"C{index}" for index in range(count)]
    return [colormaps["viridis"](index / (count - 1)) for index in range(count)]


def _split(points: Curve) -> tuple[list[float], list[float]]:
    """Split a curve into its steps and its values."""
    return [step for step, _ in points], [value for _, value in points]
