"""`samuel-bench` as a user meets it."""

import json
import sys
from pathlib import Path

import pytest

from samuel_gen.benchmark import sampling
from samuel_gen.cli import bench as command


@pytest.fixture
def says(monkeypatch, capsys):
    def said(*words: str | Path, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["samuel-bench", *map(str, words)])
        if not code:
            command.main()
            return capsys.readouterr().out
        with pytest.raises(SystemExit) as end:
            command.main()
        assert end.value.code == code
        told = capsys.readouterr()
        assert told.out == ""
        return told.err

    return said


def test_tables_a_file_and_the_way_to_it(says, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sampling, "PLAIN_STEPS", 2)
    path = tmp_path / "now.json"
    told = says("network", "sampling", "--model", "tiny", "--repeats", "1", "--json", path)
    for title in (
        "| limits |",
        "| forward of (1, 64, 1024) |",
        "| parts |",
        "| denoiser, 47.55 s |",
    ):
        assert title in told
    assert "| codec |" not in told
    assert told.splitlines()[-1] == f"every value is in {path}"
    names = {row["name"] for row in json.loads(path.read_text())["rows"]}
    assert {"plain", "fast", "default", "quality", "paper", "memory, copied"} <= names


@pytest.mark.parametrize(
    "words, told",
    [
        (["speed"], "speed: no such section; expected some of network, sampling"),
        (["codec", "--repeats", "0"], "--repeats 0; expected at least 1"),
        (["codec", "--device", "teapot"], "device=teapot: not on this machine"),
        (["codec", "--compare", "nowhere.json"], "nowhere.json: no benchmark; expected"),
        (["codec", "--model", "huge"], "huge"),
    ],
)
def test_mistakes_are_told_in_a_line(says, words: list[str], told: str) -> None:
    assert told in says(*words, code=2)


def test_an_earlier_file_is_not_overwritten(says, tmp_path: Path) -> None:
    path = tmp_path / "then.json"
    path.write_text("mine")
    assert "exists; expected a new file" in says("codec", "--json", path, code=2)
    assert path.read_text() == "mine"
