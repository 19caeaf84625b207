"""The weights of a network, part by part: how many they are, and how far two sets lie apart."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Distance:
    """How far the weights of one part lie apart.

    Attributes:
        relative: the norm of the difference over the first's; 0 only where all are equal.
        compared: tensors that both have, in one shape.
        tensors: all that either has.
    """

    relative: float
    compared: int
    tensors: int

    def __str__(self) -> str:
        if not self.compared:
            return "not compared: no tensor is in both in one shape"
        told = f"{self.relative:.3g} of the first's norm" if self.relative else "identical"
        if math.isinf(self.relative):
            told = "the first is all zeros, the second is not"
        missing = self.tensors - self.compared
        return f"{told} ({self.compared} of {self.tensors} tensors)" if missing else told


def parameters_by_part(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """How many numbers each top-level part of a network holds, in the order of the weights."""
    counts: dict[str, int] = {}
    for name, tensor in weights.items():
        counts[_part(name)] = counts.get(_part(name), 0) + tensor.numel()
    return counts


def distances(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> dict[str, Distance]:
    """How far two networks' weights lie apart, by top-level part, and over "all" of them."""
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
    found = [squares[name] for name in names if name in squares]
    apart, norm = (math.sqrt(sum(pair[place] for pair in found)) for place in (0, 1))
    relative = apart / norm if norm else math.inf if apart else 0.0
    return Distance(relative, len(found), len(names))


def _part(name: str) -> str:
    return name.partition(".")[0]
