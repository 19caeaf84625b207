"""The songs that a system is judged by: always the same ones, known by a hash of their names."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.recording import Recording
from samuel_gen.corpus.score import Score
from samuel_gen.data.sources.song import SongItem
from samuel_gen.errors import SamuelError

Stereo = Float[Tensor, "2 samples"]


@dataclass(frozen=True, eq=False)
class TestSong:
    """A voice with its true band, at one rate and of one length.

    Attributes:
        name: of the song.
        vocal, band: full scale is 1.
        sample_rate: Hz.
        score: the truth about it, None where that is not known.
    """

    name: str
    vocal: Stereo
    band: Stereo
    sample_rate: int
    score: Score | None

    @property
    def style(self) -> str:
        """Its style; "" where that is not known."""
        return "" if self.score is None else self.score.style

    @property
    def pace(self) -> str:
        """Slow (below 85 BPM), medium or fast (from 115 BPM); "" where that is not known."""
        if self.score is None:
            return ""
        return ("slow", "medium", "fast")[(self.score.tempo >= 85) + (self.score.tempo >= 115)]


def chosen(items: Sequence[SongItem], names: frozenset[str] | None) -> list[SongItem]:
    """Those that test: those named, else those whose source says so, else all.

    Args:
        items: of a source.
        names: of a data set's test split, if there is one.

    Raises:
        SamuelError: fewer than three.
    """
    if names is not None:
        found = [item for item in items if item.name in names]
    else:
        told = any(item.split is not None for item in items)
        found = [item for item in items if item.split == "test" or not told]
    if len(found) < 3:
        raise SamuelError(
            f"{len(found)} test songs; expected three or more, to tell a song's own band from "
            "others'; is it the source that the data set was made of?"
        )
    return found


def names_hash(items: Sequence[SongItem]) -> str:
    """What two evaluations of the same songs have in common."""
    text = "\n".join(sorted(item.name for item in items))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def loaded(items: Sequence[SongItem], seconds: float | None) -> Iterator[TestSong]:
    """The songs one after another.

    Args:
        items: to load.
        seconds: that are kept of each, from its beginning; None is all.

    Raises:
        SamuelError: a song cannot be used.
    """
    for item in items:
        stems = item.load()
        rate = stems.vocal.sample_rate
        length = round(stems.vocal.samples)
        if seconds is not None:
            length = min(length, round(seconds * rate))
        vocal, band = (
            _beginning(part, rate, length) for part in (stems.vocal, stems.accompaniment)
        )
        score = Score.from_dict(stems.metadata) if "beats" in stems.metadata else None
        yield TestSong(item.name, vocal, band, rate, score)


def _beginning(recording: Recording, rate: int, length: int) -> Stereo:
    found, samples = [torch.zeros(2, 0)], 0
    for block in recording.blocks(rate):
        found.append(block[:, : length - samples])
        samples += found[-1].shape[1]
        if samples == length:
            break
    found.append(torch.zeros(2, length - samples))
    return torch.cat(found, dim=1)
