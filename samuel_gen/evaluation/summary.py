"""From what was measured to one table: every figure with its interval, between its anchors."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from samuel_gen.evaluation.adherence import prompt_adherence
from samuel_gen.evaluation.bootstrap import (
    Interval,
    drawn_songs,
    mean_of,
    normalised_mean_of,
    statistic_of,
)
from samuel_gen.evaluation.diversity import seed_diversity
from samuel_gen.evaluation.frechet import frechet_distance
from samuel_gen.evaluation.measuring import GENERATED, MISMATCHED, TRUE, Measured, Part
from samuel_gen.evaluation.retrieval import Scores, fit_scores, found_first, reciprocal_rank
from samuel_gen.evaluation.song_metrics import SONG_METRICS, Metric

POOL = 32  # voices among which one is to be found
_SET_DRAWS = 200

Chosen = Int[np.ndarray, " songs"]
Pool = tuple[Chosen, list[Scores]]


SET_METRICS = (
    Metric("apa", "", "higher", "accompaniment prompt adherence: 0 mismatched, 1 true pairs"),
    Metric("retrieval", "", "higher", f"own voice ranked first among up to {POOL}"),
    Metric("reciprocal_rank", "", "higher", "one over the rank of the own voice"),
    Metric("frechet_spectral", "", "lower", "Frechet distance from true bands, spectral-1"),
    Metric("frechet_latent", "", "lower", "Frechet distance from true bands, latent frames"),
    Metric("diversity", "", None, "seeds of a song against songs: 0 the same, 1 as unlike"),
    Metric("real_time_factor", "", "lower", "seconds of generation per second of sound"),
)


@dataclass(frozen=True)
class Row:
    """One metric over all systems.

    Attributes:
        metric: its name.
        better: see `SongMetric`.
        values: by system.
        normalised: of the generated bands, 0 as mismatched and 1 as true ones; NaN where the
            anchors cannot be told apart, or no direction is better.
    """

    metric: str
    better: str | None
    values: Mapping[str, Interval]
    normalised: Interval


def summary(measured: Measured, songs: Chosen | None = None) -> list[Row]:
    """All rows of the table.

    Args:
        measured: what `measure` found.
        songs: only these, for a table of one style; without the figures of sets.
    """
    kept = np.arange(len(measured.names)) if songs is None else songs
    draws = drawn_songs(len(kept))
    rows = []
    metrics: list[Metric] = [*SONG_METRICS, *measured.extras]
    for metric in metrics:
        grids = {
            system: _grid(parts, metric.name)[kept] for system, parts in measured.parts.items()
        }
        values = {system: mean_of(grid, draws) for system, grid in grids.items()}
        anchored = metric.better == "higher"
        normalised = (
            normalised_mean_of(grids[GENERATED], grids[TRUE], grids[MISMATCHED], draws)
            if anchored
            else _UNKNOWN
        )
        rows.append(Row(metric.name, metric.better, values, normalised))
    return rows if songs is not None else [*rows, *_set_rows(measured)]


def told(distances: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """Rows of figures that come without intervals, less being better, by metric and system."""
    return [
        Row(
            name,
            "lower",
            {system: Interval(value, math.nan, math.nan) for system, value in values.items()},
            _UNKNOWN,
        )
        for name, values in distances.items()
    ]


def by_group(measured: Measured, groups: Sequence[str]) -> dict[str, list[Row]]:
    """The song metrics of each group of three songs or more: styles, or paces."""
    found = {}
    for group in sorted(set(groups) - {""}):
        members = np.array([at for at, own in enumerate(groups) if own == group])
        if len(members) >= 3:
            found[f"{group} ({len(members)})"] = summary(measured, members)
    return found


_UNKNOWN = Interval(math.nan, math.nan, math.nan)


def _grid(parts: Sequence[Part], name: str) -> Float[np.ndarray, "songs seeds"]:
    songs, seeds = (max(getattr(part, axis) for part in parts) + 1 for axis in ("song", "seed"))
    grid = np.full((songs, seeds), np.nan)
    for part in parts:
        grid[part.song, part.seed] = part.figures[name]
    return grid


def _set_rows(measured: Measured) -> list[Row]:
    draws = drawn_songs(len(measured.names), draws=_SET_DRAWS)
    pools = {system: _pooled(parts, measured) for system, parts in measured.parts.items()}
    rows = []
    for metric in SET_METRICS:
        values = {}
        for system, parts in measured.parts.items():
            statistic = _statistic(metric.name, system, parts, measured, pools[system])
            if statistic is not None:
                values[system] = statistic_of(statistic, draws)
        if metric.name == "real_time_factor":
            factor = measured.generation_seconds / max(measured.seconds, 1e-9)
            values = {GENERATED: Interval(factor, math.nan, math.nan)}
        rows.append(Row(metric.name, metric.better, values, _placed(metric, values)))
    return rows


def _placed(metric: Metric, values: Mapping[str, Interval]) -> Interval:
    """Between the anchors' own values, which are taken as fixed here."""
    if metric.better is None or TRUE not in values or MISMATCHED not in values:
        return _UNKNOWN
    one, zero, own = (values[name] for name in (TRUE, MISMATCHED, GENERATED))
    width = one.value - zero.value
    if abs(width) < 1e-9:
        return _UNKNOWN
    value, *edges = ((edge - zero.value) / width for edge in (own.value, own.low, own.high))
    return Interval(value, min(edges), max(edges))


def _statistic(
    name: str, system: str, parts: Sequence[Part], measured: Measured, pools: Sequence[Pool]
) -> Callable[[Chosen], float] | None:
    """The figure of a system as a function of which songs there are, if there is one."""
    songs = len(measured.names)
    of = [[part for part in parts if part.song == song] for song in range(songs)]
    true = [next(p for p in measured.parts[TRUE] if p.song == song) for song in range(songs)]

    def stacked(vectors: Callable[[int], Sequence[np.ndarray]]) -> Callable[[Chosen], np.ndarray]:
        each = [np.concatenate(list(vectors(song))) for song in range(songs)]
        return lambda chosen: np.concatenate([each[song] for song in chosen])

    if name == "apa":
        made = stacked(lambda song: [part.mix for part in of[song]])
        own, other = stacked(lambda s: [true[s].mix]), stacked(lambda s: [measured.strangers[s]])
        return lambda chosen: prompt_adherence(made(chosen), own(chosen), other(chosen))
    if name in ("retrieval", "reciprocal_rank"):
        rank = found_first if name == "retrieval" else reciprocal_rank
        values = np.zeros(songs)
        for members, scores in pools:
            values[members] = np.mean([rank(of_seed) for of_seed in scores], axis=0)
        return lambda chosen: float(values[chosen].mean())
    if name == "frechet_spectral":
        bands, reference = (
            stacked(lambda s: [p.band for p in of[s]]),
            stacked(lambda s: [true[s].band]),
        )
        return lambda chosen: frechet_distance(bands(chosen), reference(chosen))
    if name == "frechet_latent":
        frames, reference = (
            stacked(lambda s: [p.latents for p in of[s]]),
            stacked(lambda s: [true[s].latents]),
        )
        return lambda chosen: frechet_distance(frames(chosen), reference(chosen))
    if name == "diversity" and system == GENERATED and max(map(len, of)) > 1:
        return lambda chosen: seed_diversity([[p.band for p in of[song]] for song in chosen])
    return None


def _pooled(parts: Sequence[Part], measured: Measured) -> list[Pool]:
    """Pools of POOL songs at most, and for each seed how well their bands fit their voices."""
    songs = len(measured.names)
    of = [[part for part in parts if part.song == song] for song in range(songs)]
    pools = []
    for members in np.array_split(np.arange(songs), -(-songs // POOL)):
        voices = [measured.voices[song] for song in members]
        scores = [
            fit_scores([of[song][seed].played for song in members], voices, measured.frame_seconds)
            for seed in range(min(len(of[song]) for song in members))
        ]
        pools.append((members, scores))
    return pools


def to_plain(rows: Sequence[Row]) -> dict[str, Any]:
    """As JSON has it, with null for what is unknown: nested by metric and system."""

    def plain(interval: Interval) -> dict[str, float | None]:
        return {
            name: value if math.isfinite(value) else None
            for name, value in asdict(interval).items()
        }

    return {
        row.metric: {system: plain(value) for system, value in row.values.items()}
        | {"normalised": plain(row.normalised)}
        for row in rows
    }
