import os

import pytest
import torch

from samuel_gen.data.sources.files import (
    FilesItem,
    describe_state,
    find_sound_files,
    list_sound_files,
    list_subfolders,
    make_readable,
    open_stems,
    strip_suffix,
)
from samuel_gen.errors import SamuelError
from tests.audio.strange_files import state_length


@pytest.fixture
def tree(tmp_path, no_audio):
    """Sound files a.wav and deep/b.FLAC, other files, hidden ones, and links."""
    for name in (
        "a.wav",
        "deep/b.FLAC",
        "deep/notes.txt",
        ".hidden.wav",
        ".cache/c.wav",
        "skip/d.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    (tmp_path / "knot").symlink_to(tmp_path / "knot")
    return tmp_path


def test_sound_files_are_found_in_all_subfolders(tree):
    files, faults = find_sound_files(tree, "songs")
    assert files == ["a.wav", "deep/b.FLAC", "skip/d.wav"]
    assert [fault.name for fault in faults] == ["knot"]
    assert find_sound_files(tree, "songs", exclude=tree / "skip")[0] == files[:2]


def test_folders_and_sound_files_are_listed_by_name(tree):
    assert [path.name for path in list_subfolders(tree, "songs")] == ["deep", "knot", "skip"]
    assert [path.name for path in list_subfolders(tree / "deep", "songs")] == []
    assert [path.name for path in list_sound_files(tree)] == ["a.wav"]


def test_a_missing_folder_names_the_expected_layout(tmp_path):
    for search in (list_subfolders, find_sound_files):
        with pytest.raises(SamuelError, match="gone: no such folder; .*must contain songs"):
            search(tmp_path / "gone", "songs")


def test_the_state_includes_missing_files(tmp_path):
    (tmp_path / "a").write_text("1")
    before = describe_state([tmp_path / "a", tmp_path / "b", "no\0name"])
    assert before.startswith("'a' 1 ") and "'b' -" in before
    (tmp_path / "b").touch()
    assert describe_state([tmp_path / "a", tmp_path / "b", "no\0name"]) != before


def test_names_of_any_bytes_become_text():
    assert make_readable("ä 🎵") == "ä 🎵"
    assert make_readable(os.fsdecode(b"caf\xe9")) == "caf\\udce9"
    assert strip_suffix("a/Mr. Blue.wav") == "a/Mr. Blue"


def test_several_files_of_a_part_are_summed(tmp_path, write_tone, read_all):
    one = write_tone(tmp_path / "1.wav", 100)
    two = write_tone(tmp_path / "2.wav", 300)
    paths = (str(tmp_path / "1.wav"), str(tmp_path / "2.wav"))
    stems = FilesItem("song", paths[:1], paths, metadata={"bpm": 9}).load()
    torch.testing.assert_close(read_all(stems.vocal), one, atol=1e-4, rtol=0)
    torch.testing.assert_close(read_all(stems.accompaniment), one + two, atol=2e-4, rtol=0)
    assert stems.metadata == {"bpm": 9}


def test_the_tolerance_decides_about_different_lengths(tmp_path, write_tone):
    write_tone(tmp_path / "1.wav", seconds=0.5)
    write_tone(tmp_path / "2.wav", seconds=0.4)
    paths = [tmp_path / "1.wav"], [tmp_path / "2.wav"]
    with pytest.raises(SamuelError, match=r"'s': .* by more than 0\.05 s \(1\.wav 0\.50 s, 2\.wav"):
        open_stems("s", *paths, {})
    assert open_stems("s", *paths, {}, tolerance=0.2).vocal.samples == 22_050


def test_what_is_odd_about_a_file_is_told_once(tmp_path, write_tone):
    for name in ("1.wav", "2.wav"):
        write_tone(tmp_path / name)
    state_length(tmp_path / "1.wav", "WAV", 0x7FFFF000)
    stems = open_stems("s", [tmp_path / "1.wav"], [tmp_path / "2.wav"], {})
    (line,) = stems.notes
    assert line.startswith(f"{tmp_path / '1.wav'}: the header does not say how long it is")
