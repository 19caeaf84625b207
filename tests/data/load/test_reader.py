from dataclasses import replace

import pytest
import torch
from tiny_songs import TinySong

from samuel_gen.data.load.reader import Place, ShardReader
from samuel_gen.lead_sheet.frames import beat_frames, chord_frames


def test_crops_are_normalised_and_padded_with_zeros(dataset):
    reader = ShardReader(dataset, dataset.songs)
    vocal, accompaniment = reader.read([Place(1, 5, 25), Place(0, 0, 32)], 32)
    raw = dataset.read(dataset.songs[1], 5, 25)
    torch.testing.assert_close(
        vocal.latents[0, :, :20], dataset.vocal_normaliser.normalise(raw.vocal)
    )
    torch.testing.assert_close(
        accompaniment[0, :, :20], dataset.accompaniment_normaliser.normalise(raw.accompaniment)
    )
    assert torch.equal(vocal.melody[0, :, :20], raw.melody)
    for part in (vocal.latents, vocal.melody, accompaniment):
        assert part.shape[-1] == 32 and not part[0, :, 20:].any()


def test_the_lead_sheet_is_read_with_the_crop(dataset):
    reader = ShardReader(dataset, dataset.songs)
    vocal, _ = reader.read([Place(1, 5, 25), Place(0, 0, 32)], 32)
    seconds = dataset.codec_identity.hop_length / dataset.codec_identity.sample_rate
    for item, (song, start, stop) in enumerate([(1, 5, 25), (0, 0, 32)]):
        sheet = TinySong("", song, 1.5 + song / 10).plan()
        for view, make in (("chords", chord_frames), ("beats", beat_frames)):
            expected = torch.from_numpy(make(sheet, 60, seconds))[:, start:stop]
            read = getattr(vocal, view)[item, :, : stop - start]
            torch.testing.assert_close(read, expected, atol=1e-3, rtol=0)
    assert vocal.style.tolist() == [1, 0] and vocal.style_given.tolist() == [True, False]
    assert vocal.chords_given.all() and vocal.beats_given.all()


def test_a_song_without_a_sheet_has_it_withheld(dataset):
    song = dataset.songs[1]
    offsets = {
        name: place for name, place in song.offsets.items() if name not in ("chords", "beats")
    }
    bare = replace(song, offsets=offsets, style=None)
    vocal, _ = ShardReader(dataset, [bare, song]).read([Place(0, 0, 20), Place(1, 0, 20)], 20)
    assert vocal.chords_given.tolist() == vocal.beats_given.tolist() == [False, True]
    assert not vocal.chords[0].any() and not vocal.beats[0].any() and vocal.latents_given.all()


def test_the_requested_version_of_the_vocal_is_read(dataset):
    """In this song the second version is, byte for byte, the accompaniment."""
    song = dataset.split("train")[0]
    versions = {**song.offsets, "vocal.1": song.offsets["accompaniment"]}
    reader = ShardReader(dataset, [replace(song, offsets=versions)])
    assert reader.versions == [2]
    vocal, _ = reader.read([Place(0, 3, 20), Place(0, 3, 20, version=1)], 20)
    raw = dataset.read(song, 3, 20)
    for item, latents in enumerate((raw.vocal, raw.accompaniment)):
        expected = dataset.vocal_normaliser.normalise(latents)
        torch.testing.assert_close(vocal.latents[item, :, :17], expected)


def test_the_sung_share_is_the_mean_activity(dataset):
    reader = ShardReader(dataset, dataset.songs)
    for number, song in enumerate(dataset.songs):
        activity = dataset.read(song, 4, 30).activity
        share = reader.sung_share(Place(number, 4, 30))
        assert share == pytest.approx(float(activity.mean()), abs=1e-6)


def test_memory_is_reused_only_when_no_tensor_refers_to_it(dataset):
    reader = ShardReader(dataset, dataset.songs)
    held = reader.read([Place(0, 0, 20)], 20)[0].latents[0, 2:]
    kept = held.clone()
    address = held.data_ptr()
    others = [reader.read([Place(1, 0, 20)], 20)[0].latents for _ in range(3)]
    assert torch.equal(held, kept)
    used = {other[0, 2:].data_ptr() for other in others}
    assert address not in used and len(used) == 3
    del others, held
    assert reader.read([Place(1, 0, 20)], 20)[0].latents[0, 2:].data_ptr() in used | {address}
