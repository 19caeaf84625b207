"""A recording in antiphase gives the analysis of the plain one, and odd files say what is odd."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.recording_report import analyse_recording
from samuel_gen.audio.recording import MemoryRecording, SoundFile
from samuel_gen.estimation.estimate import estimate_from_report
from tests.audio.strange_files import state_length, write_as

RATE = 22_050


def sing_tune() -> torch.Tensor:
    """Eight seconds of a tune, a note every half second."""
    time = np.arange(8 * RATE) / RATE
    steps = np.array([60, 62, 64, 65, 67, 65, 64, 62, 60, 64, 67, 72, 67, 64, 62, 60])
    pitch = 440 * 2 ** ((steps[(2 * time).astype(int)] - 69) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 6))
    return torch.from_numpy(0.2 * tone * np.minimum(1, 20 * (time % 0.5))).float()


def test_a_recording_in_antiphase_has_the_tune_of_the_plain_one():
    tune = sing_tune()
    plain, inverted = (
        analyse_file(MemoryRecording(torch.stack([tune, side * tune]), RATE)) for side in (1, -1)
    )
    assert torch.equal(plain.melody.features, inverted.melody.features)
    assert plain.sung_seconds == inverted.sung_seconds > 4
    sheets = [estimate_from_report(each).sheet for each in (plain, inverted)]
    assert sheets[0] == sheets[1]
    assert not any("inverted" in hint for hint in plain.hints)
    assert any("one side is inverted" in hint for hint in inverted.hints)
    assert analyse_recording(torch.stack([tune, -tune]), RATE).sung_seconds == plain.sung_seconds


@pytest.mark.parametrize("channels", [1, 2])
def test_an_odd_header_is_a_hint(tmp_path, channels):
    sound = np.tile(sing_tune().numpy()[:, None], (1, channels))
    path = write_as(tmp_path / "a.wav", "WAV", sound, RATE)
    assert not any("header" in hint for hint in analyse_file(SoundFile(path)).hints)
    state_length(path, "WAV", 0)
    assert "header" in analyse_file(SoundFile(path)).hints[0]
