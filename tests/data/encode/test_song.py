from dataclasses import replace

import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import TinySong

from samuel_gen.audio.augmentation import LevelDrift, Noise
from samuel_gen.data.encode.song import EncodedSong, SongFacts, digest_origin, encode_song
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.frames import beat_frames, chord_frames
from samuel_gen.lead_sheet.meter import FOUR_FOUR
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats
from samuel_gen.lead_sheet.text import parse_lead_sheet


def test_a_song_is_loaded_as_it_was_saved(tmp_path, codec):
    song = encode_song(TinySong("ä 🎤", 3), codec, [LevelDrift(6.0)])
    song.save(tmp_path / "song.safetensors")
    loaded = EncodedSong.load(tmp_path / "song.safetensors")
    assert loaded.facts == song.facts == SongFacts.load(tmp_path / "song.safetensors")
    assert loaded.tensors.keys() == song.tensors.keys()
    assert all(torch.equal(loaded.tensors[name], song.tensors[name]) for name in song.tensors)
    assert [path.name for path in tmp_path.iterdir()] == ["song.safetensors"]


@pytest.mark.parametrize("content", [None, b"", b"half a file"])
def test_a_missing_or_damaged_file_is_none(tmp_path, content):
    path = tmp_path / "song.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert SongFacts.load(path) is None and EncodedSong.load(path) is None


TENSORS = {"accompaniment": 6, "melody": 14, "activity": 1, "chords": 24, "beats": 6}


def test_tensors_have_a_row_per_frame(codec):
    song = encode_song(TinySong("s", seconds=1.5), codec, [Noise(10.0), Noise(20.0)])
    widths = {name: tensor.shape[1] for name, tensor in song.tensors.items()}
    vocals = {"vocal": 6, "vocal.1": 6, "vocal.2": 6}
    assert widths == {**vocals, **TENSORS}
    assert {len(tensor) for tensor in song.tensors.values()} == {song.facts.frames} == {47}


def test_a_song_keeps_its_lead_sheet_as_frames_and_as_text(codec):
    chords = (ChordChange(0, parse_chord("Dm")), ChordChange(2, parse_chord("G7/B")))
    sheet = LeadSheet(steady_beats(120, 0.1, 1.5), 1, FOUR_FOUR, chords, style="waltz")
    song = encode_song(TinySong("s", seconds=1.5, lead_sheet=sheet), codec)
    seconds = codec.hop_length / codec.sample_rate
    for tensor, frames in (("chords", chord_frames(sheet, 47, seconds)),) + (
        ("beats", beat_frames(sheet, 47, seconds)),
    ):
        torch.testing.assert_close(
            song.tensors[tensor].T.float(), torch.from_numpy(frames), atol=1e-3, rtol=0
        )
    assert song.facts.style == "waltz"
    assert parse_lead_sheet(song.facts.metadata["lead_sheet"]) == sheet


def test_an_augmented_vocal_depends_on_song_and_version_only(codec):
    twice = [Noise(10.0), Noise(10.0)]
    one, again = (encode_song(TinySong("a", 1), codec, twice) for _ in range(2))
    other = encode_song(TinySong("b", 1), codec, twice)
    assert torch.equal(one.tensors["vocal.1"], again.tensors["vocal.1"])
    assert not torch.equal(one.tensors["vocal.1"], one.tensors["vocal.2"])
    assert not torch.equal(one.tensors["vocal.1"], other.tensors["vocal.1"])


def test_latents_that_exceed_16_bits_are_refused(codec):
    codec = replace(codec)
    codec.weights = 1e9 * codec.weights
    with pytest.raises(SamuelError, match="song 's', vocal: latents exceed the 16-bit limit"):
        encode_song(TinySong("s"), codec)


def test_the_origin_changes_with_all_that_the_song_depends_on():
    item, codec = TinySong("song", 1), TinyCodec()
    origins = [
        digest_origin(item, codec),
        digest_origin(replace(item, number=2), codec),
        digest_origin(replace(item, edition="changed"), codec),
        digest_origin(item, TinyCodec(name="other")),
        digest_origin(item, codec, [Noise(10.0)]),
        digest_origin(item, codec, [Noise(20.0)]),
        digest_origin(item, codec, [LevelDrift(10.0)]),
    ]
    assert len(set(origins)) == len(origins)
    assert digest_origin(replace(item), TinyCodec()) == origins[0]


def test_the_origin_does_not_contain_the_class_of_an_augmentation():
    class Renamed(Noise):
        pass

    item, codec = TinySong("song", 1), TinyCodec()
    assert digest_origin(item, codec, [Renamed(9.0)]) == digest_origin(item, codec, [Noise(9.0)])
