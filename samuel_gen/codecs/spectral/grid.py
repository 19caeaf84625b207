"""The two time-frequency grids of the spectral codec, with their transforms.

Bass needs a resolution of semitones and drums one of milliseconds; no single window has both. So
the low band is analysed with long windows, one per latent frame, and the high band with short ones,
four per latent frame.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from einops import rearrange
from jaxtyping import Complex, Float, Inexact
from torch import Tensor

SAMPLE_RATE = 44_100
HOP_LENGTH = 2048
CROSSOVER = (1120.0, 1318.5)
"""Frequency range of the crossfade from the low band to the high band, in Hz."""


@dataclass(frozen=True)
class FrameGrid:
    """A grid of Hann windows; the window of frame `k` is centred on sample `(k + 1/2) * hop`.

    Args:
        n_fft: window length, in samples; a multiple of `hop`.
        hop: distance between neighbouring windows, in samples.
    """

    n_fft: int
    hop: int

    @cached_property
    def window(self) -> Float[Tensor, " n_fft"]:
        """The Hann window, for analysis and for synthesis."""
        return torch.hann_window(self.n_fft)

    @property
    def lead(self) -> int:
        """The number of samples by which a window begins before its frame."""
        return (self.n_fft - self.hop) // 2

    def analyse(
        self, audio: Float[Tensor, "*channels samples"], first: int, frames: int
    ) -> Complex[Tensor, "*channels frames bins"]:
        """Return the spectra of a range of frames; the audio is silent beyond its ends.

        A full-scale sine has magnitude 1 at its peak, independent of the window's length.

        Args:
            audio: the signal, from sample 0 on.
            first: index of the first frame.
            frames: number of frames.
        """
        begin = first * self.hop - self.lead
        end = begin + (frames - 1) * self.hop + self.n_fft
        samples = audio[..., max(begin, 0) : max(end, 0)]
        missing = end - max(begin, 0) - samples.shape[-1]
        samples = torch.nn.functional.pad(samples, (max(-begin, 0), missing))
        return self.forward(samples) * (4 / self.n_fft)

    def forward(
        self, signal: Float[Tensor, "*channels samples"]
    ) -> Complex[Tensor, "*channels frames bins"]:
        """Return the unscaled spectra of a signal that starts with its first window."""
        windows = signal.unfold(-1, self.n_fft, self.hop) * self.window
        spectra: Tensor = torch.fft.rfft(windows)
        return spectra

    def inverse(
        self, spectra: Complex[Tensor, "*channels frames bins"]
    ) -> Float[Tensor, "*channels samples"]:
        """Return the signal, from the start of its first window, whose `forward` is nearest.

        Source: Griffin & Lim 1984, "Signal estimation from modified short-time Fourier transform".
        """
        windows = torch.fft.irfft(spectra, n=self.n_fft).mul_(self.window)
        return overlap_add(windows, self.hop).mul_(inverse_overlap(self, spectra.shape[-2]))


def overlap_add(
    windows: Inexact[Tensor, "*channels frames n_fft"], hop: int
) -> Inexact[Tensor, "*channels samples"]:
    """Return the sum of windows that start `hop` samples apart."""
    frames, pieces = windows.shape[-2], windows.shape[-1] // hop
    windows = rearrange(windows, "... (pieces hop) -> ... pieces hop", hop=hop)
    total = windows.new_zeros(*windows.shape[:-3], frames + pieces - 1, hop)
    for piece in range(pieces):
        total[..., piece : piece + frames, :] += windows[..., piece, :]
    return total.flatten(-2)


@lru_cache(maxsize=8)
def inverse_overlap(grid: FrameGrid, frames: int) -> Float[Tensor, " samples"]:
    """Return 1 over the sum of squared windows, bounded at the ends, where few windows overlap."""
    overlap = overlap_add(grid.window.square().expand(frames, -1), grid.hop)
    return overlap.clamp(min=1e-2 * float(overlap.max())).reciprocal()


LOW = FrameGrid(n_fft=8192, hop=2048)
HIGH = FrameGrid(n_fft=1024, hop=512)
LOW_DECIMATION = 16
"""The low band ends at 1.4 kHz, so its phases can be estimated at a sixteenth of the rate."""
LOW_BINS = LOW.n_fft // LOW_DECIMATION // 2 + 1
HIGH_BINS = HIGH.n_fft // 2 + 1
HIGH_PER_FRAME = HOP_LENGTH // HIGH.hop


def fade_in(bins: int, n_fft: int) -> Float[Tensor, " bins"]:
    """The high band's gain per bin, rising from 0 to 1 over the crossover.

    The low band's gain is the square root of 1 minus its square, so that powers add up to 1.
    """
    frequency = torch.arange(bins) * (SAMPLE_RATE / n_fft)
    start, stop = CROSSOVER
    return torch.sin(((frequency - start) / (stop - start)).clamp(0, 1) * (torch.pi / 2))


def interpolate_frames(
    values: Float[Tensor, "frames bands"], factor: int
) -> Float[Tensor, "short_frames bands"]:
    """Interpolate linearly between the frames' centres to `factor` values per frame."""
    return torch.nn.functional.interpolate(
        values.T[None], scale_factor=factor, mode="linear", align_corners=False
    )[0].T
