from pathlib import Path

import numpy as np
import pytest
import torch

from samuel_gen.estimation.beat_tracker import WEIGHTS, load_networks
from samuel_gen.estimation_fitting import beat_songs, beat_training
from samuel_gen.estimation_fitting.beat_songs import BeatSong
from samuel_gen.estimation_fitting.beats import main, measure_network
from samuel_gen.estimation_fitting.beats_table import BeatFigures


def draw_song(seed: int, seconds: float, styles: str = "core") -> BeatSong:
    level = np.random.default_rng(seed).normal(-30, 10, (900, 24)).astype(np.float32)
    beats = np.arange(0.5, 10, 0.5)
    return BeatSong(level, level, np.full(900, 220.0), beats, beats[::4], "4/4")


def test_the_command_writes_weights_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    from safetensors.torch import load_file

    monkeypatch.setattr(beat_songs, "render_beat_song", draw_song)
    monkeypatch.setattr(beat_training, "_LENGTHS", ((1, 64),))
    arguments = ["--songs", "1", "--steps", "1", "--output", str(tmp_path)]
    assert main(arguments) == 0
    assert {path.name[:4] for path in (tmp_path / "songs").iterdir()} == {"all_"}
    weights = tmp_path / "beat_tracker.safetensors"
    assert len(load_networks(weights).networks) == 1
    figures = json.loads((tmp_path / "beat_tracker.json").read_text())
    assert figures["songs"] == 1 and 0 <= figures["beats"] <= 1
    state = (tmp_path / "state.pt").stat().st_mtime_ns
    assert main(arguments) == 0
    assert (tmp_path / "state.pt").stat().st_mtime_ns == state  # nothing is left to do

    other = ["--songs", "1", "--steps", "1", "--styles", "core", "--seed", "1"]
    output = tmp_path / "other"
    assert main([*other, "--beside", str(weights), "--output", str(output)]) == 0
    assert {path.name[:5] for path in (output / "songs").iterdir()} == {"core_"}
    both, first = load_file(output / "beat_tracker.safetensors"), load_file(weights)
    assert len(load_networks(output / "beat_tracker.safetensors").networks) == 2
    for name, each in first.items():
        assert torch.equal(both[name], each), "the network of the other run comes first"


def test_a_network_is_measured_by_all_figures() -> None:
    figures = measure_network(load_networks(WEIGHTS), [draw_song(0, 10.0)])
    assert tuple(figures) == BeatFigures._fields
    assert all(0 <= value <= 1 for value in figures.values())


def test_senseless_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--songs", "0", "--output", "nowhere"])
    assert "--songs" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--beside", "nowhere.safetensors", "--output", "nowhere"])
    assert "--beside nowhere.safetensors: no such file" in capsys.readouterr().err
