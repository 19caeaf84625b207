"""Pieces of rendered songs to which the codec is fitted and on which it is measured."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from samuel_gen.corpus.song import RenderedSong

PIECES_PER_SONG = 3
FIRST_FITTING_SEED = 1_000_000
FIRST_MEASURING_SEED = 2_000_000
"""The first seeds are far apart, and far from the first seeds of data sets, so that the codec is
measured on songs that neither its tables nor any network was fitted to."""


def render_fitting_pieces(
    songs: int, seconds: float, first_seed: int = FIRST_FITTING_SEED
) -> Iterator[Float[Tensor, "2 samples"]]:
    """Yield accompaniment, vocal and mix of each song, each at the loudness that the codec gets.

    Other loudnesses would add nothing: features are proportional to a power of the amplitude, so a
    louder copy only gives its song more weight.

    Args:
        songs: the number of songs.
        seconds: the length of each song [s].
        first_seed: the seed of the first song; the others follow.
    """
    from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness

    for song in _render_songs(first_seed, songs, seconds):
        for piece in (song.accompaniment, song.vocal, song.accompaniment + song.vocal):
            yield normalise_loudness(piece, song.sample_rate, REFERENCE_LOUDNESS)


def render_measuring_pieces(
    songs: int, seconds: float
) -> Iterator[tuple[str, Float[Tensor, "2 samples"]]]:
    """Yield name and accompaniment of songs that the tables were not fitted to.

    Args:
        songs: the number of songs.
        seconds: the length of each song [s].
    """
    from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness

    for song in _render_songs(FIRST_MEASURING_SEED, songs, seconds):
        name = f"song {song.score.seed} ({song.score.style})"
        yield name, normalise_loudness(song.accompaniment, song.sample_rate, REFERENCE_LOUDNESS)


def _render_songs(first_seed: int, songs: int, seconds: float) -> "Iterator[RenderedSong]":
    from samuel_gen.corpus.song import render_song

    for seed in range(first_seed, first_seed + songs):
        yield render_song(seed, seconds=seconds)
