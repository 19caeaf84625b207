"""Sizes of a network's parts, and distances between two networks' weights."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Distance:
    """The distance between the weights of one part in two checkpoints.

    Attributes:
        relative: the norm of the difference over the first's norm; 0 only where all are equal.
        compared: the number of tensors that both have, in one shape.
        tensors: the number of tensors that either has.
    """

    relative: float
    compared: int
    tensors: int

    def __str__(self) -> str:
        if not self.compared:
            return "not compared: no tensor is in both in one shape"
        text = f"{self.relative:.3g} of the first's norm" if self.relative else "identical"
        if math.isinf(self.relative):
            text = "the first is all zeros, the second is not"
        missing = self.tensors - self.compared
        return f"{text} ({self.compared} of {self.tensors} tensors)" if missing else text


def count_parameters_by_part(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """Count the parameters of each top-level part of a network, in the order of the weights."""
    counts: dict[str, int] = {}
    for name, tensor in weights.items():
        counts[_part(name)] = counts.get(_part(name), 0) + tensor.numel()
    return counts


def measure_distances(
    first: Mapping[str, Tensor], second: Mapping[str, Tensor]
) -> dict[str, Distance]:
    """Measure the distance of two networks' weights by top-level part, and over "all" of them."""
    names: dict[str, list[str]] = {"all": []}
    squares: dict[str, tuple[float, float]] = {}  # of the difference, and of the first
    for name in dict.fromkeys((*first, *second)):
        names["all"].append(name)
        names.setdefault(_part(name), []).append(name)
        if name in first and name in second and first[name].shape == second[name].shape:
            ours, theirs = first[name].double(), second[name].double()
            squares[name] = float((ours - theirs).square().sum()), float(ours.square().sum())
    return {part: _distance(members, squares) for part, members in names.items()}


def _distance(names: Iterable[str], squares: Mapping[str, tuple[float, float]]) -> Distance:
    names = list(names)
    compared = [squares[name] for name in names if name in squares]
    difference, norm = (math.sqrt(sum(pair[place] for pair in compared)) for place in (0, 1))
    relative = difference / norm if norm else math.inf if difference else 0.0
    return Distance(relative, len(compared), len(names))


def _part(name: str) -> str:
    return name.partition(".")[0]
