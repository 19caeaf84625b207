"""A sweep in numbers: a CSV with one row per run, and a markdown table with one line per arm."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.sweeps.arms import SEED, Arm, differing_settings, find_best_arm, half_interval
from samuel_gen.sweeps.runs import Curve, Run


def write_results(runs: Sequence[Run], path: str | Path) -> None:
    """Write one row per run, failed ones too: differing settings, trouble and final metrics.

    Args:
        runs: the runs in the order of the rows.
        path: the CSV file to write.
    """
    keys = differing_settings(runs)
    metrics = list(dict.fromkeys(name for run in runs for name in run.metrics))
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["run", *keys, SEED, "trouble", *metrics])
        for run in runs:
            settings = [run.settings.get(key, "") for key in (*keys, SEED)]
            values = [run.metrics.get(name, "") for name in metrics]
            writer.writerow([run.name, *settings, run.trouble, *values])


def format_table(arms: Sequence[Arm], highest: bool = False) -> str:
    """Format the arms of a sweep as a markdown table, followed by a list of the excluded runs.

    Mean and standard deviation are over the counted runs. The difference to the best arm is the
    mean over the seeds that both have, with its 95 % interval if there are two or more.

    Args:
        arms: the arms of the sweep, one or more.
        highest: the highest value is the best, not the lowest.
    """
    metric = arms[0].metric
    best, target = find_best_arm(arms, highest), common_target(arms, highest)
    keys = list(arms[0].choice) or ["arm"]
    head = [*keys, "seeds", "steps", metric, "std", "difference to best"]
    head += [f"steps to {_format_number(target)}"] * math.isfinite(target)
    lines = [_format_line(head), _format_line(["---"] * len(head))]
    for arm in arms:
        cells = [*(arm.choice.values() or ["all runs"]), _format_seeds(arm), _format_steps(arm)]
        cells += [_format_number(arm.mean), _format_number(arm.std), _format_difference(arm, best)]
        if math.isfinite(target):
            steps = [steps_to_reach(run.curve(metric), target, highest) for run in arm.counted_runs]
            cells.append(_format_number(sum(steps) / len(steps), 0) if steps else "-")
        lines.append(_format_line(cells))
    excluded = [run for arm in arms for run in arm.runs if run.exclusion_reason(metric)]
    if excluded:
        total = sum(len(arm.runs) for arm in arms)
        lines += ["", f"Left out, {len(excluded)} of {total} runs:", ""]
        lines += [f"- `{run.name}`: {run.exclusion_reason(metric)}" for run in excluded]
    return "\n".join(lines) + "\n"


def common_target(arms: Sequence[Arm], highest: bool = False) -> float:
    """The value that every counted run reaches: the worst of their last ones; NaN if none counts.

    Args:
        arms: the arms of a sweep.
        highest: the lowest value is the worst, not the highest.
    """
    last = [
        points[-1][1]
        for arm in arms
        for run in arm.counted_runs
        if (points := run.curve(arm.metric))
    ]
    return (min if highest else max)(last, default=math.nan)


def steps_to_reach(curve: Curve, target: float, highest: bool = False) -> float:
    """The step at which a curve first reaches a target; NaN if it never does.

    Between its points the curve is interpolated linearly. This compares the speed of convergence.

    Args:
        curve: the values by step.
        target: the value to reach.
        highest: reach it from below, not from above.
    """
    before: tuple[float, float] | None = None
    for step, value in curve:
        if value >= target if highest else value <= target:
            if before is None or value == before[1]:
                return step
            share = (target - before[1]) / (value - before[1])
            return before[0] + share * (step - before[0])
        before = (step, value)
    return math.nan


def _format_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _format_seeds(arm: Arm) -> str:
    counted, total = len(arm.counted_runs), len(arm.runs)
    return str(counted) if counted == total else f"{counted} of {total}"


def _format_steps(arm: Arm) -> str:
    steps = [run.steps for run in arm.counted_runs]
    if not steps:
        return "-"
    return str(steps[0]) if len(set(steps)) == 1 else f"{min(steps)} to {max(steps)}"


def _format_difference(arm: Arm, best: Arm | None) -> str:
    """The difference to the best arm: over their common seeds or, without any, of the means."""
    if best is None or not arm.values:
        return "-"
    if arm is best:
        return "best"
    differences = arm.differences_to(best)
    mean = sum(differences) / len(differences) if differences else arm.mean - best.mean
    interval = half_interval(differences)
    return f"{mean:+.4f}" + (f" ± {interval:.4f}" if math.isfinite(interval) else "")


def _format_number(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
