"""The two time-frequency grids of the codec, and how signals pass to and from them.

Bass needs semitones and drums need milliseconds; no single window has both. So the low band is
seen through long windows, one per latent frame, and the high band through short ones, four per
latent frame.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from einops import rearrange
from jaxtyping import Complex, Float
from torch import Tensor

SAMPLE_RATE = 44_100
HOP_LENGTH = 2048
CROSSOVER = (1120.0, 1318.5)
"""Where the low band gives way to the high one, in Hz."""


@dataclass(frozen=True)
class FrameGrid:
    """Hann windows of `n_fft` samples; the window of frame `k` is centred on `(k + 1/2) * hop`.

    Args:
        n_fft: window length, in samples; a multiple of `hop`.
        hop: from one window to the next, in samples.
    """

    n_fft: int
    hop: int

    @cached_property
    def window(self) -> Float[Tensor, " n_fft"]:
        """The Hann window, for analysis and for synthesis."""
        return torch.hann_window(self.n_fft)

    @property
    def lead(self) -> int:
        """How many samples the first window begins before the first sample of its frame."""
        return (self.n_fft - self.hop) // 2

    def analyse(
        self, audio: Float[Tensor, "*channels samples"], first: int, frames: int
    ) -> Complex[Tensor, "*channels frames bins"]:
        """Spectra of `frames` frames from frame `first` on; beyond its ends the audio is silent.

        A sine at full scale reads 1 at its peak, whatever the window's length.
        """
        begin = first * self.hop - self.lead
        end = begin + (frames - 1) * self.hop + self.n_fft
        piece = audio[..., max(begin, 0) : max(end, 0)]
        missing = end - max(begin, 0) - piece.shape[-1]
        piece = torch.nn.functional.pad(piece, (max(-begin, 0), missing))
        return self.forward(piece) * (4 / self.n_fft)

    def forward(
        self, signal: Float[Tensor, "*channels samples"]
    ) -> Complex[Tensor, "*channels frames bins"]:
        """Spectra of a signal that begins where its first window begins."""
        windows = signal.unfold(-1, self.n_fft, self.hop) * self.window
        spectra: Tensor = torch.fft.rfft(windows)
        return spectra

    def inverse(
        self, spectra: Complex[Tensor, "*channels frames bins"]
    ) -> Float[Tensor, "*channels samples"]:
        """The signal whose `forward` is nearest to `spectra`, from where its first window begins.

        Source: Griffin & Lim 1984, "Signal estimation from modified short-time Fourier transform".
        """
        windows = torch.fft.irfft(spectra, n=self.n_fft).mul_(self.window)
        return _overlap_add(windows, self.hop).mul_(_inverse_overlap(self, spectra.shape[-2]))


def _overlap_add(
    windows: Float[Tensor, "*channels frames n_fft"], hop: int
) -> Float[Tensor, "*channels samples"]:
    frames, pieces = windows.shape[-2], windows.shape[-1] // hop
    windows = rearrange(windows, "... (pieces hop) -> ... pieces hop", hop=hop)
    total = windows.new_zeros(*windows.shape[:-3], frames + pieces - 1, hop)
    for piece in range(pieces):
        total[..., piece : piece + frames, :] += windows[..., piece, :]
    return total.flatten(-2)


@lru_cache(maxsize=8)
def _inverse_overlap(grid: FrameGrid, frames: int) -> Float[Tensor, " samples"]:
    """One over the sum of the squared windows; it does not blow up where only a tail reaches."""
    overlap = _overlap_add(grid.window.square().expand(frames, -1), grid.hop)
    return overlap.clamp(min=1e-2 * float(overlap.max())).reciprocal()


LOW = FrameGrid(n_fft=8192, hop=2048)
HIGH = FrameGrid(n_fft=1024, hop=512)
LOW_DECIMATION = 16
"""The low band ends at 1.4 kHz, so that its phases can be sought at a sixteenth of the rate."""
LOW_BINS = LOW.n_fft // LOW_DECIMATION // 2 + 1
HIGH_BINS = HIGH.n_fft // 2 + 1
HIGH_PER_FRAME = HOP_LENGTH // HIGH.hop


def fade_in(bins: int, n_fft: int) -> Float[Tensor, " bins"]:
    """Amplitude of the high band around the crossover; the low band has the complement's power."""
    frequency = torch.arange(bins) * (SAMPLE_RATE / n_fft)
    start, stop = CROSSOVER
    return torch.sin(((frequency - start) / (stop - start)).clamp(0, 1) * (torch.pi / 2))
