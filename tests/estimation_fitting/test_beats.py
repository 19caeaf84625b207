from pathlib import Path

import numpy as np
import pytest

from samuel_gen.estimation_fitting import beat_songs, beat_training
from samuel_gen.estimation_fitting.beat_songs import BeatSong
from samuel_gen.estimation_fitting.beats import main, measure_network
from samuel_gen.estimation_fitting.beats_table import BeatFigures
from samuel_gen.models.beat_network import BeatNetwork


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
    weights = load_file(tmp_path / "beat_tracker.safetensors")
    network = BeatNetwork(weights["stem.weight"].shape[1])
    missing, unknown = network.load_state_dict(weights, strict=False)
    assert not unknown and all(name.endswith("num_batches_tracked") for name in missing)
    figures = json.loads((tmp_path / "beat_tracker.json").read_text())
    assert figures["songs"] == 1 and 0 <= figures["beats"] <= 1
    state = (tmp_path / "state.pt").stat().st_mtime_ns
    assert main(arguments) == 0
    assert (tmp_path / "state.pt").stat().st_mtime_ns == state  # nothing is left to do


def test_a_network_is_measured_by_all_figures() -> None:
    from samuel_gen.estimation.beat_tracker import _load_network

    figures = measure_network(_load_network(), [draw_song(0, 10.0)])
    assert tuple(figures) == BeatFigures._fields
    assert all(0 <= value <= 1 for value in figures.values())


def test_senseless_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--songs", "0", "--output", "nowhere"])
    assert "--songs" in capsys.readouterr().err
