import errno
import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from samuel_gen.errors import SamuelError
from samuel_gen.storage import file_sha256, fill_folder, open_tensors, write_atomically, write_json


def test_a_written_file_appears_whole_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    with write_atomically(path) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), write_atomically(path) as temporary:
        temporary.write_text("half of")
        raise OSError("the disk is full")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 5000)
    assert file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_temporary_name_bears_the_process_id_on_request(tmp_path: Path) -> None:
    with write_atomically(tmp_path / "file", per_process=True) as temporary:
        temporary.touch()
    with write_atomically(tmp_path / "file") as common:
        common.touch()
    assert str(os.getpid()) in temporary.name and temporary != common


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with pytest.raises(SamuelError, match=r"file.txt: no space left on device"):
        with write_atomically(path) as temporary:
            temporary.write_text("half of")
            raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "inside", Path("/proc/none/file")):
        with pytest.raises(SamuelError, match="cannot be written|no such|No such"):
            with write_atomically(path) as temporary:
                temporary.touch()


def test_a_folder_is_filled_when_all_of_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with fill_folder(folder) as temporary:
        (temporary / "a").write_text("a")
        assert not folder.exists()
    with pytest.raises(ZeroDivisionError), fill_folder(folder) as temporary:
        (temporary / "a").write_text("half")
        1 / 0  # noqa: B018
    with fill_folder(folder) as temporary:
        (temporary / "b").write_text("b")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a": "a", "b": "b"}
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    left, running = (tmp_path / f".results.{each}.partial" for each in (child.pid, os.getppid()))
    left.mkdir()
    running.mkdir()
    with fill_folder(tmp_path / "results"):
        pass
    assert not left.exists() and running.exists()


def test_names_that_are_no_text_survive_json(tmp_path: Path) -> None:
    value = {"name": os.fsdecode(b"b\xe9.wav"), "other": "é 🎵"}
    write_json(tmp_path / "a.json", value)
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == value
    assert "🎵" in (tmp_path / "a.json").read_text("utf-8")


@pytest.mark.parametrize("name", [b"a", b"b\xe9", "ü".encode()])
def test_tensors_are_read_from_a_file_of_any_name(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(save({"a": torch.arange(3)}))
    with open_tensors(path) as file:
        assert file.get_tensor("a").tolist() == [0, 1, 2]
