from collections import Counter

import pytest
import torch

from samuel_gen.data.load.crops import CANDIDATES, RandomCrops, WindowCrops
from samuel_gen.data.load.loader import Share
from samuel_gen.diffusion.denoiser import Vocal


class Ramp:
    """Latents that say where they come from: song in channel 0, frame in 1, version in 2."""

    def __init__(self, lengths, versions=None, sung=lambda place: 1.0):
        self.lengths = lengths
        self.versions = versions or [1] * len(lengths)
        self.sung = sung

    def read(self, places, frames):
        latents = torch.zeros(len(places), 3, frames)
        for item, place in zip(latents, places, strict=True):
            item[0, : place.frames] = place.song
            item[1, : place.frames] = torch.arange(place.start, place.stop)
            item[2, : place.frames] = place.version
        return Vocal.of(latents, torch.zeros(len(places), 14, frames)), -latents


def share(*items):
    return Share(items, 2 * len(items))


def test_every_song_as_often_as_every_other_in_each_epoch():
    crops = RandomCrops(Ramp([50, 60, 70, 20, 33]), crop_frames=32, crops_per_song=3)
    for epoch in range(3):
        songs = [crops.place(epoch * len(crops) + at).song for at in range(len(crops))]
        assert Counter(songs) == dict.fromkeys(range(5), 3)


def test_crops_lie_anywhere_inside_their_song():
    crops = RandomCrops(Ramp([40]), crop_frames=32, crops_per_song=400)
    places = [crops.place(index) for index in range(400)]
    assert {place.start for place in places} == set(range(9))
    assert {place.frames for place in places} == {32}


def test_epochs_and_seeds_differ_in_places_not_only_in_order():
    def places(first, seed=0):
        crops = RandomCrops(Ramp([500] * 4), crop_frames=32, crops_per_song=8, seed=seed)
        return sorted((p.song, p.start) for p in map(crops.place, range(first, first + 32)))

    assert places(0) == places(0) != places(32)
    assert places(0) != places(0, seed=1)


def test_a_batch_is_what_lies_there():
    reader = Ramp([500, 20, 90])
    crops = RandomCrops(reader, crop_frames=32, crops_per_song=2)
    batch = crops[share(7, 9, 4)]
    places = [crops.place(index) for index in (7, 9, 4)]
    vocal, accompaniment = reader.read(places, 32)
    assert torch.equal(batch.vocal.latents, vocal.latents)
    assert torch.equal(batch.accompaniment, accompaniment)
    assert batch.valid_frames.tolist() == [32, 20, 32]
    assert batch.index.tolist() == [7, 9, 4] and batch.global_items == 6 and len(batch) == 3


def test_each_version_of_a_voice_has_its_turn_in_training_and_only_the_original_in_validation():
    reader = Ramp([100, 100], versions=[3, 1])
    crops = RandomCrops(reader, crop_frames=32, crops_per_song=300)
    versions = Counter((p.song, p.version) for p in map(crops.place, range(600)))
    assert set(versions) == {(0, 0), (0, 1), (0, 2), (1, 0)}
    assert min(versions.values()) > 60
    assert {place.version for place in WindowCrops(reader, 32, 3).places} == {0}


def test_a_crop_lies_where_somebody_sings():
    """Only frames 400 to 440 of 500 are sung; whoever looks finds more of them."""

    def sung(place):
        return max(0, min(440, place.stop) - max(400, place.start)) / place.frames

    def places(least):
        crops = RandomCrops(Ramp([500], sung=sung), 32, 400, sung=least)
        return [crops.place(index) for index in range(400)]

    blind, looking = places(0.0), places(0.5)
    found = [sum(sung(place) >= 0.5 for place in some) / 400 for some in (blind, looking)]
    assert found[0] == pytest.approx(0.09, abs=0.04)
    assert found[1] == pytest.approx(1 - 0.91**CANDIDATES, abs=0.08)
    assert looking == places(0.5)


def test_the_first_place_that_is_good_enough_is_taken_else_the_best():
    crops = RandomCrops(Ramp([500], sung=lambda place: place.start / 500), 32, 50)
    starts = [[crops.place(index).start] for index in range(50)]
    crops.sung = 1.0
    best = [crops.place(index).start for index in range(50)]
    crops.sung = 0.01
    first = [crops.place(index).start for index in range(50)]
    assert all(one >= any_[0] for one, any_ in zip(best, starts, strict=True))
    agree = [one == any_[0] for one, any_ in zip(first, starts, strict=True)]
    assert sum(agree) > 45 and sum(best) > 1.3 * sum(first)


def test_windows_lie_side_by_side_and_cover_every_song():
    crops = WindowCrops(Ramp([100, 31, 32, 320]), crop_frames=32, most=4)
    assert [(place.song, place.start) for place in crops.places] == [
        (0, 0), (0, 32), (0, 64), (1, 0), (2, 0), (3, 0), (3, 96), (3, 192), (3, 288),
    ]  # fmt: skip
    assert [crops.places[index].frames for index in (0, 3, 8)] == [32, 31, 32]


def test_the_other_voice_is_another_songs_however_items_are_batched():
    crops = WindowCrops(Ramp([320, 64, 100]), crop_frames=32, most=10)
    others = {}
    for items in ([0, 1, 2, 3, 4], [4, 0], [13, 14], [14], range(15)):
        batch = crops[share(*items)]
        assert (batch.other_vocal.latents[:, 0] != batch.vocal.latents[:, 0]).any(1).all()
        for item, latents in zip(items, batch.other_vocal.latents, strict=True):
            assert torch.equal(others.setdefault(item, latents), latents)
    assert len({place.song for place in map(crops.other, range(15))}) == 3


def test_a_split_of_one_song_has_only_its_own_voice():
    crops = WindowCrops(Ramp([96]), crop_frames=32, most=3)
    assert [crops.other(index).song for index in range(3)] == [0, 0, 0]


def test_a_batch_moves_as_one():
    batch = WindowCrops(Ramp([9, 4]), 9, 1)[share(0, 1)]
    moved = batch.to("meta")
    vocals = [moved.vocal, moved.other_vocal]
    parts = [part for vocal in vocals for part in (vocal.latents, vocal.melody)]
    parts += [part for vocal in vocals for part in (vocal.latents_given, vocal.melody_given)]
    parts += [moved.accompaniment, moved.valid_frames, moved.index]
    assert all(part.device.type == "meta" for part in parts)
    assert type(moved) is type(batch) and moved.global_items == 4
    assert batch.valid_frames.tolist() == [9, 4]


@pytest.mark.gpu
def test_a_batch_is_pinned():
    batch = WindowCrops(Ramp([9, 4]), 9, 1)[share(0, 1)].pin_memory()
    assert batch.accompaniment.is_pinned() and batch.other_vocal.melody_given.is_pinned()
