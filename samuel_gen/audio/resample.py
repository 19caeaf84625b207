"""Sample rates and channels: everything inside the project is stereo at one rate."""

import torch
from jaxtyping import Float
from torch import Tensor

# Rows left, right; columns in the order of WAVE files. Centre and surrounds go in 3 dB down, the
# low-frequency channel is left out (ITU-R BS.775-4, table 2).
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


def resample(
    samples: Float[Tensor, "channels samples"], from_rate: int, to_rate: int
) -> Float[Tensor, "channels resampled"]:
    """The same sound at another rate, of `round(samples * to_rate / from_rate)` samples.

    libsoxr does it, since it takes any pair of rates in constant memory; torchaudio's kernel grows
    with the rates' least common multiple (8 GB from 44,101 to 44,100 Hz).

    Args:
        samples: full scale is 1.
        from_rate, to_rate: Hz.
    """
    if from_rate == to_rate:
        return samples
    import soxr

    length = round(samples.shape[-1] * to_rate / from_rate)
    resampled = torch.from_numpy(
        soxr.resample(samples.detach().cpu().float().T.contiguous().numpy(), from_rate, to_rate)
    ).T
    missing = length - resampled.shape[-1]
    return torch.nn.functional.pad(resampled, (0, missing)).contiguous()


def tuned_rate(sample_rate: int, cents: float) -> int:
    """The rate to resample a sound to, so that played at `sample_rate` it is `cents` lower.

    It then lasts longer by the same ratio, 1.7 % for 30 cents: resampling back from this rate
    undoes both.

    Args:
        sample_rate: Hz; rounding to whole Hz costs at most 0.02 cents at 44.1 kHz.
        cents: hundredths of a semitone.
    """
    return round(sample_rate * 2 ** (cents / 1200))


def to_stereo(samples: Float[Tensor, "channels samples"]) -> Float[Tensor, "2 samples"]:
    """Two channels: mono is doubled, surround is mixed down without clipping.

    Channel counts without a common layout (7, or more than 8) become their average on both sides.

    Args:
        samples: channels in the order of WAVE files (left, right, centre, low, surrounds).
    """
    channels = samples.shape[0]
    if channels == 2:
        return samples
    if channels == 1:
        return samples.repeat(2, 1)
    matrix = torch.tensor(_DOWNMIX.get(channels, [[1.0] * channels] * 2), dtype=samples.dtype)
    return (matrix / matrix.sum(1, keepdim=True)).to(samples.device) @ samples
