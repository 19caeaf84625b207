"""Songs that need no download."""

from dataclasses import dataclass

from samuel_gen.audio.recording import Sound
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError

_MOST_SONGS = 1_000_000


@dataclass(frozen=True)
class RenderedItem:
    """Song `index` of the rendered corpus with this seed."""

    seed: int
    index: int
    seconds: float
    unheard: bool = False
    split: str | None = None

    @property
    def name(self) -> str:
        """Names the corpus and the song in it."""
        corpus = "unheard" if self.unheard else "rendered"
        return f"{corpus}-{self.seed}-{self.index:05d}"

    def state(self) -> str:
        """Nothing that could change."""
        return ""

    def load(self) -> Stems:
        """Render the song; its metadata is the score."""
        from samuel_gen.corpus.song import render_song

        # Consecutive seeds, since runs of them cover keys and styles evenly.
        number = self.seed * _MOST_SONGS + self.index
        song = render_song(number, seconds=self.seconds, unheard=self.unheard)
        vocal, band = (Sound(part, song.sample_rate) for part in (song.vocal, song.accompaniment))
        return Stems(vocal, band, song.score.to_dict(), f"{self.name}-{self.seconds}s")


class RenderedSource:
    """Songs from seeds.

    Args:
        songs: how many.
        seconds: the length of each.
        seed: another seed, other songs.
        unheard: styles, progressions and voices that the other songs do not have.
    """

    def __init__(
        self,
        songs: int = 200,
        seconds: float | int = 48.0,
        seed: int = 0,
        unheard: bool = False,
    ) -> None:
        if not 1 <= songs <= _MOST_SONGS or seed < 0:
            raise SamuelError(
                f"rendered source: {songs} songs with seed {seed}; expected 1 to {_MOST_SONGS} "
                "songs and a seed of at least 0; change source.songs or source.seed"
            )
        self._songs = [RenderedItem(seed, index, float(seconds), unheard) for index in range(songs)]

    def songs(self) -> list[RenderedItem]:
        """All of them, by index."""
        return list(self._songs)
