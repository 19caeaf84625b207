"""Known answers: the change that was made to a recording is the one that is measured."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samuel_gen.audio.files import write_audio
from samuel_gen.audio.resample import resample
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.similarity import Similarity, compare_files

RATE = 44_100


def chords(semitones: float = 0.0) -> torch.Tensor:
    """Make four seconds of two chords with soft attacks, in stereo."""
    time = torch.arange(2 * RATE) / RATE
    sounds = []
    for notes in ((45, 57, 60, 64), (41, 57, 60, 65)):
        tones = [
            torch.sin(2 * torch.pi * k * 440 * 2 ** ((note + semitones - 69) / 12) * time) / k
            for note in notes
            for k in range(1, 6)
        ]
        sounds.append(sum(tones) * (4 * time).clamp(max=1) * torch.exp(-time))
    mono = 0.05 * torch.cat(sounds)
    return torch.stack([mono, 0.8 * mono])


@pytest.fixture(scope="module")
def music() -> torch.Tensor:
    return chords()


def test_a_recording_equals_itself(music) -> None:
    found = Similarity.measure(music, music, RATE, RATE)
    assert found.lag_seconds == found.log_mel == found.loudness_change == 0
    assert found.correlation == pytest.approx(1, abs=1e-6)
    assert found.chroma == pytest.approx(1, abs=1e-4)
    assert (found.first.loudness, found.first.peak) == (found.second.loudness, found.second.peak)


@pytest.mark.parametrize("milliseconds", [10, -10])
def test_a_delay_changes_only_the_lag(music, milliseconds) -> None:
    samples = round(RATE * milliseconds / 1000)
    later = torch.nn.functional.pad(music, (samples, 0))
    found = Similarity.measure(music, later, RATE, RATE)
    assert found.lag_seconds == samples / RATE
    assert found.correlation == pytest.approx(1, abs=1e-6)
    assert found.chroma == pytest.approx(1, abs=1e-4) and found.log_mel == 0
    word = "later" if milliseconds > 0 else "earlier"
    assert f"10.00 ms {word}" in found.format_lines()[0]


def test_a_gain_changes_loudness_and_peak_but_not_the_music(music) -> None:
    found = Similarity.measure(music, 0.5 * music, RATE, RATE)
    change = 20 * math.log10(0.5)
    assert found.loudness_change == pytest.approx(change, abs=0.01)
    assert found.second.peak - found.first.peak == pytest.approx(change, abs=0.01)
    assert 0 < found.log_mel <= -change + 0.01  # bands below the floor do not move
    assert found.correlation == pytest.approx(1, abs=1e-6)
    assert found.chroma == pytest.approx(1, abs=1e-3)


def test_a_semitone_up_is_a_different_harmony(music) -> None:
    found = Similarity.measure(music, chords(1), RATE, RATE)
    assert found.chroma < 0.6 and abs(found.correlation) < 0.6
    assert abs(found.loudness_change) < 0.5 and found.log_mel > 1


def test_sample_rate_and_channels_change_nothing(music) -> None:
    mono = music[:1]
    found = Similarity.measure(mono, resample(mono, RATE, 48_000).repeat(2, 1), RATE, 48_000)
    assert found.lag_seconds == 0 and found.correlation == pytest.approx(1, abs=1e-4)
    assert found.loudness_change == pytest.approx(0, abs=0.02)
    assert found.chroma == pytest.approx(1, abs=1e-3) and found.log_mel < 0.1


def test_silence_has_no_similarity_and_no_nan(music) -> None:
    silence = torch.zeros_like(music)
    for pair in ((music, silence), (silence, music), (silence, silence)):
        found = Similarity.measure(*pair, RATE, RATE)
        assert found.correlation is found.chroma is found.log_mel is found.loudness_change is None
        meters = (found.first, found.second)
        values = [value for meter in meters for value in (meter.loudness, meter.peak)]
        assert not any(math.isnan(value) for value in (found.lag_seconds, *values))
        assert all("nothing to compare" in line for line in found.format_lines())
    assert replace(found, chroma=0.5).format_lines()[1].split()[:2] == ["chroma", "0.500"]


def test_files_are_described_by_length_rate_and_channels(music, tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", music, RATE)
    write_audio(tmp_path / "b.flac", resample(music[:1], RATE, 32_000), 32_000)
    first, second, *rest = compare_files(tmp_path / "a.wav", tmp_path / "b.flac")
    assert "4.000 s, 44100 Hz, stereo, -" in first and first.endswith("a.wav")
    assert "4.000 s, 32000 Hz, mono, -" in second and second.endswith("b.flac")
    assert len(rest) == 4


def test_a_recording_that_is_too_short_is_an_error(music, tmp_path: Path) -> None:
    write_audio(tmp_path / "click.wav", music[:, :1000], RATE)
    with pytest.raises(SamuelError, match=r"too short to compare \(0\.023 s\)"):
        compare_files(tmp_path / "click.wav", tmp_path / "click.wav")
