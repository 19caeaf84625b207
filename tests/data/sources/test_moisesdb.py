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


def make_song(root, write_tone, uuid="0c9e", tracks=TRACKS, **lengths):
    folder = root / "moisesdb_v0.1" / uuid
    tones = {}
    stems = {}
    for stem, kind, name, pitch in tracks:
        tones[name] = write_tone(
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
    return tones


def test_tracks_are_summed_into_vocal_and_accompaniment(tmp_path, write_tone, read_all):
    tones = make_song(tmp_path, write_tone, k1=0.2)
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
    truth = (tones["v1"] + tones["v2"]).expand(2, -1)
    torch.testing.assert_close(read_all(stems.vocal), truth, atol=1e-4, rtol=0)
    keys = torch.nn.functional.pad(tones["k1"], (0, tones["b1"].shape[-1] - tones["k1"].shape[-1]))
    truth = (tones["b1"] + keys).expand(2, -1)
    torch.testing.assert_close(read_all(stems.accompaniment), truth, atol=1e-4, rtol=0)
    assert [song.name for song in MoisesDBSource(tmp_path / "moisesdb_v0.1").songs()] == ["0c9e"]


def test_the_state_changes_with_a_track(tmp_path, write_tone):
    make_song(tmp_path, write_tone)
    (song,) = MoisesDBSource(tmp_path).songs()
    before = song.state()
    write_tone(song.folder / "bass" / "b1.wav", seconds=0.5)
    assert song.state() not in (before, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "data.json: No such file"),
        ("{", "not in MoisesDB's format"),
        ("[]", "not in MoisesDB's format"),
        ('{"stems": [{"stemName": "vocals"}]}', "not in MoisesDB's format.*tracks"),
        (
            '{"stems": [{"stemName": "vocals", "tracks": [{"id": "\\u0000", "extension": ""}]}]}',
            "1 tracks of vocals and 0 others",
        ),
        ('{"stems": []}', "0 tracks of vocals and 0 others"),
    ],
)
def test_unusable_songs_are_listed_and_reported(tmp_path, write_tone, text, message):
    make_song(tmp_path, write_tone)
    folder = tmp_path / "moisesdb_v0.1" / "bad"
    folder.mkdir()
    if text is not None:
        (folder / "data.json").write_text(text)
    song, bad = MoisesDBSource(tmp_path).songs()
    assert bad.name == "bad" and song.load()
    assert isinstance(bad.state(), str)
    with pytest.raises(SamuelError, match=message):
        bad.load()


def test_an_instrumental_is_refused(tmp_path, write_tone):
    make_song(tmp_path, write_tone, tracks=TRACKS[2:])
    (song,) = MoisesDBSource(tmp_path).songs()
    with pytest.raises(SamuelError, match="'0c9e': 0 tracks of vocals and 2 others"):
        song.load()


def test_a_folder_without_songs_is_refused(tmp_path):
    (tmp_path / "thing").mkdir()
    with pytest.raises(SamuelError, match="no song among 1 folders"):
        MoisesDBSource(tmp_path).songs()
