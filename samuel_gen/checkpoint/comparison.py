"""The differences between two checkpoints: configuration, weights, codec and normalisers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.weights import Distance, measure_distances
from samuel_gen.codecs.normaliser import LatentNormaliser

Pair = tuple[str, str]

_SHOWN = 6  # names of tensors in a line


@dataclass(frozen=True)
class Comparison:
    """All differences between two checkpoints.

    Attributes:
        config: both values of each key that differs, as JSON; "not given" where one lacks it.
        only_first, only_second: the names of tensors that the other lacks.
        shapes: both shapes of each tensor whose shape differs.
        parts: the distances of the weights by top-level part, and of "all" of them.
        codec: both codecs and their differences; None where they are equal.
        normalisers: the differences by name, of those that differ.
    """

    config: dict[str, Pair]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    shapes: dict[str, Pair]
    parts: dict[str, Distance]
    codec: str | None
    normalisers: dict[str, str]

    @classmethod
    def of(cls, first: Checkpoint, second: Checkpoint) -> "Comparison":
        """Compare two checkpoints, whatever networks they hold."""
        ours, theirs = first.weights, second.weights
        both = [name for name in ours if name in theirs]
        normalisers = {
            "vocal": (first.vocal_normaliser, second.vocal_normaliser),
            "accompaniment": (first.accompaniment_normaliser, second.accompaniment_normaliser),
        }
        changes = {name: _describe_normaliser_change(*pair) for name, pair in normalisers.items()}
        return cls(
            config=_find_config_changes(
                flatten_config(first.config), flatten_config(second.config)
            ),
            only_first=tuple(sorted(set(ours) - set(theirs))),
            only_second=tuple(sorted(set(theirs) - set(ours))),
            shapes={
                name: (_shape_text(ours[name]), _shape_text(theirs[name]))
                for name in both
                if ours[name].shape != theirs[name].shape
            },
            parts=measure_distances(ours, theirs),
            codec=first.codec_identity.difference(second.codec_identity),
            normalisers={name: change for name, change in changes.items() if change},
        )

    def lines(self) -> list[str]:
        """Return the differences as lines for a terminal."""
        rows = [(f"  {key}", f"{one} / {other}") for key, (one, other) in self.config.items()]
        rows = [("config", "differs:" if rows else "identical"), *rows]
        for title, names in (("first", self.only_first), ("second", self.only_second)):
            if names:
                rows.append((f"only {title}", _join_first(names)))
        if self.shapes:
            shapes = [f"{name} {one} / {other}" for name, (one, other) in self.shapes.items()]
            rows.append(("shapes", _join_first(shapes)))
        elif not (self.only_first or self.only_second):
            rows.append(("tensors", "the same names and shapes"))
        rows.append(("codec", self.codec or "identical"))
        for name in ("vocal", "accompaniment"):
            rows.append((name, self.normalisers.get(name, "identical")))
        rows.append(("weights", str(self.parts["all"])))
        rows += [(f"  {name}", str(part)) for name, part in self.parts.items() if name != "all"]
        width = max(len(name) for name, _ in rows) + 2
        return [f"{name:<{width}}{text}" for name, text in rows]


def flatten_config(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten a nested configuration: `{"model": {"depth": 2}}` gives `{"model.depth": 2}`."""
    values: dict[str, Any] = {}
    for key, value in config.items():
        nested = isinstance(value, Mapping) and value
        values |= flatten_config(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return values


def _find_config_changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    def as_json(values: Mapping[str, Any], key: str) -> str:
        return json.dumps(values[key]) if key in values else "not given"

    pairs = {key: (as_json(first, key), as_json(second, key)) for key in sorted({*first, *second})}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _describe_normaliser_change(first: LatentNormaliser, second: LatentNormaliser) -> str | None:
    """Describe the largest changes over the channels; None where there is none."""
    if first.scale.shape != second.scale.shape:
        return f"{len(first.scale)} / {len(second.scale)} channels"
    scale = float((second.scale / first.scale - 1).abs().max())
    mean = float(((second.mean - first.mean) / first.scale).abs().max())
    if not (scale or mean):
        return None
    return f"scales differ by up to {scale:.2%}, means by up to {mean:.3g} of a scale"


def _shape_text(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _join_first(texts: Iterable[str]) -> str:
    texts = list(texts)
    rest = f", and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + rest
