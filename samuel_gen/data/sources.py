"""Where songs come from: rendered on the spot, or folders of stems."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.files import read_audio
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.errors import SamuelError

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
_MOST_SONGS = 1_000_000
LENGTH_TOLERANCE = 0.05  # seconds by which the stems of one song may differ


@dataclass(frozen=True, eq=False)
class Stems:
    """One song taken apart: a vocal and everything else, of equal length.

    `metadata` is whatever is known of the song, ready for JSON.
    """

    vocal: Float[Tensor, "vocal_channels samples"]
    accompaniment: Float[Tensor, "channels samples"]
    sample_rate: int
    metadata: dict[str, Any] = field(default_factory=dict)


@runtime_checkable
class SongItem(Protocol):
    """A song that can be loaded in another process: a small value whose repr tells it apart.

    `split` is "train", "validation" or "test", or None where the name's hash shall decide.
    """

    @property
    def name(self) -> str:
        """What the song is called; songs of one name share a split."""

    @property
    def split(self) -> str | None:
        """The split it belongs to, where that is known."""

    def load(self) -> Stems:
        """The song's audio.

        Raises:
            SamuelError: the song cannot be used; the others go on without it.
        """


@runtime_checkable
class Source(Protocol):
    """Anything that lists songs."""

    def songs(self) -> Sequence[SongItem]:
        """All songs, in an order that does not change.

        Raises:
            SamuelError: there is none.
        """


@dataclass(frozen=True)
class RenderedItem:
    """Song `index` of the rendered corpus with this seed."""

    seed: int
    index: int
    seconds: float
    split: str | None = None

    @property
    def name(self) -> str:
        """Names the corpus and the song in it."""
        return f"rendered-{self.seed}-{self.index:05d}"

    def load(self) -> Stems:
        """Render the song; its metadata is the score."""
        from samuel_gen.corpus.song import render_song

        # Consecutive seeds, since runs of them cover keys and styles evenly.
        song = render_song(self.seed * _MOST_SONGS + self.index, seconds=self.seconds)
        return Stems(song.vocal, song.accompaniment, song.sample_rate, song.score.to_dict())


class RenderedSource:
    """Songs that need no download.

    Args:
        songs: how many.
        seconds: the length of each.
        seed: another seed, other songs.
    """

    def __init__(self, songs: int = 200, seconds: float = 48.0, seed: int = 0) -> None:
        if not 1 <= songs <= _MOST_SONGS or seed < 0:
            raise SamuelError(
                f"rendered source: {songs} songs with seed {seed}; expected 1 to {_MOST_SONGS} "
                "songs and a seed of at least 0; change source.songs or source.seed"
            )
        self._songs = [RenderedItem(seed, index, float(seconds)) for index in range(songs)]

    def songs(self) -> list[RenderedItem]:
        """All of them, by index."""
        return list(self._songs)


@dataclass(frozen=True)
class StemsItem:
    """A folder with `vocals.*` and either `accompaniment.*` or any other stems, to be summed."""

    folder: Path
    split: str | None = None

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.name

    def load(self) -> Stems:
        """Read and sum the stems, as stereo at the highest of their sample rates.

        Raises:
            SamuelError: no vocals or several, no other stem, a file that is not audio, or lengths
                that differ by more than LENGTH_TOLERANCE.
        """
        files = _sound_files(self.folder)
        vocals = [path for path in files if path.stem.lower() in ("vocals", "vocal")]
        if len(vocals) != 1:
            found = f"{len(vocals)} of them" if vocals else "none"
            raise SamuelError(
                f"song {self.name!r}: {found} of vocals.* among {len(files)} sound files; expected "
                "one vocals.wav (or .flac, .ogg, .mp3); add it or rename the file"
            )
        others = [path for path in files if path.stem.lower() == "accompaniment"] or [
            path
            for path in files
            if path not in vocals and path.stem.lower() not in ("mixture", "mix")
        ]
        if not others:
            raise SamuelError(
                f"song {self.name!r}: no stem beside {vocals[0].name}; expected accompaniment.wav "
                "or other stems; add one"
            )
        return self._sum(vocals[0], others)

    def _sum(self, vocals: Path, others: Sequence[Path]) -> Stems:
        paths = [vocals, *others]
        sounds = [read_audio(path) for path in paths]
        seconds = [samples.shape[-1] / rate for samples, rate in sounds]
        if max(seconds) - min(seconds) > LENGTH_TOLERANCE:
            lengths = ", ".join(
                f"{path.name} {length:.2f} s" for path, length in zip(paths, seconds, strict=True)
            )
            raise SamuelError(
                f"song {self.name!r}: stems of unlike length ({lengths}); expected the same within "
                f"{LENGTH_TOLERANCE} s; export them from the same start to the same end"
            )
        sample_rate = max(rate for _, rate in sounds)
        stems = [resample(to_stereo(samples), rate, sample_rate) for samples, rate in sounds]
        length = stems[0].shape[-1]
        stems = [torch.nn.functional.pad(stem, (0, length - stem.shape[-1])) for stem in stems]
        metadata = {"stems": [path.name for path in paths]}
        return Stems(stems[0], torch.stack(stems[1:]).sum(0), sample_rate, metadata)


class StemsFolderSource:
    """Songs as folders of stems: `root/SONG/vocals.wav` and the rest of the band beside it.

    `accompaniment.*` is the band where there is one; otherwise every other sound file is summed,
    but for `mixture.*` and `mix.*`. Folders in which something is wrong are listed too: their
    `load` says what.

    Args:
        root: the folder that holds the song folders.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[StemsItem]:
        """All folders with sound files, by name.

        Raises:
            SamuelError: no such folder, or none with sound files in it.
        """
        if not self.root.is_dir():
            raise SamuelError(
                f"{self.root}: no such folder; expected folders SONG/ with vocals.wav and other "
                "stems; check source.root"
            )
        folders = sorted(path for path in self.root.iterdir() if path.is_dir())
        songs = [StemsItem(path) for path in folders if _sound_files(path)]
        if not songs:
            raise SamuelError(
                f"{self.root}: no song among {len(folders)} folders; expected folders SONG/ with "
                "vocals.wav and other stems; check source.root"
            )
        return songs


def _sound_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
