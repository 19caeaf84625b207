"""Where in the stereo image: how wide each band is, and how far it leans to one side.

The codec describes one carrier, as loud as middle and side together, and six bands of two numbers
that say how middle and side are made of it:
middle = m * carrier, side = lean * carrier + d * (carrier, decorrelated), with
width^2 = lean^2 + d^2 the side's share of the energy and m^2 = 1 - width^2.
So the level is right whatever these numbers are, the width is right however roughly the lean is
kept, mono stays mono to the bit, and sound that is all side is not lost.
"""

from functools import cache

import torch
from einops import reduce
from jaxtyping import Complex, Float, Inexact
from torch import Tensor

from samuel_gen.codecs.spectral.bands import STEREO_BANDS, stereo_bank, stereo_spread
from samuel_gen.codecs.spectral.features import compressed
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME

STEREO_FEATURES = 2 * STEREO_BANDS
QUIETEST_BAND = 0.1
"""A band weaker than this part of the frame's strongest (in features) keeps to the middle."""
DECORRELATION_SECONDS = 0.012


def middle_and_side(pair: Inexact[Tensor, "2 ..."]) -> Inexact[Tensor, "2 ..."]:
    """Half the sum and half the difference of left and right, be they signals or spectra."""
    left, right = pair
    return torch.stack([left + right, left - right]) / 2


def power(spectra: Complex[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The squared modulus; a sum over the last axis of two would take several times as long."""
    return spectra.real.square().addcmul_(spectra.imag, spectra.imag)


def left_and_right(audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "2 samples"]:
    """The inverse of `middle_and_side`."""
    middle, side = audio
    return torch.stack([middle + side, middle - side])


def stereo_features(
    high: Complex[Tensor, "2 short_frames bins"],
) -> Float[Tensor, "frames stereo_features"]:
    """Six widths and six leans per frame, each times its band's level.

    Times the level, since the image matters where there is sound; it also lets these features grow
    with the loudness as all the others do.

    Args:
        high: spectra of middle and side on the short windows.
    """
    middle_power, side_power = (_pooled(power(part)) for part in high)
    common = _pooled(high[0].real * high[1].real + high[0].imag * high[1].imag)
    total = (middle_power + side_power).clamp(min=1e-20)
    width = (side_power / total).sqrt()
    lean = common / (middle_power * total).sqrt().clamp(min=1e-20)
    level = compressed(middle_power + side_power)
    return torch.cat([width * level, lean * level], dim=1)


def spread_in_stereo(
    carrier: Complex[Tensor, "short_frames bins"],
    decorrelated: Complex[Tensor, "short_frames bins"],
    values: Float[Tensor, "frames stereo_features"],
) -> Complex[Tensor, "2 short_frames bins"]:
    """Spectra of middle and side.

    Args:
        carrier: spectra on the short windows.
        decorrelated: spectra of the carrier with other phases.
        values: stereo features, of any origin; what cannot be is bent to what can.
    """
    level = compressed(_pooled(power(carrier)))
    floor = QUIETEST_BAND * level.amax(1, keepdim=True)
    level = torch.maximum(level, floor).clamp(min=1e-6).repeat(1, 2)
    shares = _over_time((torch.nan_to_num(values) / level).clamp(-1, 1))
    width = shares[:, :STEREO_BANDS].clamp(min=0) @ stereo_spread()
    lean = torch.minimum(shares[:, STEREO_BANDS:] @ stereo_spread(), width)
    lean = torch.maximum(lean, -width)
    apart = (width.square() - lean.square()).clamp(min=0).sqrt()
    middle = (1 - width.square()).clamp(min=0).sqrt()
    return torch.stack([carrier * middle, carrier * lean + decorrelated * apart])


def in_stereo(
    carrier: Float[Tensor, " samples"], values: Float[Tensor, "frames stereo_features"]
) -> Float[Tensor, "2 samples"]:
    """Left and right, as long as the carrier.

    Args:
        carrier: `frames * hop_length` samples.
        values: stereo features, of any origin.
    """
    short = len(values) * HIGH_PER_FRAME
    both = HIGH.analyse(torch.stack([carrier, _decorrelated(carrier)]), 0, short)
    parts = HIGH.inverse(spread_in_stereo(both[0], both[1], values)) * (HIGH.n_fft / 4)
    return left_and_right(parts[:, HIGH.lead :][:, : len(carrier)])


def _decorrelated(signal: Float[Tensor, " samples"]) -> Float[Tensor, " samples"]:
    """The signal with every phase changed, but no magnitudes, and no timing to speak of."""
    taps = _decorrelator()
    size = len(signal) + len(taps)
    product = torch.fft.rfft(signal, n=size) * torch.fft.rfft(taps, n=size)
    result: Tensor = torch.fft.irfft(product, n=size)
    return result[: len(signal)]


@cache
def _decorrelator() -> Float[Tensor, " taps"]:
    """A few milliseconds of noise, made flat in frequency."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(HIGH.n_fft, generator=generator)
    decay = torch.arange(HIGH.n_fft) / (DECORRELATION_SECONDS * 44_100)
    spectrum = torch.fft.rfft(noise * torch.exp(-3 * decay))
    taps: Tensor = torch.fft.irfft(spectrum / spectrum.abs().clamp(min=1e-9))
    return taps


def _pooled(power: Float[Tensor, "short_frames bins"]) -> Float[Tensor, "frames bands"]:
    bands = power @ stereo_bank().T
    pooled: Tensor = reduce(
        bands, "(frames four) bands -> frames bands", "mean", four=HIGH_PER_FRAME
    )
    return pooled


def _over_time(values: Float[Tensor, "frames bands"]) -> Float[Tensor, "short_frames bands"]:
    """Straight lines between the frames' middles."""
    return torch.nn.functional.interpolate(
        values.T[None], scale_factor=HIGH_PER_FRAME, mode="linear", align_corners=False
    )[0].T
