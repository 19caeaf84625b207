import numpy as np
import pytest

from samuel_gen.analysis.spectra import loud_power
from samuel_gen.estimation.beat_features import (
    BAND_FEATURES,
    BEAT_FEATURES,
    _loud_powers,
    beat_features,
)


@pytest.fixture
def powers() -> np.ndarray:
    return 10 ** np.random.default_rng(0).normal(0, 1.5, (300, 24))


@pytest.fixture
def frequency() -> np.ndarray:
    rng = np.random.default_rng(1)
    notes = 220 * 2 ** (rng.integers(0, 12, 30) / 12)
    return np.repeat(np.where(rng.random(30) < 0.2, 0.0, notes), 10)


def test_loudness_and_tone_do_not_matter(powers: np.ndarray, frequency: np.ndarray) -> None:
    tone = np.geomspace(0.1, 10, 24)
    plain = beat_features(powers, frequency)
    assert plain.shape == (BEAT_FEATURES, 300)
    np.testing.assert_allclose(beat_features(1e-4 * powers * tone, frequency), plain, atol=1e-5)


def test_an_octave_and_the_tuning_do_not_matter(powers: np.ndarray, frequency: np.ndarray) -> None:
    plain = beat_features(powers, frequency)
    for factor in (2.0, 2 ** (0.3 / 12)):
        np.testing.assert_allclose(beat_features(powers, factor * frequency), plain, atol=2e-4)


def test_a_transposed_melody_has_turned_pitch_classes(
    powers: np.ndarray, frequency: np.ndarray
) -> None:
    plain = beat_features(powers, frequency)[BAND_FEATURES:]
    higher = beat_features(powers, frequency * 2 ** (3 / 12))[BAND_FEATURES:]
    np.testing.assert_allclose(higher[:12], np.roll(plain[:12], 3, 0), atol=2e-4)
    np.testing.assert_allclose(higher[12:], plain[12:], atol=2e-4)


def test_without_pitch_the_pitch_rows_are_zero(powers: np.ndarray) -> None:
    features = beat_features(powers, None)
    assert not features[BAND_FEATURES:].any()
    assert beat_features(powers, np.zeros(300))[-1].all()  # unvoiced is not the same as unknown


def test_a_rise_is_seen_only_where_the_level_rises() -> None:
    powers = np.ones((100, 24))
    powers[40:] = 10.0
    rises = beat_features(powers, None)[24:BAND_FEATURES]
    assert rises[:, 40].all()
    assert not rises[:, :40].any() and not rises[:, 46:].any()


def test_the_loud_power_of_all_bands_is_that_of_each(powers: np.ndarray) -> None:
    powers[:, 3], powers[:, 4], powers[1:, 5] = 0, 2, 0
    np.testing.assert_allclose(_loud_powers(powers), [loud_power(band) for band in powers.T])


def test_silence_gives_zero_levels_and_rises() -> None:
    assert not beat_features(np.zeros((50, 24)), np.zeros(50))[:BAND_FEATURES].any()
