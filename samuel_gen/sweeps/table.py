"""A sweep in figures: one CSV row a run, one line of a table an arm."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.sweeps.runs import (
    SEED,
    Arm,
    Curve,
    Run,
    best_of,
    differing,
    half_interval,
)


def write_results(runs: Sequence[Run], path: str | Path) -> None:
    """One row a run, failed ones too: what differs, its trouble, and all its last figures.

    Args:
        runs: in the order of the rows.
        path: where the CSV goes.
    """
    keys = differing(runs)
    figures = list(dict.fromkeys(name for run in runs for name in run.figures))
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["run", *keys, SEED, "trouble", *figures])
        for run in runs:
            told = [run.settings.get(key, "") for key in (*keys, SEED)]
            own = run.figures
            writer.writerow(
                [run.name, *told, run.trouble, *(own.get(name, "") for name in figures)]
            )


def table(arms: Sequence[Arm], highest: bool = False) -> str:
    """The arms of a sweep as a markdown table, with what was left out of it listed below.

    Mean and standard deviation are over the runs that count; the difference to the best arm is
    the mean over the seeds that both have, with its 95 % interval where there are two or more.

    Args:
        arms: at least one.
        highest: is the highest figure the best?
    """
    metric = arms[0].metric
    best, level = best_of(arms, highest), level_reached(arms, highest)
    keys = list(arms[0].choice) or ["arm"]
    head = [*keys, "seeds", "steps", metric, "std", "to the best"]
    head += [f"steps to {_number(level)}"] * math.isfinite(level)
    lines = [_row(head), _row(["---"] * len(head))]
    for arm in arms:
        cells = [*(arm.choice.values() or ["all runs"]), _seeds(arm), _steps(arm)]
        cells += [_number(arm.mean), _number(arm.spread), _difference(arm, best)]
        if math.isfinite(level):
            reached = [steps_until(run.curve(metric), level, highest) for run in arm.counted]
            cells.append(_number(sum(reached) / len(reached), 0) if reached else "-")
        lines.append(_row(cells))
    left_out = [run for arm in arms for run in arm.runs if run.left_out(metric)]
    if left_out:
        total = sum(len(arm.runs) for arm in arms)
        lines += ["", f"Left out, {len(left_out)} of {total} runs:", ""]
        lines += [f"- `{run.name}`: {run.left_out(metric)}" for run in left_out]
    return "\n".join(lines) + "\n"


def level_reached(arms: Sequence[Arm], highest: bool = False) -> float:
    """The figure that every counted run reaches: the worst of their last ones; NaN without any."""
    last = [
        points[-1][1] for arm in arms for run in arm.counted if (points := run.curve(arm.metric))
    ]
    return (min if highest else max)(last, default=math.nan)


def steps_until(curve: Curve, level: float, highest: bool = False) -> float:
    """The step at which a curve first reaches a level, on straight lines between its points.

    NaN if it never does. How fast runs converge is compared by it.
    """
    before: tuple[float, float] | None = None
    for step, value in curve:
        if value >= level if highest else value <= level:
            if before is None or value == before[1]:
                return step
            share = (level - before[1]) / (value - before[1])
            return before[0] + share * (step - before[0])
        before = (step, value)
    return math.nan


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _seeds(arm: Arm) -> str:
    counted, all_runs = len(arm.counted), len(arm.runs)
    return str(counted) if counted == all_runs else f"{counted} of {all_runs}"


def _steps(arm: Arm) -> str:
    steps = [run.steps for run in arm.counted]
    if not steps:
        return "-"
    return str(steps[0]) if len(set(steps)) == 1 else f"{min(steps)} to {max(steps)}"


def _difference(arm: Arm, best: Arm | None) -> str:
    """To the best arm, of the same seeds where there are any."""
    if best is None or not arm.values:
        return "-"
    if arm is best:
        return "best"
    apart = arm.beyond(best)
    mean = sum(apart) / len(apart) if apart else arm.mean - best.mean
    interval = half_interval(apart)
    return f"{mean:+.4f}" + (f" ± {interval:.4f}" if math.isfinite(interval) else "")


def _number(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
