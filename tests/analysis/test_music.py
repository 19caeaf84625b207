"""Chroma and onsets of known sounds, whole and in blocks."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.music import (
    CHROMA_SECONDS,
    MUSIC_RATE,
    ONSET_SECONDS,
    ChromaMeter,
    analyse_music,
)
from samuel_gen.audio.resample import resample


def tones(midi: list[float], seconds: float = 2.0) -> torch.Tensor:
    time = torch.arange(round(seconds * MUSIC_RATE)) / MUSIC_RATE
    hertz = [440 * 2 ** ((note - 69) / 12) for note in midi]
    return 0.1 * sum(torch.sin(2 * torch.pi * k * f * time) / k for f in hertz for k in (1, 2, 3))


def test_the_chroma_of_a_triad_is_strongest_in_its_three_classes() -> None:
    for triad in ([60, 64, 67], [62, 65, 69]):
        chroma = analyse_music([tones(triad)], 0.0).chroma
        assert set(np.argsort(chroma.mean(1))[-3:]) == {note % 12 for note in triad}
        assert chroma.shape[1] == pytest.approx(2.0 / CHROMA_SECONDS, abs=1)


def test_the_tuning_moves_the_grid() -> None:
    tuned = analyse_music([tones([60, 64, 67])], 0.0).chroma
    sharp = tones([60.4, 64.4, 67.4])
    np.testing.assert_allclose(
        analyse_music([sharp], 40.0).chroma.mean(1), tuned.mean(1), atol=0.1 * tuned.max()
    )


def test_onsets_are_where_clicks_are() -> None:
    sound = torch.zeros(3 * MUSIC_RATE)
    for seconds in (0.5, 1.0, 1.75):
        sound[round(seconds * MUSIC_RATE) :][:500] = torch.randn(
            500, generator=torch.Generator().manual_seed(0)
        )
    strength = analyse_music([sound], 0.0).onset_strength
    peaks = np.argsort(strength)[::-1]
    found = {round(float(at) * ONSET_SECONDS * 4) / 4 for at in peaks[:6]}
    assert found == {0.5, 1.0, 1.75}


@pytest.mark.parametrize("block", [1000, 8192, 100_001])
def test_the_blocks_do_not_matter(block: int) -> None:
    noise = torch.randn(10 * MUSIC_RATE, generator=torch.Generator().manual_seed(0))
    sound = tones([60, 64, 67], 10.0) + 0.1 * noise
    whole, pieces = analyse_music([sound], 12.0), analyse_music(torch.split(sound, block), 12.0)
    np.testing.assert_allclose(pieces.chroma, whole.chroma, atol=1e-5 * whole.chroma.max())
    np.testing.assert_allclose(pieces.onset_strength, whole.onset_strength, atol=1e-5)
    assert pieces.seconds == whole.seconds == 10


def test_silence_has_neither_chroma_nor_onsets() -> None:
    silent = analyse_music([torch.zeros(MUSIC_RATE)], 0.0)
    assert not silent.chroma.any() and not silent.onset_strength.any()


@pytest.mark.parametrize("cents", [-33.0, 0.0, 33.0])
def test_a_chroma_meter_measures_in_passing_what_the_analysis_does(cents: float) -> None:
    sound = tones([note + cents / 100 for note in (57, 60, 64)])
    meter = ChromaMeter(MUSIC_RATE)
    for block in torch.split(sound, 5000):
        meter.add(block.repeat(2, 1))
    whole = analyse_music([sound], cents).chroma
    np.testing.assert_allclose(meter.finish(cents), whole, atol=1e-4 * whole.max())


def test_a_chroma_meter_resamples_and_takes_the_nearest_tuning() -> None:
    sound = tones([60.28, 64.28, 67.28])
    meter = ChromaMeter(44_100)
    meter.add(resample(sound[None], MUSIC_RATE, 44_100))
    chroma = meter.finish(28.0).mean(1)
    assert set(np.argsort(chroma)[-3:]) == {0, 4, 7}
    expected = analyse_music([sound], 33.0).chroma.mean(1)
    np.testing.assert_allclose(chroma, expected, atol=0.05 * expected.max())
