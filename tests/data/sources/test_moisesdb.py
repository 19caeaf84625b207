import json

import pytest
import torch

from samuel_gen.data.sources.moisesdb import MoisesDBSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError

TRACKS = [
    ("vocals", "lead female singer", "v1", 440),
    ("vocals", "background vocals", "v2", 550),
    ("other_keys", "synth pad", "k1", 300),
    ("bass", "bass guitar", "b1", 50),
]


def make(root, put, uuid="0c9e", tracks=TRACKS, **lengths):
    folder = root / "moisesdb_v0.1" / uuid
    made = {}
    stems = {}
    for stem, kind, name, pitch in tracks:
        made[name] = put(
            folder / stem / f"{name}.wav", pitch, seconds=lengths.get(name, 0.4), channels=1
        )
        track = {"id": name, "trackType": kind, "extension": "wav", "has_bleed": False}
        stems.setdefault(stem, []).append(track)
    about = {
        "song": "Blue",
        "artist": "Zed",
        "genre": "rock",
        "stems": [{"id": "x", "stemName": stem, "tracks": t} for stem, t in stems.items()],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.json").write_text(json.dumps(about))
    return made


def test_tracks_are_summed_into_the_vocal_and_the_rest(tmp_path, put, heard):
    made = make(tmp_path, put, k1=0.2)
    source = MoisesDBSource(tmp_path)
    (song,) = source.songs()
    assert isinstance(source, Source) and isinstance(song, SongItem)
    assert (song.name, song.split) == ("0c9e", None)
    stems = song.load()
    assert stems.metadata == {
        "artist": "Zed",
        "song": "Blue",
        "genre": "rock",
        "stems": ["bass", "other_keys", "vocals"],
    }
    truth = (made["v1"] + made["v2"]).expand(2, -1)
    torch.testing.assert_close(heard(stems.vocal), truth, atol=1e-4, rtol=0)
    keys = torch.nn.functional.pad(made["k1"], (0, made["b1"].shape[-1] - made["k1"].shape[-1]))
    truth = (made["b1"] + keys).expand(2, -1)
    torch.testing.assert_close(heard(stems.accompaniment), truth, atol=1e-4, rtol=0)
    assert [song.name for song in MoisesDBSource(tmp_path / "moisesdb_v0.1").songs()] == ["0c9e"]


def test_the_state_changes_with_a_track(tmp_path, put):
    make(tmp_path, put)
    (song,) = MoisesDBSource(tmp_path).songs()
    before = song.state()
    put(song.folder / "bass" / "b1.wav", seconds=0.5)
    assert song.state() not in (before, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "data.json: No such file"),
        ("{", "not MoisesDB's form"),
        ("[]", "not MoisesDB's form"),
        ('{"stems": [{"stemName": "vocals"}]}', "not MoisesDB's form.*tracks"),
        (
            '{"stems": [{"stemName": "vocals", "tracks": [{"id": "\\u0000", "extension": ""}]}]}',
            "1 tracks of vocals and 0 others",
        ),
        ('{"stems": []}', "0 tracks of vocals and 0 others"),
    ],
)
def test_songs_in_which_something_is_wrong(tmp_path, put, text, message):
    make(tmp_path, put)
    folder = tmp_path / "moisesdb_v0.1" / "bad"
    folder.mkdir()
    if text is not None:
        (folder / "data.json").write_text(text)
    song, bad = MoisesDBSource(tmp_path).songs()
    assert bad.name == "bad" and song.load()
    assert isinstance(bad.state(), str)
    with pytest.raises(SamuelError, match=message):
        bad.load()


def test_an_instrumental_cannot_be_used(tmp_path, put):
    make(tmp_path, put, tracks=TRACKS[2:])
    (song,) = MoisesDBSource(tmp_path).songs()
    with pytest.raises(SamuelError, match="'0c9e': 0 tracks of vocals and 2 others"):
        song.load()


def test_no_song_at_all(tmp_path):
    (tmp_path / "thing").mkdir()
    with pytest.raises(SamuelError, match="no song among 1 folders"):
        MoisesDBSource(tmp_path).songs()
