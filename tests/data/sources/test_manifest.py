import json
import os

import pytest
import torch

from samuel_gen.data.sources.manifest import ManifestSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError


def list_songs(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ManifestSource(path).songs()


@pytest.fixture
def pair(tmp_path, write_tone):
    vocal = write_tone(tmp_path / "tracks" / "my vocal 🎵.wav", 440)
    accompaniment = write_tone(tmp_path / "tracks" / "others.flac", 100)
    return vocal, accompaniment


def format_rows(kind, rows):
    if kind == "jsonl":
        return "\n\n".join(json.dumps(row) for row in rows) + "\n"
    columns = list(rows[0])
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    return "\ufeff" + "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_each_row_is_a_song(tmp_path, pair, read_all, kind):
    vocal, others = "tracks/my vocal 🎵.wav", tmp_path / "tracks" / "others.flac"
    first = {
        "vocal": vocal,
        "accompaniment": str(others),
        "name": "one",
        "split": "test",
        "bpm": "9",
    }
    songs = list_songs(
        tmp_path / f"songs.{kind}",
        format_rows(kind, [first, {k: first[k] for k in list(first)[:2]}]),
    )
    assert isinstance(ManifestSource(tmp_path), Source) and isinstance(songs[0], SongItem)
    assert [(song.name, song.split) for song in songs] == [
        ("one", "test"),
        ("tracks/my vocal 🎵", None),
    ]
    assert [song.load().metadata for song in songs] == [{"bpm": "9"}, {}]
    stems = songs[1].load()
    torch.testing.assert_close(read_all(stems.vocal), pair[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(read_all(stems.accompaniment), pair[1], atol=1e-4, rtol=0)
    before = songs[0].state()
    os.utime(others, ns=(0, 1))
    assert songs[0].state() != before


def test_relative_paths_start_from_the_manifest(tmp_path, pair, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (song,) = list_songs(
        tmp_path / "songs.csv", "vocal,accompaniment\ntracks/my vocal 🎵.wav,tracks/others.flac\n"
    )
    assert song.load().vocal.samples == pair[0].shape[-1]


def test_wrong_rows_are_reported_with_their_line(tmp_path):
    text = (
        'vocal,accompaniment,split,"no\nte"\n'
        "v.wav,b.wav,,\n"
        '"v\n.wav",b.wav,train,x\n'
        "v.wav,,,\n"
        "\n"
        "v.wav,b.wav,dev,\n"
        "v.wav,b.wav\n"
        "gone.wav,b.wav,,\n"
    )
    songs = list_songs(tmp_path / "songs.csv", text)
    assert [song.name for song in songs] == [
        "v",
        "v\n",
        "songs.csv, line 6",
        "songs.csv, line 8",
        "songs.csv, line 9",
        "gone",
    ]
    for song, message in (
        (songs[2], "songs.csv, line 6: accompaniment is ''"),
        (songs[3], "songs.csv, line 8: split 'dev' is not train, validation, test or empty"),
        (songs[4], "songs.csv, line 9: 2 cells instead of 4"),
        (songs[5], "gone.wav: no such file"),
    ):
        with pytest.raises(SamuelError, match=message) as raised:
            song.load()
        assert "\n" not in str(raised.value)


def test_wrong_lines_of_json_are_reported_with_their_line(tmp_path):
    good = (
        '{"vocal": "v.wav", "accompaniment": "b.wav", "name": 7, "tags": ["\\ud800", 1, {"b": 2}]}'
    )
    bad = [
        "{",
        "[1]",
        '{"vocal": "v.wav"}',
        '{"vocal": 3, "accompaniment": "b.wav"}',
        '{"vocal": "\\u0000", "accompaniment": "b.wav"}',
        '{"vocal": "\\ud800", "accompaniment": "b.wav"}',
        '{"vocal": "v.wav", "accompaniment": "b.wav", "level": NaN}',
        '{"vocal": "v.wav", "accompaniment": "b.wav", "split": ["train"]}',
    ]
    songs = list_songs(tmp_path / "songs.jsonl", "\n".join([good, *bad]))
    assert songs[0].name == "7" and songs[0].metadata == {"tags": ["\\ud800", 1, {"b": 2}]}
    for line, song in enumerate(songs[1:], start=2):
        with pytest.raises(SamuelError, match=f"songs.jsonl, line {line}: ") as raised:
            song.load()
        assert "\n" not in str(raised.value) and str(raised.value).encode()
    assert len(songs) == 1 + len(bad)


def test_unusable_manifests_are_refused(tmp_path):
    for name, text, message in (
        ("a.csv", "vocals,others\nv,b\n", "line 1: no column vocal or accompaniment"),
        ("a.csv", 'vocal,accompaniment\nv,b\n"v,b\nv,b\n', "line 3: unexpected end of data"),
        ("a.csv", "vocal,accompaniment\n", "no row"),
        ("a.csv", b"\xff\xfev\0o\0", "no column"),
        ("a.jsonl", "", "no row"),
        ("a.xlsx", "", "not a .csv or .jsonl file"),
    ):
        with pytest.raises(SamuelError, match=message) as raised:
            list_songs(tmp_path / name, text)
        assert "\n" not in str(raised.value)
    with pytest.raises(SamuelError, match="gone.csv: No such file"):
        ManifestSource(tmp_path / "gone.csv").songs()


def test_a_name_that_is_not_text_is_made_readable(tmp_path, write_tone):
    write_tone(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    text = b"vocal,accompaniment,place\ncaf\xe9.wav,caf\xe9.wav,caf\xe9\n"
    (song,) = list_songs(tmp_path / "songs.csv", text)
    assert song.name == "caf\\udce9" and song.load().metadata == {"place": "caf\\udce9"}
