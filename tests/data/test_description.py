import json
from importlib.metadata import version

import pytest

from samuel_gen.data.description import (
    DESCRIPTION,
    FORMAT_VERSION,
    read_description,
    write_description,
)
from samuel_gen.errors import SamuelError

PARTS = {
    "loudness_lufs": -20.0,
    "augmentations": [{"name": "noise", "version": 1, "decibels": 30.0}],
    "songs": [{"name": "Ä / 🎤\n"}, {"name": "b"}],
    "shards": [],
}


def change(folder, **changes):
    file = folder / DESCRIPTION
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes))


def test_reading_gives_what_was_written(tmp_path):
    write_description(tmp_path, PARTS)
    found = read_description(tmp_path)
    assert {key: found[key] for key in PARTS} == PARTS
    assert found["version"] == FORMAT_VERSION and found["written_by"] == version("samuel-gen")
    assert [path.name for path in tmp_path.iterdir()] == [DESCRIPTION]


def test_each_song_has_a_line(tmp_path):
    write_description(tmp_path, PARTS)
    lines = (tmp_path / DESCRIPTION).read_text("utf-8").splitlines()
    assert sum(line.startswith('{"name": ') for line in lines) == 3  # and one augmentation
    assert any("🎤" in line for line in lines)


def test_a_newer_version_names_its_writer(tmp_path):
    write_description(tmp_path, PARTS)
    change(tmp_path, version=FORMAT_VERSION + 1, written_by="9.8.7")
    with pytest.raises(
        SamuelError, match=rf"version {FORMAT_VERSION + 1}, written by samuel_gen 9\.8\.7; .*newer"
    ):
        read_description(tmp_path)
    change(tmp_path, written_by=None)
    with pytest.raises(SamuelError, match="written by a newer samuel_gen"):
        read_description(tmp_path)


def test_a_version_that_is_too_old_is_encoded_again(tmp_path):
    write_description(tmp_path, PARTS)
    change(tmp_path, version=1)
    with pytest.raises(SamuelError, match="version 1 can no longer be read; encode again"):
        read_description(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "[1]", '"words"', "{}"])
def test_files_of_another_kind(tmp_path, text):
    (tmp_path / DESCRIPTION).write_text(text)
    with pytest.raises(SamuelError, match="not the description of a data set"):
        read_description(tmp_path)


def test_a_change_that_is_still_json_breaks_the_checksum(tmp_path):
    write_description(tmp_path, PARTS)
    change(tmp_path, songs=[])
    with pytest.raises(SamuelError, match="checksum"):
        read_description(tmp_path)


def test_no_data_set(tmp_path):
    with pytest.raises(SamuelError, match="no dataset.json in it; .*samuel-encode output="):
        read_description(tmp_path)
    with pytest.raises(SamuelError, match="no such folder"):
        read_description(tmp_path / "nowhere")
