"""A source of songs that are rendered from seeds, with no files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.corpus.installed_fonts import find_installed
from samuel_gen.corpus.styles.catalogue import find_styles
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError

_MOST_SONGS = 1_000_000
_EDITION = 2  # raise it when the same seed gives another song


@dataclass(frozen=True)
class RenderedItem:
    """Song `index` of the rendered songs with this seed, played with a soundfont.

    Its styles are "core", "all" or a list of names. Without a soundfont it is played with the one
    that pretty_midi installs.
    """

    seed: int
    index: int
    seconds: float
    unheard: bool = False
    styles: str | tuple[str, ...] = "core"
    soundfont: Path | None = None
    mastered: bool = False
    split: str | None = None

    @property
    def name(self) -> str:
        """A name made of kind, seed and index, such as `rendered-0-00007`."""
        corpus = "unheard" if self.unheard else "rendered"
        return f"{corpus}-{self.seed}-{self.index:05d}"

    def state(self) -> str:
        """Return no state, since there are no files."""
        return ""

    def load(self) -> Stems:
        """Render the song. Its metadata is the score, which its lead sheet is made from."""
        from samuel_gen.corpus.song import render_song

        # Consecutive seeds cover keys and styles evenly.
        number = self.seed * _MOST_SONGS + self.index
        song = render_song(
            number,
            seconds=self.seconds,
            styles=find_styles(self.styles),
            unheard=self.unheard,
            soundfont=self.soundfont,
            mastered=self.mastered,
        )
        vocal, accompaniment = (
            MemoryRecording(part, song.sample_rate) for part in (song.vocal, song.accompaniment)
        )
        is_core = self.styles == "core" or self.unheard
        styles = self.styles if isinstance(self.styles, str) else "+".join(self.styles)
        font = f"-{self.soundfont.stem}" if self.soundfont else ""
        sound = f"-{styles}" * (not is_core) + font + "-mastered" * self.mastered
        score, key = song.score, f"{self.name}-{self.seconds}s-{_EDITION}{sound}"
        return Stems(vocal, accompaniment, score.to_dict(), key, score.lead_sheet)


class RenderedSource:
    """Songs that are rendered from seeds.

    Args:
        songs: the number of songs.
        seconds: the duration of each song.
        seed: the seed; different seeds give different songs.
        styles: "core" for the fifteen styles of all published figures, "all", or a list of names.
        unheard: use styles, chord progressions and singers that other rendered songs do not have.
        soundfonts: the soundfonts that play the songs in turn: names of installed fonts, such as
            FluidR3_GM, or paths; or one of them. Fonts that are not installed are left out, with a
            warning.
        mastering: the share of songs whose accompaniment is compressed and limited as records are,
            from 0 to 1.

    Raises:
        SamuelError: if an argument is out of range, or if a path names no file.
    """

    def __init__(
        self,
        songs: int = 200,
        seconds: float | int = 48.0,
        seed: int = 0,
        styles: str | Sequence[str] = "core",
        unheard: bool = False,
        soundfonts: str | Sequence[str] = ("TimGM6mb",),
        mastering: float | int = 0.0,
    ) -> None:
        if not 1 <= songs <= _MOST_SONGS or seed < 0:
            raise SamuelError(
                f"source.songs={songs}, source.seed={seed}: songs must be from 1 to {_MOST_SONGS}, "
                "and seed at least 0"
            )
        if not 0 <= mastering <= 1:
            raise SamuelError(f"source.mastering={mastering} is not a share; choose from 0 to 1")
        find_styles(styles)
        if unheard and styles != "core":
            raise SamuelError(
                "source.unheard and source.styles exclude each other: unheard songs have styles of "
                "their own; leave one out"
            )
        chosen = styles if isinstance(styles, str) else tuple(styles)
        fonts = find_installed(soundfonts)
        self._songs = [
            RenderedItem(
                seed,
                index,
                float(seconds),
                unheard,
                chosen,
                # Rounds take the fonts in turn, and a share of the rounds is mastered.
                soundfont=fonts[index % len(fonts)],
                mastered=_counts(index // len(fonts), float(mastering)),
            )
            for index in range(songs)
        ]

    def songs(self) -> list[RenderedItem]:
        """List all songs by index."""
        return list(self._songs)


def _counts(index: int, share: float) -> bool:
    """Return whether an index belongs to the share of all indices, spread evenly."""
    return int((index + 1) * share) > int(index * share)
