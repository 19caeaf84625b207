import math

import pytest
import torch

from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.envelopes import settle_levels, shape_envelope
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_PER_FRAME,
    LOW_ENVELOPE_BANDS,
    LogMagnitudes,
    crop_fine,
    envelope_bank,
    log_magnitude,
)
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, HOP_LENGTH, LOW, LOW_BINS
from samuel_gen.codecs.spectral.stereo import power

FRAMES = 24
RATE = 44_100
SAMPLES = FRAMES * HOP_LENGTH


def magnitudes(audio: torch.Tensor) -> LogMagnitudes:
    """The magnitudes that a perfect network would predict for a mono signal."""
    high = power(HIGH.analyse(audio, 0, FRAMES * HIGH_PER_FRAME))
    return LogMagnitudes(
        log_magnitude(power(LOW.analyse(audio, 0, FRAMES)[:, :LOW_BINS])),
        log_magnitude(power(crop_fine(FINE.analyse(audio, 0, FRAMES * FINE_PER_FRAME)))),
        log_magnitude(high @ envelope_bank().T),
    )


def features(audio: torch.Tensor) -> torch.Tensor:
    return extract_features(audio.expand(2, -1), 0, FRAMES)[0]


@pytest.fixture
def chord() -> torch.Tensor:
    time = torch.arange(SAMPLES) / RATE
    waves = [torch.sin(2 * math.pi * k * f * time) / k for f in (220, 277.2) for k in range(1, 20)]
    return 0.1 * torch.stack(waves).sum(0)


def test_energy_before_an_attack_is_moved_to_it():
    at = 12 * HOP_LENGTH
    noise = 0.2 * torch.randn(SAMPLES, generator=torch.Generator().manual_seed(0))
    sharp, smeared = noise.clone(), noise.clone()
    sharp[:at] *= 0.01
    smeared[: at - 4096] *= 0.01
    spectra = HIGH.analyse(smeared.expand(2, -1), 0, FRAMES * HIGH_PER_FRAME)
    shaped = shape_envelope(spectra, magnitudes(sharp).envelope, features(sharp))
    before = slice((at - 3072) // HIGH.hop, (at - 1536) // HIGH.hop)
    after = slice((at + 1024) // HIGH.hop, (at + 8192) // HIGH.hop)
    assert power(shaped[0, before]).sum() < 0.05 * power(spectra[0, before]).sum()
    assert abs(10 * math.log10(power(shaped[0, after]).sum() / power(spectra[0, after]).sum())) < 1


def test_a_true_envelope_leaves_a_steady_sound_as_it_is(chord):
    spectra = HIGH.analyse(chord.expand(2, -1), 0, FRAMES * HIGH_PER_FRAME)
    shaped = shape_envelope(spectra, magnitudes(chord).envelope, features(chord))
    torch.testing.assert_close(shaped, spectra, rtol=1e-3, atol=1e-4)


def test_levels_settle_to_those_of_the_features(chord):
    true, values = magnitudes(chord), features(chord)
    quiet = LogMagnitudes(true.low - 0.8, true.fine, true.envelope - 0.8)
    settled = settle_levels(quiet, values)
    inside = slice(4, -4)
    energy = [(2 * x.low[inside]).exp().sum() for x in (true, settled)]
    assert abs(10 * math.log10(energy[1] / energy[0])) < 1
    above = slice(LOW_ENVELOPE_BANDS, None)
    bands = [(2 * x.envelope[16:-16, above]).exp().sum() for x in (true, settled)]
    assert abs(10 * math.log10(bands[1] / bands[0])) < 1
