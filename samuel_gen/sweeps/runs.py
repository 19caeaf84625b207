"""The runs of a sweep, read from the folders that they leave."""

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError

_ERROR_LINE = re.compile(r"\[(ERROR|CRITICAL)\]")
_LOG_PREFIX = re.compile(r"^(\[[^\]]*\])+ - ")

Curve = list[tuple[float, float]]
"""Pairs of step and value."""


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        name: the name of its folder.
        settings: the overrides that it was started with, by key.
        curves: the training metrics after each epoch, one row per epoch; `step` is one of them.
        evaluation: the numbers in its `metrics.json`; None if it has no such file.
        trouble: the reason why it did not finish; empty if it did.
    """

    name: str
    settings: Mapping[str, str]
    curves: Sequence[Mapping[str, float]] = ()
    evaluation: Mapping[str, float] | None = None
    trouble: str = ""

    @property
    def steps(self) -> int:
        """The optimizer steps before its last validation."""
        return int(self.curves[-1]["step"]) if self.curves else 0

    @property
    def metrics(self) -> dict[str, float]:
        """Its last training metrics, and those of its evaluation."""
        return {**(self.curves[-1] if self.curves else {}), **(self.evaluation or {})}

    def curve(self, metric: str) -> Curve:
        """The finite values of a metric by step."""
        points = ((row["step"], row.get(metric, math.nan)) for row in self.curves)
        return [(step, value) for step, value in points if math.isfinite(value)]

    def exclusion_reason(self, metric: str) -> str:
        """The reason why a table of this metric excludes the run; empty if it counts."""
        if self.trouble:
            return self.trouble
        value = self.metrics.get(metric)
        if value is None:
            return f"has no {metric}"
        return "" if math.isfinite(value) else f"{metric} is {value} at step {self.steps}"


def parse_settings(overrides: Sequence[str]) -> dict[str, str]:
    """Split overrides as Hydra writes them, `key=value`, into a dict.

    The prefixes `+`, `++` and `~` are dropped. So is `ckpt`: a resumed run is still the same run.
    """
    pairs = (override.lstrip("+~").partition("=") for override in overrides)
    return {key: value for key, _, value in pairs if key != "ckpt"}


def read_run(folder: Path, overrides: Sequence[str]) -> Run:
    """Read a run from the files of `samuel-train`: `curves.csv`, the log and the checkpoint.

    Args:
        folder: the folder of the run.
        overrides: the overrides that it was started with.

    Raises:
        SamuelError: its `metrics.json` is damaged.
    """
    curves = _read_curves(folder / "curves.csv")
    trouble = ""
    if not (folder / "model.safetensors").is_file():
        reached = f"step {int(curves[-1]['step'])}" if curves else "no epoch's end"
        error = _last_error(folder)
        trouble = f"failed: {error}" if error else f"unfinished: reached {reached}"
    evaluation = _read_evaluation(folder / "metrics.json")
    return Run(folder.name, parse_settings(overrides), curves, evaluation, trouble)


def add_missing_runs(runs: Sequence[Run], planned: Sequence[Sequence[str]]) -> list[Run]:
    """Return the runs in the planned order, with placeholders for those that never started.

    Args:
        runs: the runs that have a folder.
        planned: the overrides of every run of the sweep; empty if they are not known.
    """
    waiting = list(runs)
    ordered = []
    for number, overrides in enumerate(planned):
        settings = parse_settings(overrides)
        started = next((run for run in waiting if run.settings == settings), None)
        if started is not None:
            waiting.remove(started)
        ordered.append(started or Run(f"run {number}", settings, trouble="not started"))
    return ordered + waiting


def _read_curves(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        rows = [
            {name: float(value) for name, value in row.items() if name and value}
            for row in csv.DictReader(file)
        ]
    return [row for row in rows if "step" in row]


def _read_evaluation(path: Path) -> dict[str, float] | None:
    """Read the numbers in a JSON file; the keys of nested ones are joined by slashes."""
    if not path.is_file():
        return None
    try:
        return dict(_flatten_numbers(json.loads(path.read_text()), ""))
    except ValueError as error:
        raise SamuelError(f"{path} is not JSON ({error}); rewrite or remove it") from None


def _flatten_numbers(node: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flatten_numbers(value, f"{name}/{key}" if name else str(key))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield name, float(node)


def _last_error(folder: Path) -> str:
    """The last line of the log, without its prefix, if the log has an error; else ""."""
    for path in sorted(folder.glob("*.log")):
        text = path.read_text(errors="replace")
        if _ERROR_LINE.search(text):
            return _LOG_PREFIX.sub("", text.strip().splitlines()[-1])
    return ""
