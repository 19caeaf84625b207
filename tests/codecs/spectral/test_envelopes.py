import math

import torch

from samuel_gen.codecs.spectral.envelopes import settle_levels, shape_envelope
from samuel_gen.codecs.spectral.fine_grid import (
    LOW_ENVELOPE_BANDS,
    LogMagnitudes,
)
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, HOP_LENGTH
from samuel_gen.codecs.spectral.stereo import power

FRAMES = 24
RATE = 44_100
SAMPLES = FRAMES * HOP_LENGTH


def test_energy_before_an_attack_is_moved_to_it(magnitudes, features):
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


def test_a_true_envelope_leaves_a_steady_sound_as_it_is(chord, magnitudes, features):
    spectra = HIGH.analyse(chord.expand(2, -1), 0, FRAMES * HIGH_PER_FRAME)
    shaped = shape_envelope(spectra, magnitudes(chord).envelope, features(chord))
    torch.testing.assert_close(shaped, spectra, rtol=1e-3, atol=1e-4)


def test_fast_errors_of_the_network_are_halved(magnitudes, features):
    noise = 0.2 * torch.randn(SAMPLES, generator=torch.Generator().manual_seed(1))
    true, values = magnitudes(noise), features(noise)
    error = torch.tensor([0.4, -0.4]).repeat(FRAMES * HIGH_PER_FRAME // 2)[:, None]
    settled = [
        settle_levels(LogMagnitudes(true.low, true.fine, true.envelope + sign * error), values)
        for sign in (1, -1)
    ]
    above, below = slice(LOW_ENVELOPE_BANDS, None), slice(None, LOW_ENVELOPE_BANDS)
    first, second = (x.envelope for x in settled)
    left = ((first - second)[16:-16, above] * error[16:-16].sign()).mean()
    assert abs(float(left) - 0.4) < 0.02  # of .8; the level of the features moves it a little
    torch.testing.assert_close(
        (first - second)[:, below], (2 * error).expand(-1, LOW_ENVELOPE_BANDS)
    )


def test_levels_settle_to_those_of_the_features(chord, magnitudes, features):
    true, values = magnitudes(chord), features(chord)
    quiet = LogMagnitudes(true.low - 0.8, true.fine, true.envelope - 0.8)
    settled = settle_levels(quiet, values)
    inside = slice(4, -4)
    energy = [(2 * x.low[inside]).exp().sum() for x in (true, settled)]
    assert abs(10 * math.log10(energy[1] / energy[0])) < 1
    above = slice(LOW_ENVELOPE_BANDS, None)
    bands = [(2 * x.envelope[16:-16, above]).exp().sum() for x in (true, settled)]
    assert abs(10 * math.log10(bands[1] / bands[0])) < 1
