"""Sample rates and channels: resampling, and conversion to stereo."""

import torch
from jaxtyping import Float
from torch import Tensor

# Rows: left, right. Columns: channels in the order of WAVE files. Centre and surrounds are mixed in
# 3 dB down; the low-frequency channel is left out (ITU-R BS.775-4, table 2).
_HALF = 0.5**0.5
_DOWNMIX = {
    3: [[1.0, 0.0, _HALF], [0.0, 1.0, _HALF]],
    4: [[1.0, 0.0, _HALF, 0.0], [0.0, 1.0, 0.0, _HALF]],
    5: [[1.0, 0.0, _HALF, _HALF, 0.0], [0.0, 1.0, _HALF, 0.0, _HALF]],
    6: [[1.0, 0.0, _HALF, 0.0, _HALF, 0.0], [0.0, 1.0, _HALF, 0.0, 0.0, _HALF]],
    8: [
        [1.0, 0.0, _HALF, 0.0, _HALF, 0.0, _HALF, 0.0],
        [0.0, 1.0, _HALF, 0.0, 0.0, _HALF, 0.0, _HALF],
    ],
}


def resampled_length(samples: int, from_rate: int, to_rate: int) -> int:
    """Return the length in samples that a sound has after resampling."""
    return round(samples * to_rate / from_rate)


def resample(
    samples: Float[Tensor, "channels samples"], from_rate: int, to_rate: int
) -> Float[Tensor, "channels resampled"]:
    """Resample a sound in memory; the result has `resampled_length` samples.

    libsoxr resamples between any two rates in constant memory. torchaudio's kernel grows with the
    rates' least common multiple (8 GB from 44,101 to 44,100 Hz).

    Args:
        samples: the sound; full scale is 1.
        from_rate, to_rate: the present and the new rate in Hz.
    """
    if from_rate == to_rate:
        return samples
    import soxr

    length = resampled_length(samples.shape[-1], from_rate, to_rate)
    resampled = torch.from_numpy(
        soxr.resample(samples.detach().cpu().float().T.contiguous().numpy(), from_rate, to_rate)
    ).T
    missing = length - resampled.shape[-1]
    return torch.nn.functional.pad(resampled, (0, missing)).contiguous()


def tuned_rate(sample_rate: int, cents: float) -> int:
    """Return the rate that retunes a sound when it is resampled to it.

    Played at `sample_rate`, the resampled sound is `cents` lower and longer by the same ratio,
    1.7 % for 30 cents. Resampling from this rate back to `sample_rate` undoes both.

    Args:
        sample_rate: the rate of the sound in Hz.
        cents: the interval in hundredths of a semitone.

    Returns:
        The rate in whole Hz; the rounding costs at most 0.02 cents at 44.1 kHz.
    """
    return round(sample_rate * 2 ** (cents / 1200))


def to_stereo(samples: Float[Tensor, "channels samples"]) -> Float[Tensor, "2 samples"]:
    """Convert a sound to two channels: double mono, mix surround down without clipping.

    Channel counts without a common layout (7, or more than 8) give their average on both sides.

    Args:
        samples: the sound, channels in the order of WAVE files (left, right, centre, low
            frequencies, surrounds).
    """
    channels = samples.shape[0]
    if channels == 2:
        return samples
    if channels == 1:
        return samples.repeat(2, 1)
    matrix = torch.tensor(_DOWNMIX.get(channels, [[1.0] * channels] * 2), dtype=samples.dtype)
    return (matrix / matrix.sum(1, keepdim=True)).to(samples.device) @ samples
