import json

import pytest
from tiny_codec import TinyCodec
from tiny_songs import TinySong, encode_songs, make_songs

from samuel_gen.data.encode.folder import (
    FolderInUseError,
    explain_disk_errors,
    lock_folder,
    open_existing,
)
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


def check(path, existing="refuse", suffix=".safetensors"):
    return open_existing(path, TinyCodec(), [], existing, suffix)


def test_new_and_interrupted_folders_need_no_permission(tmp_path):
    for existing in ("refuse", "extend", "replace"):
        assert check(tmp_path / "new", existing) is None
        for name in (".partial", ".dataset.json.partial", "skipped.csv", "test-00000.bin"):
            (tmp_path / name).touch()
            assert check(tmp_path, existing) is None


def test_a_finished_data_set_is_refused_extended_or_replaced(dataset_path):
    with pytest.raises(SamuelError, match="finished data set.*add=true.*overwrite=true"):
        check(dataset_path)
    dataset = check(dataset_path, "extend")
    assert dataset.songs == LatentDataset.open(dataset_path).songs
    assert check(dataset_path, "replace") is None
    with pytest.raises(SamuelError, match=r"end in \.safetensors, but this format writes \.bin"):
        check(dataset_path, "extend", suffix=".bin")


def test_folders_with_other_files_are_refused_and_stay_as_they_are(tmp_path, contents):
    (tmp_path / "letter.txt").write_text("dear")
    for existing in ("refuse", "extend"):
        with pytest.raises(SamuelError, match="letter.txt"):
            encode_songs(make_songs(0, 4), tmp_path, existing=existing)
    with pytest.raises(SamuelError, match="a file, not a folder"):
        encode_songs(make_songs(0, 4), tmp_path / "letter.txt")
    assert contents(tmp_path) == {"letter.txt": b"dear"}


def test_a_data_set_with_other_files_beside_it_can_be_extended(tmp_path):
    encode_songs(make_songs(0, 4), tmp_path)
    (tmp_path / "letter.txt").write_text("dear")
    assert encode_songs(make_songs(0, 5), tmp_path, existing="extend").songs == 1
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_replacing_starts_over_and_keeps_other_files(tmp_path, contents):
    out = tmp_path / "out"
    encode_songs([*make_songs(0, 6), TinySong("bad", broken=True)], out)
    (out / "letter.txt").write_text("dear")
    encode_songs(make_songs(0, 3), out, existing="replace")
    encode_songs(make_songs(0, 3), tmp_path / "fresh")
    assert contents(out) == {**contents(tmp_path / "fresh"), "letter.txt": b"dear"}


def test_leftovers_of_a_killed_encode_are_removed(tmp_path, contents):
    encode_songs(make_songs(0, 4), tmp_path / "fresh")
    (tmp_path / "out" / ".partial").mkdir(parents=True)
    for name in (".dataset.json.partial", "train-00007.safetensors", ".test-00000.bin.partial"):
        (tmp_path / "out" / name).touch()
    (tmp_path / "out" / ".partial" / ".abc.safetensors.123.partial").touch()
    encode_songs(make_songs(0, 4), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_a_folder_is_locked_once(tmp_path):
    with lock_folder(tmp_path / ".partial"):
        with pytest.raises(FolderInUseError, match="another samuel-encode is writing"):
            with lock_folder(tmp_path / ".partial"):
                pass
    with lock_folder(tmp_path / ".partial"):
        pass


def test_disk_errors_become_one_line(tmp_path):
    with pytest.raises(SamuelError, match="song.txt: No space left.*finished songs are kept"):
        with explain_disk_errors(tmp_path):
            raise OSError(28, "No space left on device", "song.txt")


def test_a_damaged_data_set_is_not_extended(tmp_path):
    encode_songs(make_songs(0, 3), tmp_path)
    file = tmp_path / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"songs": []}))
    with pytest.raises(SamuelError, match="checksum"):
        check(tmp_path, "extend")
