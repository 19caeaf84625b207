"""`SpectralCodec`, the codec of this package: 64 numbers per frame of 46 ms.

The encoder is in closed form. There are two decoders for its latents, see `decoders`.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.streams import fit_length
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.decoders import (
    DECODERS,
    ClosedFormDecoder,
    Decoder,
    LearnedDecoder,
)
from samuel_gen.codecs.spectral.grid import HIGH, HOP_LENGTH, LOW, SAMPLE_RATE
from samuel_gen.codecs.spectral.tables import BUNDLED_TABLES, Tables
from samuel_gen.errors import SamuelError

CONTEXT = 16
"""Frames on either side of a join that neighbouring chunks share when decoding."""


class SpectralCodec:
    """A codec of power-law spectra in two bands and principal components.

    Decoding estimates phases with Griffin-Lim.

    Args:
        iterations: iterations of Griffin-Lim in the high band; the low band, which is cheap and
            carries the harmony, gets eight times as many. In the high band more than four change
            no measure of `codecs.quality` and make attacks a little sharper.
        chunk_frames: the largest number of frames processed at once, which bounds the memory. The
            learned decoder has chunks of its own, so that its samples do not depend on it.
        tables: a file written by `samuel_gen.codec_fitting.fit`.
        decoder: `closed_form`, which finds no partials above 1.2 kHz, or `learned`, which does.

    Raises:
        SamuelError: there is no such decoder.
    """

    sample_rate = SAMPLE_RATE
    hop_length = HOP_LENGTH
    context_frames = math.ceil(max(LOW.lead, HIGH.lead) / HOP_LENGTH)
    """Frames that the longest window reaches beyond its own frame on either side."""

    def __init__(
        self,
        iterations: int = 8,
        chunk_frames: int = 512,
        tables: str | Path = BUNDLED_TABLES,
        decoder: str = "closed_form",
    ) -> None:
        assert iterations >= 0 and chunk_frames >= 2 * CONTEXT
        if decoder not in DECODERS:
            raise SamuelError(f"codec.decoder={decoder}: choose one of {', '.join(DECODERS)}")
        self.iterations = iterations
        self.chunk_frames = chunk_frames
        self.tables = Tables.load(Path(tables))
        self.decoder = decoder

    @property
    def channels(self) -> int:
        """Numbers per latent frame."""
        return self.tables.channels

    @property
    def identity(self) -> CodecIdentity:
        """The codec's identity: that of its encoder, which gives latents their meaning.

        It depends on the tables, but not on the decoder.
        """
        return CodecIdentity(
            "spectral", self.tables.digest, self.sample_rate, self.hop_length, self.channels
        )

    @property
    def decoder_identity(self) -> str:
        """The decoder's name, and the digest of its weights if it has any."""
        if self.decoder == "closed_form":
            return self.decoder
        assert isinstance(self._synthesis, LearnedDecoder)
        return f"{self.decoder} {self._synthesis.network.digest}"

    @cached_property
    def _synthesis(self) -> Decoder:
        """The decoder, whose weights are read when something is decoded."""
        made = ClosedFormDecoder if self.decoder == "closed_form" else LearnedDecoder
        return made(self.tables, self.iterations)

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
        decoder = self._synthesis
        size = decoder.fixed_chunks or self.chunk_frames
        known: Any = None
        for start in range(0, max(frames - CONTEXT, min(frames, 1)), size):
            first = max(0, start - CONTEXT)
            last = min(frames, start + size + CONTEXT)
            seen = max(0, first - decoder.context)
            audio, spectra = decoder.decode(
                latents[:, seen : last + decoder.context],
                first,
                slice(first - seen, last - seen),
                known,
            )
            if start > 0:
                audio = audio[:, join * HOP_LENGTH :]
                audio[:, :HOP_LENGTH] *= torch.linspace(0, 1, HOP_LENGTH)
            if last < frames:
                audio = audio[:, : -(last - start - size + join - 1) * HOP_LENGTH]
                audio[:, -HOP_LENGTH:] *= torch.linspace(1, 0, HOP_LENGTH)
            yield first + (join if start > 0 else 0), audio
            next_first = start + size - CONTEXT - first
            known = spectra.slice_frames(next_first, next_first + CONTEXT)
