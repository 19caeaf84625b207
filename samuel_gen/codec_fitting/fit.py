"""Refit the codec's tables: `python -m samuel_gen.codec_fitting.fit --songs 120`."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from samuel_gen.codecs.spectral.tables import Tables

CHANNELS = 60
WIDTH_CHANNELS = 3
LEAN_CHANNELS = 1
LOW_WEIGHT = 2.0
"""How much more a feature of the low band counts, because harmony and bass live there."""


def fitted(
    pieces: "Iterable[Float[Tensor, '2 samples']]",
    channels: int = CHANNELS,
    width_channels: int = WIDTH_CHANNELS,
    lean_channels: int = LEAN_CHANNELS,
) -> "Tables":
    """Tables for audio like these pieces.

    Principal components without centring: the directions that keep most of the features' energy.

    Args:
        pieces: stereo audio at 44,100 Hz.
        channels: numbers per frame for the carrier.
        width_channels: numbers per frame for how wide it is.
        lean_channels: numbers per frame for how it leans to one side.
    """
    import math

    import torch

    from samuel_gen.codecs.spectral.analysis import analysed
    from samuel_gen.codecs.spectral.bands import LOW_BANDS, STEREO_BANDS
    from samuel_gen.codecs.spectral.features import FEATURES
    from samuel_gen.codecs.spectral.grid import HOP_LENGTH
    from samuel_gen.codecs.spectral.stereo import STEREO_FEATURES
    from samuel_gen.codecs.spectral.tables import Tables

    weight = torch.ones(FEATURES)
    weight[:LOW_BANDS] = LOW_WEIGHT
    moments = torch.zeros(FEATURES, FEATURES, dtype=torch.float64)
    stereo_moments = torch.zeros(STEREO_FEATURES, STEREO_FEATURES, dtype=torch.float64)
    for piece in pieces:
        values, stereo = analysed(piece, 0, math.ceil(piece.shape[1] / HOP_LENGTH))
        weighted = (values * weight).double()
        moments += weighted.T @ weighted
        stereo_moments += stereo.double().T @ stereo.double()
    return Tables(
        weight=weight,
        basis=_principal(moments, channels),
        width_basis=_principal(stereo_moments[:STEREO_BANDS, :STEREO_BANDS], width_channels),
        lean_basis=_principal(stereo_moments[STEREO_BANDS:, STEREO_BANDS:], lean_channels),
    )


def _principal(
    moments: "Float[Tensor, 'features features']", count: int
) -> "Float[Tensor, 'components features']":
    """The strongest directions first; each points where its largest number is positive."""
    import torch

    _, vectors = torch.linalg.eigh(moments)
    rows = vectors.flip(1)[:, :count].T
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    principal: Tensor = (rows * largest.sign()).float().contiguous()
    return principal


def main(arguments: list[str] | None = None) -> int:
    """Fit and write the tables; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.codec_fitting.fit",
        description="Fit the spectral codec's tables to rendered songs. Latents made with other "
        "tables can no longer be decoded: the codec's identity changes.",
    )
    parser.add_argument("--songs", type=int, default=120, help="how many songs (default 120)")
    parser.add_argument("--seconds", type=float, default=24.0, help="of each song (default 24)")
    parser.add_argument("--output", type=Path, required=True, help="the safetensors file to write")
    options = parser.parse_args(arguments)
    if options.songs < 1 or options.seconds < 1:
        parser.error("found fewer than 1 song or 1 second; expected at least one; raise it")

    from rich.console import Console
    from rich.progress import track

    from samuel_gen.codec_fitting.material import PIECES_PER_SONG, fitting_pieces

    pieces = track(
        fitting_pieces(options.songs, options.seconds),
        description="fitting",
        total=options.songs * PIECES_PER_SONG,
        console=Console(stderr=True),
    )
    tables = fitted(pieces)
    tables.save(options.output)
    print(f"{options.output}: {tables.channels} channels, {tables.digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
