"""Parametric stereo: the width of each band and its lean to one side.

The codec describes one mono carrier with the energy of mid and side together, and in six bands two
numbers, width and lean, from which mid and side are made:
mid = m * carrier, side = lean * carrier + d * (carrier, decorrelated), where
width^2 = lean^2 + d^2 is the side's share of the energy, and m^2 = 1 - width^2.
So errors in these numbers leave the level unchanged, an error in the lean leaves the width
unchanged, mono stays mono to the bit, and a sound without a mid is kept.
"""

from functools import cache

import torch
from einops import reduce
from jaxtyping import Complex, Float, Inexact
from torch import Tensor

from samuel_gen.codecs.spectral.bands import STEREO_BANDS, stereo_bank, stereo_crossfades
from samuel_gen.codecs.spectral.features import compress_power
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, SAMPLE_RATE, interpolate_frames

STEREO_FEATURES = 2 * STEREO_BANDS
"""Stereo features per latent frame: the widths, then the leans."""
QUIETEST_BAND = 0.1
"""Least level by which a band's stereo features are divided, relative to the strongest band of the
frame; it keeps weaker bands near the mid."""
QUIETEST_SIDE = 0.1
"""Stereo feature above which a frame counts as stereo."""
DECORRELATION_SECONDS = 0.012
"""Time in which the decorrelation filter decays by 26 dB."""


def to_mid_side(pair: Inexact[Tensor, "2 ..."]) -> Inexact[Tensor, "2 ..."]:
    """Return half the sum and half the difference of left and right, signals or spectra."""
    left, right = pair
    return torch.stack([left + right, left - right]) / 2


def power(spectra: Complex[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The squared modulus, several times faster than by `view_as_real` and a sum."""
    return spectra.real.square().addcmul_(spectra.imag, spectra.imag)


def to_left_right(audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "2 samples"]:
    """Invert `to_mid_side`."""
    mid, side = audio
    return torch.stack([mid + side, mid - side])


def stereo_features(
    high: Complex[Tensor, "2 short_frames bins"],
) -> Float[Tensor, "frames stereo_features"]:
    """Six widths and six leans per frame, each multiplied by its band's level.

    The level weighs the image by the sound it belongs to, and makes these features grow with the
    gain as all others do.

    Args:
        high: spectra of mid and side on the short windows.
    """
    mid_power, side_power = (_pool(power(part)) for part in high)
    common = _pool(high[0].real * high[1].real + high[0].imag * high[1].imag)
    total = (mid_power + side_power).clamp(min=1e-20)
    width = (side_power / total).sqrt()
    lean = common / (mid_power * total).sqrt().clamp(min=1e-20)
    level = compress_power(mid_power + side_power)
    return torch.cat([width * level, lean * level], dim=1)


def synthesise_mid_side(
    carrier: Complex[Tensor, "short_frames bins"],
    decorrelated: Complex[Tensor, "short_frames bins"],
    values: Float[Tensor, "frames stereo_features"],
) -> Complex[Tensor, "2 short_frames bins"]:
    """Return spectra of mid and side.

    Args:
        carrier: spectra of the mono carrier on the short windows.
        decorrelated: spectra of the carrier with other phases.
        values: stereo features, even impossible ones, which are limited to the possible range.
    """
    return spread_mid_side(carrier, decorrelated, stereo_shares(carrier, values))


def stereo_shares(
    carrier: Complex[Tensor, "short_frames bins"],
    values: Float[Tensor, "frames stereo_features"],
) -> Float[Tensor, "frames stereo_features"]:
    """Return widths and leans from -1 to 1.

    Args:
        carrier: spectra of the mono carrier on the short windows.
        values: stereo features, even impossible ones.
    """
    level = compress_power(_pool(power(carrier)))
    floor = QUIETEST_BAND * level.amax(1, keepdim=True)
    level = torch.maximum(level, floor).clamp(min=1e-6).repeat(1, 2)
    return (torch.nan_to_num(values) / level).clamp(-1, 1)


def spread_mid_side(
    carrier: Complex[Tensor, "short_frames bins"],
    decorrelated: Complex[Tensor, "short_frames bins"],
    shares: Float[Tensor, "frames stereo_features"],
) -> Complex[Tensor, "2 short_frames bins"]:
    """Return spectra of mid and side.

    Args:
        carrier: spectra of the mono carrier on the short windows.
        decorrelated: spectra of the carrier with other phases.
        shares: widths and leans of the stereo bands, from -1 to 1.
    """
    shares = interpolate_frames(shares, HIGH_PER_FRAME)
    width = shares[:, :STEREO_BANDS].clamp(min=0) @ stereo_crossfades()
    lean = torch.minimum(shares[:, STEREO_BANDS:] @ stereo_crossfades(), width)
    lean = torch.maximum(lean, -width)
    diffuse = (width.square() - lean.square()).clamp(min=0).sqrt()
    mid = (1 - width.square()).clamp(min=0).sqrt()
    return torch.stack([carrier * mid, carrier * lean + decorrelated * diffuse])


def audible_sides(
    values: Float[Tensor, "frames stereo_features"],
) -> Float[Tensor, "frames 1"]:
    """Return 1 for frames with a side, 0 for those without one, so that mono stays mono.

    Args:
        values: stereo features, of any origin.
    """
    strongest = torch.nan_to_num(values).abs().amax(1, keepdim=True)
    return (strongest / QUIETEST_SIDE).clamp(max=1)


def synthesise_stereo(
    carrier: Float[Tensor, " samples"], values: Float[Tensor, "frames stereo_features"]
) -> Float[Tensor, "2 samples"]:
    """Return left and right, as long as the carrier.

    Args:
        carrier: the mono signal, `frames * HOP_LENGTH` samples.
        values: stereo features, even impossible ones.
    """
    short = len(values) * HIGH_PER_FRAME
    both = HIGH.analyse(torch.stack([carrier, decorrelate(carrier)]), 0, short)
    parts = HIGH.inverse(synthesise_mid_side(both[0], both[1], values)) * (HIGH.n_fft / 4)
    return to_left_right(parts[:, HIGH.lead :][:, : len(carrier)])


def decorrelate(signal: Float[Tensor, " samples"]) -> Float[Tensor, " samples"]:
    """Change all phases of a signal, but neither its magnitudes nor, audibly, its timing."""
    taps = _decorrelation_filter()
    size = len(signal) + len(taps)
    product = torch.fft.rfft(signal, n=size) * torch.fft.rfft(taps, n=size)
    result: Tensor = torch.fft.irfft(product, n=size)
    return result[: len(signal)]


@cache
def _decorrelation_filter() -> Float[Tensor, " taps"]:
    """An all-pass filter: a few milliseconds of decaying noise, made flat in frequency."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(HIGH.n_fft, generator=generator)
    decay = torch.arange(HIGH.n_fft) / (DECORRELATION_SECONDS * SAMPLE_RATE)
    spectrum = torch.fft.rfft(noise * torch.exp(-3 * decay))
    taps: Tensor = torch.fft.irfft(spectrum / spectrum.abs().clamp(min=1e-9))
    return taps


def _pool(power: Float[Tensor, "short_frames bins"]) -> Float[Tensor, "frames bands"]:
    """Average power over the bins of each stereo band and the short windows of each frame."""
    bands = power @ stereo_bank().T
    pooled: Tensor = reduce(
        bands, "(frames four) bands -> frames bands", "mean", four=HIGH_PER_FRAME
    )
    return pooled
