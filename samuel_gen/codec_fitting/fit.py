"""The command `python -m samuel_gen.codec_fitting.fit`, which fits the tables of the codec."""

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
"""The weight of a feature of the low band, where harmony and bass lie; all others have 1."""


def fit_tables(
    pieces: "Iterable[Float[Tensor, '2 samples']]",
    channels: int = CHANNELS,
    width_channels: int = WIDTH_CHANNELS,
    lean_channels: int = LEAN_CHANNELS,
) -> "Tables":
    """Fit the tables of the codec to pieces of music.

    The tables are principal components without centring: the directions that keep most of the
    energy of the features.

    Args:
        pieces: stereo audio at 44,100 Hz; each (2, samples).
        channels: the number of latent channels for the spectrum.
        width_channels: the number of latent channels for the stereo width.
        lean_channels: the number of latent channels for the lean to one side.
    """
    import math

    import torch

    from samuel_gen.codecs.spectral.analysis import extract_features
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
        values, stereo = extract_features(piece, 0, math.ceil(piece.shape[1] / HOP_LENGTH))
        weighted = (values * weight).double()
        moments += weighted.T @ weighted
        stereo_moments += stereo.double().T @ stereo.double()
    width_moments = stereo_moments[:STEREO_BANDS, :STEREO_BANDS]
    lean_moments = stereo_moments[STEREO_BANDS:, STEREO_BANDS:]
    return Tables(
        weight=weight,
        basis=_principal_components(moments, channels),
        width_basis=_principal_components(width_moments, width_channels),
        lean_basis=_principal_components(lean_moments, lean_channels),
    )


def _principal_components(
    moments: "Float[Tensor, 'features features']", count: int
) -> "Float[Tensor, 'components features']":
    """The directions of most energy, strongest first.

    The sign of each is chosen so that its largest number is positive.

    Args:
        moments: the second moments of the features.
        count: the number of directions.
    """
    import torch

    _, vectors = torch.linalg.eigh(moments)
    rows = vectors.flip(1)[:, :count].T
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    components: Tensor = (rows * largest.sign()).float().contiguous()
    return components


def main(arguments: list[str] | None = None) -> int:
    """Fit the tables, write them and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.codec_fitting.fit",
        description="Fit the tables of the spectral codec to rendered songs. New tables change "
        "the identity of the codec: latents that were encoded with other tables cannot be decoded.",
    )
    parser.add_argument("--songs", type=int, default=120, help="the number of songs (default 120)")
    parser.add_argument("--seconds", type=float, default=24.0, help="seconds per song (default 24)")
    parser.add_argument("--output", type=Path, required=True, help="the safetensors file to write")
    options = parser.parse_args(arguments)
    if options.songs < 1:
        parser.error("--songs must be at least 1")

    from samuel_gen.errors import SamuelError

    try:
        _fit_and_save(options.songs, options.seconds, options.output)
    except SamuelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _fit_and_save(songs: int, seconds: float, output: Path) -> None:
    """Fit the tables with a progress bar, save them and print their digest."""
    from rich.console import Console
    from rich.progress import track

    from samuel_gen.codec_fitting.pieces import PIECES_PER_SONG, render_fitting_pieces

    pieces = track(
        render_fitting_pieces(songs, seconds),
        description="fitting",
        total=songs * PIECES_PER_SONG,
        console=Console(stderr=True),
    )
    tables = fit_tables(pieces)
    tables.save(output)
    print(f"{output}: {tables.channels} channels, {tables.digest}")


if __name__ == "__main__":
    sys.exit(main())
