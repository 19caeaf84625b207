"""`SpectralCodec`, the codec of this package: 64 numbers per frame of 46 ms, in closed form."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.streams import fit_length
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.grid import HIGH, HOP_LENGTH, LOW, SAMPLE_RATE
from samuel_gen.codecs.spectral.stereo import synthesise_stereo
from samuel_gen.codecs.spectral.synthesis import (
    Spectra,
    synthesise_signal,
    synthesise_spectra,
)
from samuel_gen.codecs.spectral.tables import BUNDLED_TABLES, Tables

CONTEXT = 16
"""Frames on either side of a join that neighbouring chunks share when decoding."""


class SpectralCodec:
    """A codec of power-law spectra in two bands and principal components.

    Decoding estimates phases with Griffin-Lim.

    Args:
        iterations: iterations of Griffin-Lim in the high band; the low band, which is cheap and
            carries the harmony, gets eight times as many. In the high band more than four change
            no metric of `samuel_gen.codec_fitting.measure` and make attacks a little sharper.
        chunk_frames: the largest number of frames processed at once, which bounds the memory.
        tables: a file written by `samuel_gen.codec_fitting.fit`.
    """

    sample_rate = SAMPLE_RATE
    hop_length = HOP_LENGTH
    context_frames = math.ceil(max(LOW.lead, HIGH.lead) / HOP_LENGTH)
    """Frames that the longest window reaches beyond its own frame on either side."""

    def __init__(
        self, iterations: int = 8, chunk_frames: int = 512, tables: str | Path = BUNDLED_TABLES
    ) -> None:
        assert iterations >= 0 and chunk_frames >= 2 * CONTEXT
        self.iterations = iterations
        self.chunk_frames = chunk_frames
        self.tables = Tables.load(Path(tables))

    @property
    def channels(self) -> int:
        """Numbers per latent frame."""
        return self.tables.channels

    @property
    def identity(self) -> CodecIdentity:
        """The codec's identity, which depends on the tables but not on the iterations."""
        return CodecIdentity(
            "spectral", self.tables.digest, self.sample_rate, self.hop_length, self.channels
        )

    @torch.no_grad()
    def encode(self, audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "channels frames"]:
        """Return latents, proportional to the audio's amplitude to the power 0.3."""
        frames = math.ceil(audio.shape[-1] / HOP_LENGTH)
        size = self.chunk_frames
        chunks = [
            self.tables.compress(*extract_features(audio, start, min(size, frames - start)))
            for start in range(0, frames, size)
        ]
        return torch.cat(chunks, dim=1) if chunks else torch.zeros(self.channels, 0)

    @torch.no_grad()
    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int | None = None
    ) -> Float[Tensor, "2 samples"]:
        """Return stereo audio, with silence beyond the last frame."""
        if num_samples is None:
            num_samples = latents.shape[1] * HOP_LENGTH
        return torch.cat([torch.zeros(2, 0), *self.decode_blocks(latents, num_samples)], dim=1)

    def decode_blocks(
        self, latents: Float[Tensor, "channels frames"], num_samples: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Yield stereo audio in order; concatenated, it equals `decode(latents, num_samples)`."""
        frames = math.ceil(num_samples / HOP_LENGTH)
        return fit_length(self._join_chunks(latents[:, :frames].float().cpu()), num_samples)

    @torch.no_grad()
    def _join_chunks(
        self, latents: Float[Tensor, "channels frames"]
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Add up the decoded chunks where they overlap, and yield the audio that is complete."""
        pending, offset = torch.zeros(2, 0), 0  # incomplete audio, and its first sample's index
        for first, chunk in self._decode_chunks(latents):
            complete = first * HOP_LENGTH - offset
            if complete > 0:
                yield pending[:, :complete]
            overlap = pending.shape[1] - complete
            chunk[:, :overlap] += pending[:, complete:]
            pending, offset = chunk, offset + complete
        yield pending

    def _decode_chunks(
        self, latents: Float[Tensor, "channels frames"]
    ) -> Iterator[tuple[int, Float[Tensor, "2 samples"]]]:
        """Yield chunks of audio, faded at their joins, with the index of their first frame."""
        frames, join = latents.shape[1], CONTEXT // 2
        known: Spectra | None = None
        for start in range(0, max(frames - CONTEXT, min(frames, 1)), self.chunk_frames):
            first = max(0, start - CONTEXT)
            last = min(frames, start + self.chunk_frames + CONTEXT)
            values, stereo = self.tables.expand(latents[:, first:last])
            spectra = synthesise_spectra(
                values,
                first,
                low_iterations=8 * self.iterations,
                high_iterations=self.iterations,
                known=known,
            )
            audio = synthesise_stereo(synthesise_signal(spectra), stereo)
            if start > 0:
                audio = audio[:, join * HOP_LENGTH :]
                audio[:, :HOP_LENGTH] *= torch.linspace(0, 1, HOP_LENGTH)
            if last < frames:
                audio = audio[:, : -(last - start - self.chunk_frames + join - 1) * HOP_LENGTH]
                audio[:, -HOP_LENGTH:] *= torch.linspace(1, 0, HOP_LENGTH)
            yield first + (join if start > 0 else 0), audio
            next_first = start + self.chunk_frames - CONTEXT - first
            known = spectra.slice_frames(next_first, next_first + CONTEXT)
