"""What the tables are fitted to, and what they are measured on: pieces of rendered songs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from samuel_gen.corpus.song import RenderedSong

PIECES_PER_SONG = 3
LOUDNESS = -20.0
"""LUFS that callers bring audio to before they encode it."""
FIRST_FITTING_SEED = 1_000_000
FIRST_MEASURING_SEED = 2_000_000
"""Seeds of their own, far from those that a corpus begins with, so that measuring is on songs that
neither the tables nor any network has met."""


def fitting_pieces(
    songs: int, seconds: float, first_seed: int = FIRST_FITTING_SEED
) -> Iterator[Float[Tensor, "2 samples"]]:
    """Accompaniment, voice and mix of each song, each at the loudness that callers encode at.

    Other loudnesses would add nothing: features are proportional to a power of the amplitude, so
    that a louder copy only makes its song count more.
    """
    from samuel_gen.audio.loudness import with_loudness

    for song in _songs(first_seed, songs, seconds):
        for piece in (song.accompaniment, song.vocal, song.accompaniment + song.vocal):
            yield with_loudness(piece, song.sample_rate, LOUDNESS)


def measuring_pieces(
    songs: int, seconds: float
) -> Iterator[tuple[str, Float[Tensor, "2 samples"]]]:
    """Names and accompaniments of songs that no fitting has met."""
    from samuel_gen.audio.loudness import with_loudness

    for song in _songs(FIRST_MEASURING_SEED, songs, seconds):
        name = f"song {song.score.seed} ({song.score.style})"
        yield name, with_loudness(song.accompaniment, song.sample_rate, LOUDNESS)


def _songs(first_seed: int, songs: int, seconds: float) -> "Iterator[RenderedSong]":
    from samuel_gen.corpus.song import render_song

    for seed in range(first_seed, first_seed + songs):
        yield render_song(seed, seconds=seconds)
