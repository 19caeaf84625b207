"""Short songs of every style, rendered once for all tests of this folder."""

import pytest

from samuel_gen.corpus.song import RenderedSong, render_song
from samuel_gen.corpus.styles.catalogue import STYLES

SECONDS = 8.0


@pytest.fixture(scope="session")
def songs() -> list[RenderedSong]:
    """One song of each style: consecutive seeds are dealt different ones."""
    return [render_song(seed, seconds=SECONDS) for seed in range(len(STYLES))]
