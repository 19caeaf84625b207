"""The embedded codec: 64 numbers per frame of 46 ms, in closed form."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.streams import exactly
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.spectral.analysis import analysed
from samuel_gen.codecs.spectral.grid import HIGH, HOP_LENGTH, LOW, SAMPLE_RATE
from samuel_gen.codecs.spectral.stereo import in_stereo
from samuel_gen.codecs.spectral.synthesis import signal_of, spectra_of
from samuel_gen.codecs.spectral.tables import PACKAGED, Tables

CONTEXT = 16
"""Frames that neighbouring chunks of a long decode share, on either side of the join."""


class SpectralCodec:
    """Two bands of power-law spectra, principal components, and Griffin-Lim on the way back.

    Args:
        iterations: of Griffin-Lim in the high band; the low band, which is cheap and carries
            the harmony, gets eight times as many. In the high band more than four change no
            figure of `measure` and make attacks a little sharper.
        chunk_frames: longest stretch that is worked on at once, which bounds the memory.
        tables: a file made by `samuel_gen.codec_fitting.fit`.
    """

    sample_rate = SAMPLE_RATE
    hop_length = HOP_LENGTH
    context_frames = math.ceil(max(LOW.lead, HIGH.lead) / HOP_LENGTH)
    """As far as the longest window reaches beyond its frame."""

    def __init__(
        self, iterations: int = 8, chunk_frames: int = 512, tables: str | Path = PACKAGED
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
        """Equal for codecs with the same tables, however many iterations they spend."""
        return CodecIdentity(
            "spectral", self.tables.digest, self.sample_rate, self.hop_length, self.channels
        )

    @torch.no_grad()
    def encode(self, audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "channels frames"]:
        """Latents, proportional to the audio's amplitude to the power 0.3."""
        frames = math.ceil(audio.shape[-1] / HOP_LENGTH)
        stretches = [
            self.tables.compress(*analysed(audio, start, min(self.chunk_frames, frames - start)))
            for start in range(0, frames, self.chunk_frames)
        ]
        return torch.cat(stretches, dim=1) if stretches else torch.zeros(self.channels, 0)

    @torch.no_grad()
    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int | None = None
    ) -> Float[Tensor, "2 samples"]:
        """Stereo audio; silence past the last frame, should more samples be asked for."""
        if num_samples is None:
            num_samples = latents.shape[1] * HOP_LENGTH
        return torch.cat([torch.zeros(2, 0), *self.decode_blocks(latents, num_samples)], dim=1)

    def decode_blocks(
        self, latents: Float[Tensor, "channels frames"], num_samples: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """See `samuel_gen.codecs.streaming.InOrder`."""
        frames = math.ceil(num_samples / HOP_LENGTH)
        return exactly(self._joined(latents[:, :frames].float().cpu()), num_samples)

    @torch.no_grad()
    def _joined(self, latents: Float[Tensor, "channels frames"]) -> Iterator[Float[Tensor, "2 _"]]:
        """The faded pieces added up where they overlap."""
        held, at = torch.zeros(2, 0), 0  # what is not given yet, and where it begins
        for first, stretch in self._stretches(latents):
            done = first * HOP_LENGTH - at
            if done > 0:
                yield held[:, :done]
            overlap = held.shape[1] - done
            stretch[:, :overlap] += held[:, done:]
            held, at = stretch, at + done
        yield held

    def _stretches(
        self, latents: Float[Tensor, "channels frames"]
    ) -> Iterator[tuple[int, Float[Tensor, "2 samples"]]]:
        """First frames and faded pieces that add up to the whole."""
        frames, known = latents.shape[1], None
        for start in range(0, max(frames - CONTEXT, min(frames, 1)), self.chunk_frames):
            first = max(0, start - CONTEXT)
            last = min(frames, start + self.chunk_frames + CONTEXT)
            values, stereo = self.tables.expand(latents[:, first:last])
            spectra = spectra_of(
                values,
                first,
                low_iterations=8 * self.iterations,
                high_iterations=self.iterations,
                known=known,
            )
            audio = in_stereo(signal_of(spectra), stereo)
            join = CONTEXT // 2
            if start > 0:
                audio = audio[:, join * HOP_LENGTH :]
                audio[:, :HOP_LENGTH] *= torch.linspace(0, 1, HOP_LENGTH)
            if last < frames:
                audio = audio[:, : -(last - start - self.chunk_frames + join - 1) * HOP_LENGTH]
                audio[:, -HOP_LENGTH:] *= torch.linspace(1, 0, HOP_LENGTH)
            yield first + (join if start > 0 else 0), audio
            ahead = start + self.chunk_frames - CONTEXT - first
            known = spectra.frames(ahead, ahead + CONTEXT)
