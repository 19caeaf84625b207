"""The arms of a sweep: runs with the same settings but different seeds, and their statistics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from samuel_gen.sweeps.runs import Curve, Run

SEED = "seed"
DEFAULT_METRIC = "val/mse"
HIGHER_IS_BETTER = ("val/vocal_gain",)


@dataclass(frozen=True)
class Arm:
    """The runs that differ only in their seed.

    Attributes:
        choice: the values of the settings in which the arms of the sweep differ.
        runs: all runs of the arm, in order.
        metric: the metric that is compared.
    """

    choice: Mapping[str, str]
    runs: Sequence[Run]
    metric: str

    @property
    def label(self) -> str:
        """The choice in short, for example `window_size=16`."""
        pairs = (f"{key.rpartition('.')[2]}={value}" for key, value in self.choice.items())
        return ", ".join(pairs) or "all runs"

    @property
    def counted_runs(self) -> list[Run]:
        """The runs that finished with a finite value of the metric."""
        return [run for run in self.runs if not run.exclusion_reason(self.metric)]

    @property
    def values(self) -> list[float]:
        """The metric of each counted run."""
        return [run.metrics[self.metric] for run in self.counted_runs]

    @property
    def mean(self) -> float:
        """The mean over the counted runs; NaN if there are none."""
        return fmean(self.values) if self.values else math.nan

    @property
    def std(self) -> float:
        """The standard deviation over the counted runs; NaN for fewer than two."""
        return stdev(self.values) if len(self.values) > 1 else math.nan

    def differences_to(self, best: "Arm") -> list[float]:
        """The metric minus the best arm's, for each seed that both have."""
        theirs = {run.settings.get(SEED): run.metrics[self.metric] for run in best.counted_runs}
        return [
            run.metrics[self.metric] - theirs[run.settings.get(SEED)]
            for run in self.counted_runs
            if run.settings.get(SEED) in theirs
        ]

    def mean_curve(self) -> Curve:
        """The mean over the counted runs, at the steps at which all of them were validated."""
        curves = [dict(run.curve(self.metric)) for run in self.counted_runs]
        shared = set.intersection(*(set(curve) for curve in curves)) if curves else set()
        return [(step, fmean(curve[step] for curve in curves)) for step in sorted(shared)]


def differing_settings(runs: Sequence[Run]) -> list[str]:
    """The keys of the settings in which runs differ, except the seed."""
    keys = dict.fromkeys(key for run in runs for key in run.settings if key != SEED)
    return [key for key in keys if len({run.settings.get(key) for run in runs}) > 1]


def group_into_arms(runs: Sequence[Run], metric: str) -> list[Arm]:
    """Group the runs of a sweep into arms, in the order in which these first appear.

    Args:
        runs: all runs of the sweep.
        metric: the metric to compare.
    """
    keys = differing_settings(runs)
    arms: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        arms.setdefault(tuple(run.settings.get(key, "") for key in keys), []).append(run)
    return [Arm(dict(zip(keys, values, strict=True)), own, metric) for values, own in arms.items()]


def find_best_arm(arms: Sequence[Arm], highest: bool = False) -> Arm | None:
    """Return the arm with the best mean; None if no run counts.

    Args:
        arms: the arms of a sweep.
        highest: the highest mean is the best, not the lowest.
    """
    counted = [arm for arm in arms if arm.values]
    return (max if highest else min)(counted, key=lambda arm: arm.mean, default=None)


def half_interval(values: Sequence[float]) -> float:
    """Half the width of the 95 % confidence interval of the mean; NaN for fewer than two values.

    Source: Student 1908, "The probable error of a mean".
    """
    from scipy.special import stdtrit

    if len(values) < 2:
        return math.nan
    return float(stdtrit(len(values) - 1, 0.975)) * stdev(values) / math.sqrt(len(values))
