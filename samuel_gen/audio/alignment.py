"""Time alignment of two versions of one sound."""

import torch
from jaxtyping import Float
from torch import Tensor

Sound = Float[Tensor, "channels _"]

_BLOCK = 2**18


def find_lag(first: Sound, second: Sound, reach: int) -> tuple[int, float | None]:
    """Find the lag at which two sounds correlate most.

    The correlation is taken over all channels together, over the samples that overlap at that lag.
    Its absolute value is maximised, so that an inverted copy is found too, with -1.

    Args:
        first, second: two sounds of one rate and as many channels; the excess at the end of the
            longer one is ignored.
        reach: the largest lag to try in samples, less than the length of the shorter sound.

    Returns:
        The samples by which the second is later (negative: earlier) and the correlation, -1 to 1;
        0 and None if one of the two is silent.
    """
    length = min(first.shape[-1], second.shape[-1])
    first, second = (_centre(sound[:, :length]) for sound in (first, second))
    if not (first.any() and second.any()):
        return 0, None
    energies = _overlap_energy(first, reach).flip(0) * _overlap_energy(second, reach)
    loudest = energies.max()
    products = _cross_correlate(first, second, reach)
    correlations = products / energies.clamp(min=1e-9 * loudest).sqrt()
    best = int(correlations.abs().argmax())
    return best - reach, float(correlations[best].clamp(-1, 1))


def align(first: Sound, second: Sound, lag: int) -> tuple[Sound, Sound]:
    """Shift the second sound earlier by `lag` samples, and cut both to their overlap.

    Args:
        first, second: two sounds of one rate.
        lag: the lag from `find_lag`.
    """
    first, second = first[:, max(-lag, 0) :], second[:, max(lag, 0) :]
    length = min(first.shape[-1], second.shape[-1])
    return first[:, :length], second[:, :length]


def _centre(sound: Sound) -> Float[Tensor, "channels samples"]:
    """Subtract the mean of each channel."""
    return sound.float() - sound.mean(-1, keepdim=True, dtype=torch.float64).float()


def _overlap_energy(sound: Float[Tensor, "channels samples"], reach: int) -> Float[Tensor, " lags"]:
    """Return the energy of the part that overlaps an equally long sound, at each lag."""
    first, last = (
        part.double().square().sum(0).cumsum(0)
        for part in (sound[:, :reach], sound[:, sound.shape[1] - reach :].flip(1))
    )
    total = sum(float(piece.double().square().sum()) for piece in torch.split(sound, _BLOCK, dim=1))
    return total - torch.cat([last.flip(0), first.new_zeros(1), first])


def _cross_correlate(
    first: Float[Tensor, "channels samples"], second: Float[Tensor, "channels samples"], reach: int
) -> Float[Tensor, " lags"]:
    """Return the inner product at each lag from -reach to reach, in the memory of one block."""
    total = torch.zeros(2 * reach + 1, dtype=torch.float64)
    padded = torch.nn.functional.pad(second, (reach, reach))
    for start in range(0, first.shape[1], _BLOCK):
        block = first[:, start : start + _BLOCK].double()
        around = padded[:, start : start + block.shape[1] + 2 * reach].double()
        size = 1 << (around.shape[1] - 1).bit_length()
        spectrum = torch.fft.rfft(around, size) * torch.fft.rfft(block, size).conj()
        total += torch.fft.irfft(spectrum.sum(0), size)[: 2 * reach + 1]
    return total
