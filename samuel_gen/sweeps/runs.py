"""What the runs of a sweep came to: read from their folders, gathered into arms, tabulated."""

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from samuel_gen.errors import SamuelError

SEED = "seed"
METRIC = "val/mse"
HIGHEST_IS_BEST = ("val/vocal_gain",)
_LEVEL = re.compile(r"\[(ERROR|CRITICAL)\]")
_LOG_PREFIX = re.compile(r"^(\[[^\]]*\])+ - ")

Curve = list[tuple[float, float]]


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        name: of its folder.
        settings: what it was told, by key.
        curves: its figures after each epoch; `step` is among them.
        measured: figures of `metrics.json`, if somebody put one into its folder.
        trouble: why it has not come to its end; empty if it has.
    """

    name: str
    settings: Mapping[str, str]
    curves: Sequence[Mapping[str, float]] = ()
    measured: Mapping[str, float] | None = None
    trouble: str = ""

    @property
    def steps(self) -> int:
        """Optimizer steps after which it was last validated."""
        return int(self.curves[-1]["step"]) if self.curves else 0

    @property
    def figures(self) -> dict[str, float]:
        """Its last figures, those of `metrics.json` included."""
        return {**(self.curves[-1] if self.curves else {}), **(self.measured or {})}

    def curve(self, metric: str) -> Curve:
        """A figure by step, where it is finite."""
        points = ((row["step"], row.get(metric, math.nan)) for row in self.curves)
        return [(step, value) for step, value in points if math.isfinite(value)]

    def left_out(self, metric: str) -> str:
        """Why the run has no say in a table of this figure; empty if it has."""
        if self.trouble:
            return self.trouble
        value = self.figures.get(metric)
        if value is None:
            return f"has no {metric}"
        return "" if math.isfinite(value) else f"{metric} is {value} at step {self.steps}"


def settings_of(overrides: Sequence[str]) -> dict[str, str]:
    """Overrides as Hydra writes them, `key=value`, by key.

    `+`, `++` and `~` are dropped, and `ckpt`: a run that was gone on with is still the same.
    """
    pairs = (override.lstrip("+~").partition("=") for override in overrides)
    return {key: value for key, _, value in pairs if key != "ckpt"}


def read_run(folder: Path, overrides: Sequence[str]) -> Run:
    """A run from the files that `samuel-train` leaves: `curves.csv`, its log, the released model.

    Args:
        folder: of the run.
        overrides: what it was told.
    """
    curves = _read_curves(folder / "curves.csv")
    trouble = ""
    if not (folder / "model.safetensors").is_file():
        reached = f"step {int(curves[-1]['step'])}" if curves else "no epoch's end"
        error = _last_error(folder)
        trouble = f"failed: {error}" if error else f"unfinished: reached {reached}"
    measured = _read_measured(folder / "metrics.json")
    return Run(folder.name, settings_of(overrides), curves, measured, trouble)


def with_missing(runs: Sequence[Run], planned: Sequence[Sequence[str]]) -> list[Run]:
    """The runs in the order planned, and those that were planned but never begun.

    Args:
        runs: that have a folder.
        planned: overrides of all runs of the sweep; empty if that is not known.
    """
    waiting = list(runs)
    ordered = []
    for number, overrides in enumerate(planned):
        settings = settings_of(overrides)
        found = next((run for run in waiting if run.settings == settings), None)
        if found is not None:
            waiting.remove(found)
        ordered.append(found or Run(f"run {number}", settings, trouble="not started"))
    return ordered + waiting


def differing(runs: Sequence[Run]) -> list[str]:
    """The settings in which runs differ, the seed aside."""
    keys = dict.fromkeys(key for run in runs for key in run.settings if key != SEED)
    return [key for key in keys if len({run.settings.get(key) for run in runs}) > 1]


@dataclass(frozen=True)
class Arm:
    """The runs that differ in nothing but their seed.

    Attributes:
        choice: the values of the settings in which the arms differ.
        runs: all of them, in order.
        metric: the figure that is looked at.
    """

    choice: Mapping[str, str]
    runs: Sequence[Run]
    metric: str

    @property
    def label(self) -> str:
        """The choice in short: `window_size=16`."""
        pairs = (f"{key.rpartition('.')[2]}={value}" for key, value in self.choice.items())
        return ", ".join(pairs) or "all runs"

    @property
    def counted(self) -> list[Run]:
        """The runs that came to their end with a finite figure."""
        return [run for run in self.runs if not run.left_out(self.metric)]

    @property
    def values(self) -> list[float]:
        """The figure of each counted run."""
        return [run.figures[self.metric] for run in self.counted]

    @property
    def mean(self) -> float:
        """Over the counted runs; NaN without any."""
        return fmean(self.values) if self.values else math.nan

    @property
    def spread(self) -> float:
        """Standard deviation over the counted runs; NaN for fewer than two."""
        return stdev(self.values) if len(self.values) > 1 else math.nan

    def beyond(self, best: "Arm") -> list[float]:
        """The figure minus the best arm's, for each seed that both have."""
        theirs = {run.settings.get(SEED): run.figures[self.metric] for run in best.counted}
        return [
            run.figures[self.metric] - theirs[run.settings.get(SEED)]
            for run in self.counted
            if run.settings.get(SEED) in theirs
        ]

    def mean_curve(self) -> Curve:
        """The mean over the counted runs, at the steps at which all of them were validated."""
        curves = [dict(run.curve(self.metric)) for run in self.counted]
        shared = set.intersection(*(set(curve) for curve in curves)) if curves else set()
        return [(step, fmean(curve[step] for curve in curves)) for step in sorted(shared)]


def gathered(runs: Sequence[Run], metric: str) -> list[Arm]:
    """The arms of a sweep, in the order in which they first appear."""
    keys = differing(runs)
    arms: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        arms.setdefault(tuple(run.settings.get(key, "") for key in keys), []).append(run)
    return [Arm(dict(zip(keys, values, strict=True)), own, metric) for values, own in arms.items()]


def best_of(arms: Sequence[Arm], highest: bool = False) -> Arm | None:
    """The arm with the lowest mean, or with the highest; None if no run has come to its end."""
    counted = [arm for arm in arms if arm.values]
    return (max if highest else min)(counted, key=lambda arm: arm.mean, default=None)


def half_interval(values: Sequence[float]) -> float:
    """Half the width of the 95 % confidence interval of the mean; NaN for fewer than two.

    Source: Student 1908, "The probable error of a mean".
    """
    from scipy.special import stdtrit

    if len(values) < 2:
        return math.nan
    return float(stdtrit(len(values) - 1, 0.975)) * stdev(values) / math.sqrt(len(values))


def _read_curves(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        rows = [
            {name: float(value) for name, value in row.items() if name and value}
            for row in csv.DictReader(file)
        ]
    return [row for row in rows if "step" in row]


def _read_measured(path: Path) -> dict[str, float] | None:
    """The numbers in a JSON file, the names of nested ones joined by slashes."""
    if not path.is_file():
        return None
    try:
        return dict(_numbers(json.loads(path.read_text()), ""))
    except ValueError as error:
        raise SamuelError(f"{path}: {error}; expected JSON; write it anew or remove it") from None


def _numbers(node: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _numbers(value, f"{name}/{key}" if name else str(key))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield name, float(node)


def _last_error(folder: Path) -> str:
    """The last line of a log in which an error is told, without its date."""
    for path in sorted(folder.glob("*.log")):
        text = path.read_text(errors="replace")
        if _LEVEL.search(text):
            return _LOG_PREFIX.sub("", text.strip().splitlines()[-1])
    return ""
