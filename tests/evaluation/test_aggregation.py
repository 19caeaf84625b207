"""Table rows of a system that is half truth and half noise."""

import json
import math

import numpy as np
import pytest

from samuel_gen.evaluation.aggregation import (
    Row,
    aggregate,
    aggregate_groups,
    make_distance_rows,
    rows_to_json,
)
from samuel_gen.evaluation.anchors import CODEC, GENERATED, MISMATCHED, NOISE, TRUE
from samuel_gen.evaluation.measurements import Measurements
from samuel_gen.evaluation.set_metrics import SET_METRICS
from samuel_gen.evaluation.song_metrics import SONG_METRICS


@pytest.fixture(scope="module")
def rows(measurements: Measurements) -> dict[str, Row]:
    return {row.metric: row for row in aggregate(measurements)}


def test_there_is_a_row_for_every_metric(rows: dict[str, Row]) -> None:
    assert list(rows) == [metric.name for metric in (*SONG_METRICS, *SET_METRICS)]


def test_half_truth_and_half_noise_scores_half_way(rows: dict[str, Row]) -> None:
    for name in ("chroma_true", "chord", "onset_f", "scale"):
        values = {system: interval.value for system, interval in rows[name].values.items()}
        assert values[GENERATED] == pytest.approx((values[TRUE] + values[NOISE]) / 2, abs=0.02)
        assert values[CODEC] == values[TRUE]  # the codec is lossless
        assert values[TRUE] > values[MISMATCHED] + 0.1
        zero, one = values[MISMATCHED], values[TRUE]
        score = (values[GENERATED] - zero) / (one - zero)
        normalised = rows[name].normalised
        assert normalised.value == pytest.approx(score)
        assert normalised.low <= score <= normalised.high


def test_a_set_metric_is_normalised_between_its_anchors(rows: dict[str, Row]) -> None:
    values = {system: interval.value for system, interval in rows["apa"].values.items()}
    score = (values[GENERATED] - values[MISMATCHED]) / (values[TRUE] - values[MISMATCHED])
    assert rows["apa"].normalised.value == pytest.approx(score)


def test_without_a_good_direction_there_is_no_normalised_score(rows: dict[str, Row]) -> None:
    for name in ("loudness_lufs", "true_peak_dbtp", "diversity", "real_time_factor"):
        assert math.isnan(rows[name].normalised.value)


def test_a_further_system_has_normalised_scores_of_its_own(rows: dict[str, Row]) -> None:
    for name in ("chroma_true", "chord", "apa"):
        assert set(rows[name].others) == {"louder"}
        assert rows[name].others["louder"].value == pytest.approx(1, abs=0.02)
    assert math.isnan(rows["loudness_lufs"].others["louder"].value)
    plain = rows_to_json([rows["chord"]])["chord"]
    assert plain["normalised louder"]["value"] == rows["chord"].others["louder"].value


def test_adherence_to_a_given_sheet_is_not_normalised(rows: dict[str, Row]) -> None:
    """The true accompaniment need not follow a sheet that was estimated."""
    row = rows["sheet_chord"]
    assert row.values[TRUE].value > row.values[MISMATCHED].value + 0.1
    assert math.isnan(row.normalised.value)


def test_groups_of_three_or_more_songs_have_tables(measurements: Measurements) -> None:
    tables = aggregate_groups(measurements, ["a", "b", "a", "a", ""])
    assert list(tables) == ["a (3)"]
    table = {row.metric: row for row in tables["a (3)"]}
    assert not set(table) & {metric.name for metric in SET_METRICS}
    true = [measurements.systems[TRUE][song].metrics["chord"] for song in (0, 2, 3)]
    assert table["chord"].values[TRUE].value == pytest.approx(np.mean(true))


def test_rows_become_valid_json_with_null_for_unknown(rows: dict[str, Row]) -> None:
    plain = json.loads(json.dumps(rows_to_json(list(rows.values())), allow_nan=False))
    assert plain["chord"]["true"]["value"] == rows["chord"].values[TRUE].value
    assert plain["loudness_lufs"]["normalised"] == {"value": None, "low": None, "high": None}


def test_distances_become_rows_without_intervals() -> None:
    (row,) = make_distance_rows({"fad_clap": {"generated": 0.5}})
    assert (row.metric, row.better, row.values["generated"].value) == ("fad_clap", "lower", 0.5)
    assert math.isnan(row.values["generated"].low) and math.isnan(row.normalised.value)
