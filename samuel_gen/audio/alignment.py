"""By how much one recording of a thing comes later than another."""

import torch
from jaxtyping import Float
from torch import Tensor

Sound = Float[Tensor, "channels _"]

_BLOCK = 2**18


def best_lag(first: Sound, second: Sound, reach: int) -> tuple[int, float | None]:
    """The lag at which two sounds are most alike, and their sample correlation there.

    The correlation is over all channels together, of the samples that both have at that lag; of
    two signs the stronger counts, so that -1 is the same sound upside down.

    Args:
        first, second: of one rate and as many channels; what one is longer at its end is left out.
        reach: the largest lag looked at, in samples; less than the shorter sound.

    Returns:
        samples by which the second comes later (below zero: earlier), and -1 to 1; 0 and None
        where one of the two is silent.
    """
    length = min(first.shape[-1], second.shape[-1])
    ours, theirs = (_centred(sound[:, :length]) for sound in (first, second))
    if not (ours.any() and theirs.any()):
        return 0, None
    energies = _overlapping(ours, reach).flip(0) * _overlapping(theirs, reach)
    loudest = energies.max()
    correlations = _products(ours, theirs, reach) / energies.clamp(min=1e-9 * loudest).sqrt()
    best = int(correlations.abs().argmax())
    return best - reach, float(correlations[best].clamp(-1, 1))


def aligned(first: Sound, second: Sound, lag: int) -> tuple[Sound, Sound]:
    """What both have where the second is taken `lag` samples earlier; equally long.

    Args:
        first, second: of one rate.
        lag: of `best_lag`.
    """
    first, second = first[:, max(-lag, 0) :], second[:, max(lag, 0) :]
    length = min(first.shape[-1], second.shape[-1])
    return first[:, :length], second[:, :length]


def _centred(sound: Sound) -> Float[Tensor, "channels samples"]:
    return sound.float() - sound.mean(-1, keepdim=True, dtype=torch.float64).float()


def _overlapping(sound: Float[Tensor, "channels samples"], reach: int) -> Float[Tensor, " lags"]:
    """Energy of what overlaps with another, as long, at each lag by which this one is later."""
    first, last = (
        part.double().square().sum(0).cumsum(0)
        for part in (sound[:, :reach], sound[:, sound.shape[1] - reach :].flip(1))
    )
    total = sum(float(piece.double().square().sum()) for piece in torch.split(sound, _BLOCK, dim=1))
    return total - torch.cat([last.flip(0), first.new_zeros(1), first])


def _products(
    first: Float[Tensor, "channels samples"], second: Float[Tensor, "channels samples"], reach: int
) -> Float[Tensor, " lags"]:
    """The inner product of both at each lag from -reach to reach, in memory of one block."""
    total = torch.zeros(2 * reach + 1, dtype=torch.float64)
    padded = torch.nn.functional.pad(second, (reach, reach))
    for start in range(0, first.shape[1], _BLOCK):
        block = first[:, start : start + _BLOCK].double()
        around = padded[:, start : start + block.shape[1] + 2 * reach].double()
        size = 1 << (around.shape[1] - 1).bit_length()
        spectrum = torch.fft.rfft(around, size) * torch.fft.rfft(block, size).conj()
        total += torch.fft.irfft(spectrum.sum(0), size)[: 2 * reach + 1]
    return total
