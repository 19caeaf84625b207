import numpy as np
import pytest

from samuel_gen.estimation.beat_decoding import BeatEstimate, decode_beats
from samuel_gen.estimation.beat_tracker import BeatActivations
from samuel_gen.lead_sheet.meter import Meter

FRAME = 512 / 44_100
SECONDS = 30.0


def hear(beats: np.ndarray, bar: int = 4, first: int = 0, seconds: float = SECONDS):
    """Activations of beats, a fifth of which is not heard."""
    rng = np.random.default_rng(0)
    centres = (np.arange(round(seconds / FRAME)) + 0.5) * FRAME
    pulses = np.exp(-0.5 * ((centres[:, None] - beats) / 0.018) ** 2)
    heard = rng.random(beats.size) > 0.2
    is_first = np.arange(beats.size) % bar == first
    return BeatActivations(
        0.02 + 0.7 * (pulses * heard).max(1), 0.01 + 0.6 * (pulses * heard * is_first).max(1), FRAME
    )


def steady(tempo: float = 93.0, start: float = 0.41) -> np.ndarray:
    return np.arange(start, SECONDS, 60 / tempo)


def errors(estimate: BeatEstimate, beats: np.ndarray) -> np.ndarray:
    return np.abs(np.array(estimate.sheet.beats)[:, None] - beats).min(1)


def test_steady_beats_are_one_grid_over_the_whole_recording() -> None:
    estimate = decode_beats(hear(steady(), first=2), SECONDS)
    beats = np.array(estimate.sheet.beats)
    assert estimate.is_steady and np.ptp(np.diff(beats)) < 2e-4
    assert errors(estimate, steady()).max() < 0.005
    assert estimate.sheet.meter == Meter(4, 4)
    assert estimate.sheet.downbeats[0] == pytest.approx(steady()[2], abs=0.005)
    assert 0 <= beats[0] < 60 / 93 and SECONDS - 60 / 93 < beats[-1] <= SECONDS


def test_drifting_beats_are_followed() -> None:
    beats = 0.3 + np.cumsum(0.6 * (1 + 0.08 * np.sin(np.arange(46) / 7)))
    estimate = decode_beats(hear(beats, seconds=27.0), 27.0)
    assert not estimate.is_steady
    assert np.median(errors(estimate, beats)) < 0.02


def test_a_given_tempo_is_kept_and_the_phase_is_found() -> None:
    estimate = decode_beats(hear(steady(93)), SECONDS, tempo=93)
    assert estimate.sheet.tempo == pytest.approx(93, rel=1e-5)
    assert errors(estimate, steady(93)).max() < 0.01
    assert set(estimate.confidences) == {"bar 1", "meter"}
    wrong = decode_beats(hear(steady(93)), SECONDS, tempo=140)
    assert np.diff(wrong.sheet.beats) == pytest.approx(60 / 140, abs=2e-4)


@pytest.mark.parametrize("tempo", [None, 93.0])
def test_a_given_downbeat_is_a_downbeat_exactly(tempo: float | None) -> None:
    at = round(float(steady()[5]) + 0.013, 4)
    estimate = decode_beats(hear(steady()), SECONDS, tempo=tempo, bar_1_at=at)
    assert np.abs(np.array(estimate.sheet.downbeats) - at).min() < 1.1e-4
    assert "bar 1" not in estimate.confidences


def test_a_given_downbeat_is_exact_where_the_tempo_drifts() -> None:
    beats = 0.3 + np.cumsum(0.6 * (1 + 0.08 * np.sin(np.arange(46) / 7)))
    at = round(float(beats[9]) + 0.02, 4)
    estimate = decode_beats(hear(beats, seconds=27.0), 27.0, bar_1_at=at)
    assert not estimate.is_steady
    assert np.abs(np.array(estimate.sheet.downbeats) - at).min() < 1.1e-4


def test_given_beats_are_kept_and_their_bars_are_found() -> None:
    beats = [float(each) for each in steady()]
    estimate = decode_beats(hear(steady(), bar=3, first=1), SECONDS, beats=beats)
    assert np.array(estimate.sheet.beats) == pytest.approx(beats, abs=6e-5)
    assert estimate.sheet.meter == Meter(3, 4)
    assert estimate.sheet.first_position == 3
    assert set(estimate.confidences) == {"bar 1", "meter"}


def test_a_given_meter_is_kept() -> None:
    estimate = decode_beats(hear(steady(), bar=4), SECONDS, meter=Meter(3, 4))
    assert estimate.sheet.meter == Meter(3, 4)
    assert "meter" not in estimate.confidences


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_tempo_factor_keeps_the_downbeats_among_the_beats(factor: float) -> None:
    plain = decode_beats(hear(steady(), first=1), SECONDS)
    other = decode_beats(hear(steady(), first=1), SECONDS, tempo_factor=factor)
    assert other.sheet.tempo == pytest.approx(factor * plain.sheet.tempo, rel=1e-3)
    inside = [each for each in plain.sheet.downbeats if each < other.sheet.beats[-1]]
    apart = np.abs(np.array(other.sheet.beats)[:, None] - inside).min(0)
    assert apart.max() < 2e-4


def test_moving_the_recording_moves_the_beats() -> None:
    plain = decode_beats(hear(steady(start=0.41)), SECONDS)
    later = decode_beats(hear(steady(start=0.51)), SECONDS)
    assert later.sheet.beats[5] - plain.sheet.beats[5] == pytest.approx(0.1, abs=0.003)


def test_clear_beats_are_surer_than_faint_ones() -> None:
    clear = hear(steady())
    rng = np.random.default_rng(1)
    noise = rng.uniform(0.02, 0.3, clear.beats.size)
    faint = BeatActivations(0.1 * clear.beats + noise, 0.1 * clear.downbeats + noise, FRAME)
    sure, unsure = (decode_beats(each, SECONDS).confidences for each in (clear, faint))
    for name in ("tempo", "bar 1", "meter"):
        assert 0 <= unsure[name] < sure[name] <= 1, name


def test_half_and_double_are_offered() -> None:
    estimate = decode_beats(hear(steady(93)), SECONDS)
    offered = [float(each) for each in estimate.alternatives["tempo"]]
    for tempo in (46.5, 186):
        assert any(abs(each / tempo - 1) < 0.02 for each in offered)
    assert len(estimate.alternatives["bar 1"]) == 3
    assert "4/4" not in estimate.alternatives["meter"]


@pytest.mark.parametrize("seconds", [0.05, 1.0, 12.0])
def test_silence_and_very_short_recordings_have_a_plain_sheet(seconds: float) -> None:
    nothing = np.zeros(round(seconds / FRAME))
    estimate = decode_beats(BeatActivations(nothing, nothing, FRAME), seconds)
    assert 60 <= estimate.sheet.tempo <= 160
    assert estimate.sheet.beats[0] < 1
    assert max(estimate.confidences[name] for name in ("tempo", "bar 1")) < 0.3
