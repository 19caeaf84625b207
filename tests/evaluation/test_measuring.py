"""The loop over songs and systems, and its table, with systems whose place is known."""

import json
import math

import numpy as np
import pytest
import torch

from samuel_gen.audio.recording import Sound
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.measuring import (
    CODEC,
    GENERATED,
    MISMATCHED,
    NOISE,
    SILENCE,
    TRUE,
    Measured,
    fitted,
    measure,
)
from samuel_gen.evaluation.optional import EXTRAS
from samuel_gen.evaluation.songs import TestSong, chosen, loaded, names_hash
from samuel_gen.evaluation.summary import SET_METRICS, Row, by_group, summary, to_plain
from samuel_gen.evaluation.summary_table import SYSTEMS, explained, markdown, write_csv

ITEMS = RenderedSource(songs=5, seconds=13.0, seed=3).songs()


def round_trip(band: torch.Tensor, rate: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A codec that loses nothing and whose latents are levels."""
    frames = band[:, : band.shape[1] // 2048 * 2048].unflatten(1, (-1, 2048))
    return band, frames.square().mean(2).sqrt()


@pytest.fixture(scope="module")
def measured() -> Measured:
    """A system that plays the true band for seed 0, and noise for seed 1."""

    def generate(song: TestSong) -> list[torch.Tensor]:
        noise = torch.randn(song.band.shape, generator=torch.Generator().manual_seed(9))
        return [song.band, 0.1 * noise]

    return measure(loaded(ITEMS, None), generate, round_trip)


@pytest.fixture(scope="module")
def rows(measured: Measured) -> dict[str, Row]:
    return {row.metric: row for row in summary(measured)}


def test_every_system_has_a_part_for_each_song_and_seed(measured: Measured) -> None:
    assert measured.names == [item.name for item in ITEMS]
    assert list(measured.parts) == list(SYSTEMS)
    assert [len(measured.parts[name]) for name in SYSTEMS] == [10, 5, 5, 5, 5, 5]
    assert [part.song for part in measured.parts[GENERATED]] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert measured.seconds == pytest.approx(5 * 2 * 13.0) and measured.generation_seconds > 0


def test_who_plays_half_truth_half_noise_stands_half_way(rows: dict[str, Row]) -> None:
    for name in ("chroma_true", "chord", "onset_f", "scale"):
        values = {system: interval.value for system, interval in rows[name].values.items()}
        assert values[GENERATED] == pytest.approx((values[TRUE] + values[NOISE]) / 2, abs=0.02)
        assert values[CODEC] == values[TRUE]  # of this codec
        assert values[TRUE] > values[MISMATCHED] + 0.1
        zero, one = values[MISMATCHED], values[TRUE]
        place = (values[GENERATED] - zero) / (one - zero)
        assert rows[name].normalised.value == pytest.approx(place)
        assert rows[name].normalised.low <= place <= rows[name].normalised.high


def test_anchors_of_sets_stand_where_they_must(rows: dict[str, Row]) -> None:
    apa = rows["apa"].values
    assert apa[TRUE].value == 1 and apa[MISMATCHED].value < 0.5
    for name in ("frechet_spectral", "frechet_latent"):
        values = rows[name].values
        assert values[TRUE].value == pytest.approx(0, abs=1e-6)
        assert values[SILENCE].value > 0 and values[NOISE].value > 0
    assert rows["retrieval"].values[TRUE].value > rows["retrieval"].values[MISMATCHED].value
    assert rows["retrieval"].values[SILENCE].value == pytest.approx(1 / 5)
    assert rows["diversity"].values[GENERATED].value > 0.5  # noise for one seed, music for another
    assert set(rows["diversity"].values) == set(rows["real_time_factor"].values) == {GENERATED}


def test_what_has_no_good_direction_has_no_place(rows: dict[str, Row]) -> None:
    for name in ("loudness_lufs", "true_peak_dbtp", "diversity", "real_time_factor"):
        assert math.isnan(rows[name].normalised.value)


def test_the_table_the_csv_and_the_json_hold_it(measured, rows, tmp_path) -> None:
    text = markdown(list(rows.values()))
    lines = text.splitlines()
    assert len(lines) == len(rows) + 2 and all(line.count("|") == 10 for line in lines)
    assert len(explained()) == len(rows) + sum(map(len, EXTRAS.values()))
    write_csv(measured, tmp_path / "m.csv")
    csv = (tmp_path / "m.csv").read_text().splitlines()
    assert len(csv) == 1 + 35 and csv[0].startswith("system,song,style,pace,seed,key")
    plain = json.loads(json.dumps(to_plain(list(rows.values())), allow_nan=False))
    assert plain["chord"]["true"]["value"] == rows["chord"].values[TRUE].value
    assert plain["loudness_lufs"]["normalised"]["value"] is None


def test_groups_of_three_or_more_have_tables_of_their_own(measured: Measured) -> None:
    groups = by_group(measured, ["a", "b", "a", "a", ""])
    assert list(groups) == ["a (3)"]
    found = {row.metric: row for row in groups["a (3)"]}
    assert not set(found) & {metric.name for metric in SET_METRICS}
    own = [measured.parts[TRUE][song].figures["chord"] for song in (0, 2, 3)]
    assert found["chord"].values[TRUE].value == pytest.approx(np.mean(own))


def test_a_foreign_band_is_fitted_to_the_song() -> None:
    song = next(iter(loaded(ITEMS[:1], 5.0)))
    band = torch.randn(2, 22_050)
    found = fitted(band, 22_050, song)
    assert found.shape == song.band.shape == (2, 5 * 44_100)
    assert torch.allclose(found[:, 44_100 : 2 * 44_100], found[:, :44_100])


class Item:
    def __init__(self, name: str, split: str | None, rate: int = 8000) -> None:
        self.name, self.split = name, split

    def state(self) -> str:
        return ""

    def load(self):
        raise NotImplementedError


def test_the_songs_are_those_of_the_test_split() -> None:
    told = [Item(f"{n}", split) for n, split in enumerate(["train", "test", "test", "test"])]
    assert [item.name for item in chosen(told, None)] == ["1", "2", "3"]
    untold = [Item(f"{n}", None) for n in range(4)]
    assert len(chosen(untold, None)) == 4
    assert [item.name for item in chosen(untold, frozenset("120"))] == ["0", "1", "2"]
    with pytest.raises(SamuelError, match="2 test songs; expected three or more"):
        chosen(untold, frozenset("12"))
    assert names_hash(untold) == names_hash(untold[::-1]) != names_hash(untold[1:])


def test_songs_are_cut_and_filled_to_the_voices_length() -> None:
    class Short(Item):
        def load(self):
            from samuel_gen.data.sources.song import Stems

            return Stems(Sound(torch.ones(1, 30_000), 8000), Sound(torch.ones(2, 16_000), 4000))

    (song,) = loaded([Short("a", None)], None)
    assert song.vocal.shape == song.band.shape == (2, 30_000) and song.score is None
    (song,) = loaded([Short("a", None)], 2.0)
    assert song.vocal.shape == song.band.shape == (2, 16_000)
    assert (song.style, song.pace) == ("", "")
