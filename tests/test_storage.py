import hashlib
import os
from pathlib import Path

import pytest

from samuel_gen.storage import file_sha256, write_atomically


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
