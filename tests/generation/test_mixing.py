import math

import pytest
import torch

from samuel_gen.audio.loudness import integrated_loudness, true_peak
from samuel_gen.audio.recording import Sound
from samuel_gen.generation.mixing import CEILING, level_of, mixed, spliced, stem_gain

RATE = 44_100


def tone(amplitude: float, hertz: float = 440.0, seconds: float = 3.0) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    return amplitude * torch.sin(2 * math.pi * hertz * time).repeat(2, 1)


def whole(recording) -> torch.Tensor:
    return torch.cat(list(recording.blocks(RATE)), dim=1)


def test_the_level_is_that_of_the_whole() -> None:
    sound = tone(0.3)
    level = level_of(Sound(sound, RATE))
    assert level.loudness == pytest.approx(integrated_loudness(sound, RATE), abs=1e-3)
    assert level.peak == pytest.approx(true_peak(sound, RATE), abs=1e-3)


def test_a_stem_comes_to_its_loudness_or_to_the_ceiling() -> None:
    level = level_of(Sound(tone(0.3), RATE))
    soft = stem_gain(level, -25.0) * tone(0.3)
    assert integrated_loudness(soft, RATE) == pytest.approx(-25, abs=0.01)
    loud = stem_gain(level, 3.0) * tone(0.3)
    assert true_peak(loud, RATE) == pytest.approx(CEILING, abs=0.01)


def test_a_mix_is_the_sum_and_only_turned_down_where_it_must_be() -> None:
    voice, band = tone(0.2), tone(0.3, 660)
    assert torch.equal(whole(mixed(Sound(voice, RATE), Sound(band, RATE))), voice + band)
    voice, band = tone(0.7), tone(0.7, 660)
    loud = mixed(Sound(voice, RATE), Sound(band, RATE))
    assert true_peak(whole(loud), RATE) == pytest.approx(CEILING, abs=0.01)
    assert torch.allclose(whole(loud), loud.gain * (voice + band))


@pytest.mark.parametrize("amplitude", [0.1, 0.8, 5.0])
def test_a_patch_is_turned_down_until_nothing_clips_and_the_rest_stays(amplitude: float) -> None:
    voice, band = Sound(tone(0.3, 200), RATE), Sound(tone(0.3), RATE)
    patch = tone(amplitude, 330, 1.0)
    found = whole(spliced(voice, band, 1.0, RATE, patch, 2000))
    before, after = slice(0, RATE), slice(2 * RATE, None)
    assert torch.equal(found[:, before], tone(0.3)[:, before])
    assert torch.equal(found[:, after], tone(0.3)[:, after])
    for sound in (found, found + tone(0.3, 200)):
        assert true_peak(sound, RATE) <= CEILING + 1e-3
    middle = slice(round(1.2 * RATE), round(1.8 * RATE))
    steps = -20 * math.log10(float(found[:, middle].abs().max()) / amplitude)
    assert steps == pytest.approx(round(steps), abs=0.02)  # by whole decibels
    assert (steps < 0.02) == (amplitude == 0.1)  # and not at all where there is no need


def test_what_was_too_loud_before_may_stay_so() -> None:
    voice, band = Sound(tone(0.0), RATE), Sound(tone(0.97), RATE)
    patch = tone(0.95, 330, 1.0)
    found = whole(spliced(voice, band, 1.0, RATE, patch, 10))
    middle = slice(round(1.2 * RATE), round(1.8 * RATE))
    assert float(found[:, middle].abs().max()) == pytest.approx(0.95, abs=0.01)
