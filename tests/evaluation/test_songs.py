"""The selection and loading of test songs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.songs import EvaluationSong, hash_names, load_songs, select_test_songs
from tests.evaluation.songs import make_sheet


class Item:
    """A song that is listed, and loaded as a short pair of stems of different rates."""

    def __init__(self, name: str, split: str | None = None) -> None:
        self.name, self.split, self.sheet = name, split, None

    def state(self) -> str:
        return ""

    def load(self) -> Stems:
        vocal = MemoryRecording(torch.ones(1, 30_000), 8000)
        return Stems(vocal, MemoryRecording(torch.ones(2, 10_000), 4000), lead_sheet=self.sheet)


def test_the_songs_are_those_of_the_test_split() -> None:
    split = [Item(f"{n}", split) for n, split in enumerate(["train", "test", "test", "test"])]
    assert [item.name for item in select_test_songs(split, None)] == ["1", "2", "3"]


def test_a_source_without_splits_is_used_completely() -> None:
    unsplit = [Item(f"{n}") for n in range(4)]
    assert len(select_test_songs(unsplit, None)) == 4
    assert [item.name for item in select_test_songs(unsplit, frozenset("120"))] == ["0", "1", "2"]


def test_fewer_than_three_songs_are_an_error() -> None:
    with pytest.raises(SamuelError, match="only 2 test songs; an evaluation needs three or more"):
        select_test_songs([Item(f"{n}") for n in range(4)], frozenset("12"))


def test_the_hash_depends_on_the_names_but_not_on_their_order() -> None:
    items = [Item(f"{n}") for n in range(4)]
    assert hash_names(items) == hash_names(items[::-1]) != hash_names(items[1:])


def test_songs_are_cut_or_padded_to_the_length_of_the_vocal() -> None:
    (song,) = load_songs([Item("a")], None)
    assert song.vocal.shape == song.accompaniment.shape == (2, 30_000) and song.lead_sheet is None
    assert song.accompaniment[:, 1000:19_000].min() > 0.9
    assert not song.accompaniment[:, 20_000:].any()  # it ends after 2.5 s
    (song,) = load_songs([Item("a")], 2.0)
    assert song.vocal.shape == song.accompaniment.shape == (2, 16_000)


def test_the_lead_sheet_is_that_of_the_stems() -> None:
    item = Item("a")
    item.sheet = make_sheet()
    (song,) = load_songs([item], None)
    assert song.lead_sheet == make_sheet()


@pytest.mark.parametrize(
    ("beats", "seconds", "pace"),
    # 85 and 115 beats per minute, and a little less
    [(17, 12, "medium"), (17, 12.01, "slow"), (23, 12, "fast"), (23, 12.01, "medium")],
)
def test_the_pace_is_the_class_of_the_tempo(beats: int, seconds: float, pace: str) -> None:
    silence = torch.zeros(2, 10)
    sheet = replace(make_sheet(), beats=tuple(np.linspace(0, seconds, beats + 1)))
    song = EvaluationSong("a", silence, silence, 8000, sheet)
    assert (song.style, song.pace) == ("pop", pace)
    unknown = replace(song, lead_sheet=None)
    assert (unknown.style, unknown.pace) == ("", "")
    assert replace(song, lead_sheet=replace(sheet, style=None)).style == ""


def test_what_is_odd_about_the_files_of_a_song_is_logged(caplog, monkeypatch) -> None:
    load = Item.load
    monkeypatch.setattr(Item, "load", lambda item: replace(load(item), notes=("a.wav: odd",)))
    list(load_songs([Item("a")], None))
    assert caplog.messages == ["a.wav: odd"]
