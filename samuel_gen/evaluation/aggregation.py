"""The aggregation of measurements into table rows: means, intervals and normalised scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from samuel_gen.evaluation.anchors import GENERATED, MISMATCHED, SYSTEMS, TRUE
from samuel_gen.evaluation.bootstrap import (
    Interval,
    draw_songs,
    mean_interval,
    normalised_interval,
    statistic_interval,
)
from samuel_gen.evaluation.measurements import MeasuredAccompaniment, Measurements
from samuel_gen.evaluation.set_metrics import SET_METRICS, SongIndices, set_statistics
from samuel_gen.evaluation.song_metrics import SONG_METRICS, Metric, SongMetric

_SET_DRAWS = 200
_SMALLEST_GROUP = 3  # songs
_UNKNOWN = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Row:
    """One metric over all systems.

    Attributes:
        metric: the name of the metric.
        better: the good direction, "higher", "lower" or "nearer" (to the true accompaniment's
            value); None if neither is good.
        values: the value of each system.
        normalised: the normalised score of the generated accompaniments, where 0 is another song's
            accompaniment and 1 the true one; NaN if the two anchors are equal, if the metric has
            no good direction, or if it is one of adherence to a given sheet.
        others: the normalised scores of further systems, by name.
    """

    metric: str
    better: str | None
    values: Mapping[str, Interval]
    normalised: Interval
    others: Mapping[str, Interval] = field(default_factory=dict)


def aggregate(measurements: Measurements, songs: SongIndices | None = None) -> list[Row]:
    """Aggregate measurements into the rows of a table.

    Args:
        measurements: the measurements of all systems on all songs.
        songs: the indices of the songs to include, for a table of one style; such a table has no
            set metrics. None: all songs.
    """
    kept = np.arange(len(measurements.names)) if songs is None else songs
    draws = draw_songs(len(kept))
    rows = []
    metrics: list[Metric] = [*SONG_METRICS, *measurements.extras]
    for metric in metrics:
        grids = {
            system: _grid(accompaniments, metric.name)[kept]
            for system, accompaniments in measurements.systems.items()
        }
        values = {system: mean_interval(grid, draws) for system, grid in grids.items()}
        scores = {
            system: normalised_interval(grid, grids[TRUE], grids[MISMATCHED], draws)
            if metric.better == "higher" and not _measures_adherence(metric)
            else _UNKNOWN
            for system, grid in grids.items()
            if _is_judged(system)
        }
        rows.append(Row(metric.name, metric.better, values, scores.pop(GENERATED), scores))
    return rows if songs is not None else [*rows, *_set_rows(measurements)]


def aggregate_groups(measurements: Measurements, groups: Sequence[str]) -> dict[str, list[Row]]:
    """Aggregate the song metrics of each group of three songs or more.

    Args:
        measurements: the measurements of all systems on all songs.
        groups: the group of each song, such as its style or pace; "" for none.

    Returns:
        The rows of each group, by its name and number of songs.
    """
    tables = {}
    for group in sorted(set(groups) - {""}):
        members = np.array([at for at, own in enumerate(groups) if own == group])
        if len(members) >= _SMALLEST_GROUP:
            tables[f"{group} ({len(members)})"] = aggregate(measurements, members)
    return tables


def make_distance_rows(distances: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """Make rows of distances, which have no intervals and of which lower is better.

    Args:
        distances: the values by metric and system.
    """
    return [
        Row(
            name,
            "lower",
            {system: Interval(value, math.nan, math.nan) for system, value in values.items()},
            _UNKNOWN,
        )
        for name, values in distances.items()
    ]


def rows_to_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Convert rows to nested dicts for JSON, by metric and system; null for unknown values."""

    def to_dict(interval: Interval) -> dict[str, float | None]:
        return {
            name: value if math.isfinite(value) else None
            for name, value in asdict(interval).items()
        }

    return {
        row.metric: {system: to_dict(value) for system, value in row.values.items()}
        | {"normalised": to_dict(row.normalised)}
        | {f"normalised {system}": to_dict(score) for system, score in row.others.items()}
        for row in rows
    }


def _is_judged(system: str) -> bool:
    """True for a system that is judged, False for an anchor."""
    return system == GENERATED or system not in SYSTEMS


def _measures_adherence(metric: Metric) -> bool:
    """True for a metric against the given sheet, which the true accompaniment need not follow."""
    return isinstance(metric, SongMetric) and metric.needs == "given_sheet"


def _grid(
    accompaniments: Sequence[MeasuredAccompaniment], metric: str
) -> Float[np.ndarray, "songs seeds"]:
    """The values of one metric by song and seed; NaN if a song has no such seed."""
    songs = max(each.song for each in accompaniments) + 1
    seeds = max(each.seed for each in accompaniments) + 1
    grid = np.full((songs, seeds), np.nan)
    for each in accompaniments:
        grid[each.song, each.seed] = each.metrics[metric]
    return grid


def _set_rows(measurements: Measurements) -> list[Row]:
    draws = draw_songs(len(measurements.names), draws=_SET_DRAWS)
    statistics = {system: set_statistics(system, measurements) for system in measurements.systems}
    rows = []
    for metric in SET_METRICS:
        values = {
            system: statistic_interval(by_name[metric.name], draws)
            for system, by_name in statistics.items()
            if metric.name in by_name
        }
        if metric.name == "real_time_factor":
            factor = measurements.generation_seconds / max(measurements.seconds, 1e-9)
            values = {GENERATED: Interval(factor, math.nan, math.nan)}
        scores = {
            system: _normalise_set(metric, values, system)
            for system in values
            if _is_judged(system)
        }
        rows.append(
            Row(metric.name, metric.better, values, scores.pop(GENERATED, _UNKNOWN), scores)
        )
    return rows


def _normalise_set(metric: Metric, values: Mapping[str, Interval], system: str) -> Interval:
    """The normalised score of a set metric; the anchors' values count as fixed, not resampled."""
    if metric.better is None or TRUE not in values or MISMATCHED not in values:
        return _UNKNOWN
    one, zero, own = (values[name] for name in (TRUE, MISMATCHED, system))
    width = one.value - zero.value
    if abs(width) < 1e-9:
        return _UNKNOWN
    value, *edges = ((edge - zero.value) / width for edge in (own.value, own.low, own.high))
    return Interval(value, min(edges), max(edges))
