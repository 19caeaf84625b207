import runpy
import sys
from pathlib import Path

import pytest
import torch

from samuel_gen.estimation.harmony_network import load_chord_network
from samuel_gen.estimation_fitting import chords
from samuel_gen.estimation_fitting.chords import main


def test_training_writes_weights_that_the_harmoniser_loads(tmp_path: Path) -> None:
    path = tmp_path / "new" / "weights.safetensors"
    assert main(["--output", str(path), "--songs", "3", "--steps", "2"]) == 0
    assert path.stat().st_size < 500_000
    chords, _ = load_chord_network(path)(torch.rand(1, 8, 30), torch.ones(1, 8))
    assert chords.isfinite().all()


def test_the_table_has_the_songs_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("--measure --composed 2 --rendered 0 --seconds 12".split()) == 0
    table = capsys.readouterr().out
    assert "| composed, 2 | true chords | 1.000 |" in table
    assert "composed unheard, 2" in table and "rendered" not in table


def test_a_command_without_a_deed_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "--output" in capsys.readouterr().err


def test_the_module_is_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["chords", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(chords.__file__, run_name="__main__")
    assert "--measure" in capsys.readouterr().out
