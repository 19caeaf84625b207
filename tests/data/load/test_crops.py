from collections import Counter

import pytest
import torch

from samuel_gen.data.load.crops import CANDIDATES, RandomCrops, WindowCrops
from samuel_gen.data.load.loader import Share
from samuel_gen.diffusion.denoiser import Vocal


class NumberedSongs:
    """Latents that hold their position: the song in channel 0, frame in 1, version in 2."""

    def __init__(self, lengths, versions=None, sung_share=lambda place: 1.0):
        self.lengths = lengths
        self.versions = versions or [1] * len(lengths)
        self.sung_share = sung_share

    def read(self, places, frames):
        latents = torch.zeros(len(places), 3, frames)
        for item, place in zip(latents, places, strict=True):
            item[0, : place.frames] = place.song
            item[1, : place.frames] = torch.arange(place.start, place.stop)
            item[2, : place.frames] = place.version
        return Vocal.of(latents, torch.zeros(len(places), 14, frames)), -latents


def make_share(*items):
    return Share(items, 2 * len(items))


def test_every_song_is_used_equally_often_in_each_epoch():
    crops = RandomCrops(NumberedSongs([50, 60, 70, 20, 33]), crop_frames=32, crops_per_song=3)
    for epoch in range(3):
        songs = [crops.place(epoch * len(crops) + at).song for at in range(len(crops))]
        assert Counter(songs) == dict.fromkeys(range(5), 3)


def test_crops_lie_anywhere_inside_their_song():
    crops = RandomCrops(NumberedSongs([40]), crop_frames=32, crops_per_song=400)
    places = [crops.place(index) for index in range(400)]
    assert {place.start for place in places} == set(range(9))
    assert {place.frames for place in places} == {32}


def test_epochs_and_seeds_differ_in_positions_not_only_in_order():
    def places(first, seed=0):
        crops = RandomCrops(NumberedSongs([500] * 4), crop_frames=32, crops_per_song=8, seed=seed)
        return sorted((p.song, p.start) for p in map(crops.place, range(first, first + 32)))

    assert places(0) == places(0) != places(32)
    assert places(0) != places(0, seed=1)


def test_a_batch_holds_the_latents_at_its_places():
    reader = NumberedSongs([500, 20, 90])
    crops = RandomCrops(reader, crop_frames=32, crops_per_song=2)
    batch = crops[make_share(7, 9, 4)]
    places = [crops.place(index) for index in (7, 9, 4)]
    vocal, accompaniment = reader.read(places, 32)
    assert torch.equal(batch.vocal.latents, vocal.latents)
    assert torch.equal(batch.accompaniment, accompaniment)
    assert batch.valid_frames.tolist() == [32, 20, 32]
    assert batch.index.tolist() == [7, 9, 4] and batch.global_items == 6 and len(batch) == 3


def test_training_draws_from_all_vocals_and_validation_uses_the_original():
    reader = NumberedSongs([100, 100], versions=[3, 1])
    crops = RandomCrops(reader, crop_frames=32, crops_per_song=300)
    versions = Counter((p.song, p.version) for p in map(crops.place, range(600)))
    assert set(versions) == {(0, 0), (0, 1), (0, 2), (1, 0)}
    assert min(versions.values()) > 60
    assert {place.version for place in WindowCrops(reader, 32, 3).places} == {0}


def test_crops_with_enough_singing_are_preferred():
    """Only frames 400 to 440 of 500 are sung."""

    def sung_share(place):
        return max(0, min(440, place.stop) - max(400, place.start)) / place.frames

    def draw_places(least):
        crops = RandomCrops(
            NumberedSongs([500], sung_share=sung_share), 32, 400, min_sung_share=least
        )
        return [crops.place(index) for index in range(400)]

    any_place, sung = draw_places(0.0), draw_places(0.5)
    found = [sum(sung_share(x) >= 0.5 for x in places) / 400 for places in (any_place, sung)]
    assert found[0] == pytest.approx(0.09, abs=0.04)
    assert found[1] == pytest.approx(1 - 0.91**CANDIDATES, abs=0.08)
    assert sung == draw_places(0.5)


def test_the_first_sufficient_place_is_taken_else_the_best():
    crops = RandomCrops(NumberedSongs([500], sung_share=lambda place: place.start / 500), 32, 50)
    drawn = [crops.place(index).start for index in range(50)]
    crops.min_sung_share = 1.0
    best = [crops.place(index).start for index in range(50)]
    crops.min_sung_share = 0.01
    first = [crops.place(index).start for index in range(50)]
    assert all(one >= other for one, other in zip(best, drawn, strict=True))
    agree = [one == other for one, other in zip(first, drawn, strict=True)]
    assert sum(agree) > 45 and sum(best) > 1.3 * sum(first)


def test_windows_are_adjacent_and_cover_every_song():
    crops = WindowCrops(NumberedSongs([100, 31, 32, 320]), crop_frames=32, max_windows=4)
    assert [(place.song, place.start) for place in crops.places] == [
        (0, 0), (0, 32), (0, 64), (1, 0), (2, 0), (3, 0), (3, 96), (3, 192), (3, 288),
    ]  # fmt: skip
    assert [crops.places[index].frames for index in (0, 3, 8)] == [32, 31, 32]


def test_the_other_vocal_is_of_another_song_in_any_batch():
    crops = WindowCrops(NumberedSongs([320, 64, 100]), crop_frames=32, max_windows=10)
    others = {}
    for items in ([0, 1, 2, 3, 4], [4, 0], [13, 14], [14], range(15)):
        batch = crops[make_share(*items)]
        assert (batch.other_vocal.latents[:, 0] != batch.vocal.latents[:, 0]).any(1).all()
        for item, latents in zip(items, batch.other_vocal.latents, strict=True):
            assert torch.equal(others.setdefault(item, latents), latents)
    assert len({place.song for place in map(crops.other_place, range(15))}) == 3


def test_in_a_split_of_one_song_the_other_vocal_is_its_own():
    crops = WindowCrops(NumberedSongs([96]), crop_frames=32, max_windows=3)
    assert [crops.other_place(index).song for index in range(3)] == [0, 0, 0]
