"""`samuel-bench` from the user's side."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from samuel_gen.benchmark import sampling
from samuel_gen.cli import bench as command


@pytest.fixture
def run_bench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs the command and returns what it prints, or its error if it exits with `code`."""

    def run(*words: str | Path, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["samuel-bench", *map(str, words)])
        if not code:
            command.main()
            return capsys.readouterr().out
        with pytest.raises(SystemExit) as end:
            command.main()
        assert end.value.code == code
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err

    return run


def test_tables_are_printed_and_values_written(
    run_bench: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "BASELINE_STEPS", 2)
    path = tmp_path / "now.json"
    printed = run_bench("network", "sampling", "--model", "tiny", "--repeats", "1", "--json", path)
    for title in (
        "| limits |",
        "| forward of (1, 64, 1024) |",
        "| parts |",
        "| denoiser, 47.55 s |",
    ):
        assert title in printed
    assert "| codec |" not in printed
    assert printed.splitlines()[-1] == f"every value is in {path}"
    names = {row["name"] for row in json.loads(path.read_text())["rows"]}
    assert {"plain", "fast", "default", "quality", "paper", "memory, copied"} <= names


def test_network_is_built_without_touching_the_random_state(tiny_config: dict) -> None:
    tiny_config.pop("_target_")
    before = torch.get_rng_state()
    first, second = (command._build_network(tiny_config).state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    "words, error",
    [
        (["speed"], "speed: no such section; the sections are network, sampling"),
        (["codec", "--repeats", "0"], "--repeats 0 is below 1"),
        (["codec", "--device", "teapot"], "device=teapot: not on this machine"),
        (["codec", "--compare", "nowhere.json"], "nowhere.json is not a benchmark"),
        (["codec", "--model", "huge"], "huge"),
    ],
)
def test_mistakes_get_one_line(run_bench: Callable[..., str], words: list[str], error: str) -> None:
    printed = run_bench(*words, code=2)
    assert error in printed and printed.count("\n") == 1


def test_existing_file_is_not_overwritten(run_bench: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "earlier.json"
    path.write_text("mine")
    assert "exists already; name another file" in run_bench("codec", "--json", path, code=2)
    assert path.read_text() == "mine"
