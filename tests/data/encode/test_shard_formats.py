import json

import numpy as np
import pytest
import torch
from safetensors.torch import load

from samuel_gen.data.encode.shard_formats import FORMATS, get_shard_format
from samuel_gen.data.encode.song import EncodedSong, SongFacts
from samuel_gen.errors import SamuelError


def make_song(number, frames):
    generator = torch.Generator().manual_seed(number)
    widths = {"vocal": 6, "accompaniment": 6, "melody": 14, "activity": 1, "vocal.1": 6}
    tensors = {
        name: torch.randn(frames, width, generator=generator).half()
        for name, width in widths.items()
    }
    return EncodedSong(SongFacts(frames, 0.0, "", "", {"number": number, "ä": "🎤"}), tensors)


@pytest.fixture
def songs():
    return {7: make_song(7, 9), 3: make_song(3, 5), 12: make_song(12, 1)}


@pytest.mark.parametrize("name", FORMATS)
def test_tensors_lie_at_their_offsets(songs, name):
    if name == "litdata":
        pytest.importorskip("litdata")
    content, offsets = get_shard_format(name).lay_out(songs)
    assert offsets.keys() == songs.keys()
    for number, song in songs.items():
        assert offsets[number].keys() == song.tensors.keys()
        for kind, values in song.tensors.items():
            start = offsets[number][kind]
            rows = np.frombuffer(content[start : start + values.nbytes], "<f2")
            np.testing.assert_array_equal(rows.reshape(values.shape), values.numpy())


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_songs_give_the_same_bytes(songs, name):
    if name == "litdata":
        pytest.importorskip("litdata")
    assert get_shard_format(name).lay_out(songs) == get_shard_format(name).lay_out(songs)


def test_safetensors_reads_the_shard(songs):
    content, _ = get_shard_format("safetensors").lay_out(songs)
    tensors = load(content)
    assert torch.equal(tensors["3/melody"], songs[3].tensors["melody"])
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert json.loads(header["__metadata__"]["songs"])["12"] == {"number": 12, "ä": "🎤"}


def test_an_unknown_format_is_refused():
    with pytest.raises(SamuelError, match="format=zip: no such format; use safetensors or litdata"):
        get_shard_format("zip")
