"""The two decoders of the spectral codec: in closed form, and with a network that has learned."""

from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.envelopes import settle_levels, shape_envelope
from samuel_gen.codecs.spectral.features import LARGEST
from samuel_gen.codecs.spectral.fine_grid import FINE_PER_FRAME, LogMagnitudes
from samuel_gen.codecs.spectral.fine_synthesis import find_phases, synthesise_carrier
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME
from samuel_gen.codecs.spectral.network import CONTEXT, DecoderNetwork
from samuel_gen.codecs.spectral.stereo import (
    audible_sides,
    decorrelate,
    spread_mid_side,
    stereo_shares,
    synthesise_stereo,
    to_left_right,
)
from samuel_gen.codecs.spectral.synthesis import synthesise_signal, synthesise_spectra
from samuel_gen.codecs.spectral.tables import Tables
from samuel_gen.errors import SamuelError

DECODERS = ("learned", "closed_form")
SHARPNESS = 1.25
"""Factor on the height of partials above the bands, since the network predicts too little."""
STEREO_TOLERANCE = 0.03
"""The most by which a predicted share may differ from that of the stereo features, which know
unusual images better."""
LARGEST_LATENT = 300.0
"""Largest latent that the network is given; those of a full-scale sine are smaller."""
LARGEST_LOG = 1.0
"""Largest magnitude that is decoded, as a logarithm. It is 9 dB above a full-scale sine."""


@runtime_checkable
class Decoder(Protocol):
    """Makes sound of consecutive latent frames."""

    @property
    def context(self) -> int:
        """Latent frames on either side on which magnitudes depend."""

    @property
    def fixed_chunks(self) -> int | None:
        """Latent frames that are decoded at once, so that samples do not depend on a user's choice.

        None where they may.
        """

    def decode(
        self, latents: Float[Tensor, "channels frames"], first: int, inner: slice, known: Any
    ) -> tuple[Float[Tensor, "2 samples"], Any]:
        """Return the sound of the inner frames, and spectra of which some may be continued.

        Args:
            latents: the inner frames with as much context as there is.
            first: index of the first inner frame in the whole signal.
            inner: which of the frames are to be decoded.
            known: spectra of the first inner frames, which are continued, or None.
        """


class ClosedFormDecoder:
    """Finds no partials above 1.2 kHz, but needs no weights.

    Args:
        tables: the tables of the codec.
        iterations: iterations of Griffin-Lim in the high band; the low one gets eight times as
            many.
    """

    context = 0
    fixed_chunks: int | None = None

    def __init__(self, tables: Tables, iterations: int) -> None:
        self.tables, self.iterations = tables, iterations

    def decode(
        self, latents: Float[Tensor, "channels frames"], first: int, inner: slice, known: Any
    ) -> tuple[Float[Tensor, "2 samples"], Any]:
        """Return sound and spectra; see `Decoder.decode`."""
        values, stereo = self.tables.expand(latents[:, inner])
        spectra = synthesise_spectra(
            values,
            first,
            low_iterations=8 * self.iterations,
            high_iterations=self.iterations,
            known=known,
        )
        return synthesise_stereo(synthesise_signal(spectra), stereo), spectra


class LearnedDecoder:
    """Predicts partials, attacks and the places of the instruments with `DecoderNetwork`.

    Args:
        tables: the tables of the codec.
        iterations: iterations of Griffin-Lim above 8 kHz; the low band gets eight times as many.
        network: the network; by default that of the package.

    Raises:
        SamuelError: the network was trained on the latents of other tables.
    """

    context = CONTEXT
    fixed_chunks = 512

    def __init__(
        self, tables: Tables, iterations: int, network: DecoderNetwork | None = None
    ) -> None:
        self.tables, self.iterations = tables, iterations
        self.network = network or DecoderNetwork.load()
        if self.network.tables != tables.digest:
            raise SamuelError(
                f"the learned decoder is for the tables {self.network.tables}, not for "
                f"{tables.digest}; train one with python -m samuel_gen.codec_fitting.decoder, or "
                "choose codec.decoder=closed_form"
            )

    def decode(
        self, latents: Float[Tensor, "channels frames"], first: int, inner: slice, known: Any
    ) -> tuple[Float[Tensor, "2 samples"], Any]:
        """Return sound and spectra; see `Decoder.decode`."""
        values, stereo = self.tables.expand(latents)
        values = torch.nan_to_num(values).clamp(0, LARGEST)
        batch = torch.nan_to_num(latents).clamp(-LARGEST_LATENT, LARGEST_LATENT).T[None]
        predicted, shares = self.network(batch, values[None], SHARPNESS)
        predicted, values = _cut_frames(predicted, inner), values[inner]
        predicted = settle_levels(predicted, values)
        spectra = find_phases(predicted, values, first, iterations=self.iterations, known=known)
        carrier = synthesise_carrier(spectra)
        both = torch.stack([carrier, decorrelate(carrier)])
        both = HIGH.analyse(both, 0, len(values) * HIGH_PER_FRAME)
        both = shape_envelope(both, predicted.envelope, values)
        rough = stereo_shares(both[0], stereo[inner])
        fine = shares[0, inner].clamp(rough - STEREO_TOLERANCE, rough + STEREO_TOLERANCE)
        both = spread_mid_side(both[0], both[1], fine * audible_sides(stereo[inner]))
        sides = HIGH.inverse(both) * (HIGH.n_fft / 4)
        return to_left_right(sides[:, HIGH.lead :][:, : len(carrier)]), spectra


def _cut_frames(magnitudes: LogMagnitudes, frames: slice) -> LogMagnitudes:
    """Return the only item of the batch, cut to a range of latent frames and of levels."""
    fine = slice(frames.start * FINE_PER_FRAME, frames.stop * FINE_PER_FRAME)
    short = slice(frames.start * HIGH_PER_FRAME, frames.stop * HIGH_PER_FRAME)
    return LogMagnitudes(
        magnitudes.low[0, frames].clamp(max=LARGEST_LOG),
        magnitudes.fine[0, fine].clamp(max=LARGEST_LOG),
        magnitudes.envelope[0, short].clamp(max=LARGEST_LOG),
    )
