"""The test songs of an evaluation, identified by a hash of their names."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.recording import read_segment
from samuel_gen.data.sources.song import SongItem
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.sheet import LeadSheet

log = logging.getLogger(__name__)

SLOW_BELOW, FAST_FROM = 85, 115  # beats per minute
_FEWEST_SONGS = 3

Stereo = Float[Tensor, "2 samples"]


@dataclass(frozen=True, eq=False)
class EvaluationSong:
    """A vocal and its true accompaniment, of the same sample rate and length.

    Attributes:
        name: the name of the song.
        vocal: the vocal; full scale is 1.
        accompaniment: the true accompaniment; full scale is 1.
        sample_rate: the sample rate of both in Hz.
        lead_sheet: the true beats, chords, key and style; None if unknown.
    """

    name: str
    vocal: Stereo
    accompaniment: Stereo
    sample_rate: int
    lead_sheet: LeadSheet | None = None

    @property
    def style(self) -> str:
        """The style of the song; "" if unknown."""
        return (self.lead_sheet and self.lead_sheet.style) or ""

    @property
    def pace(self) -> str:
        """The tempo class: slow (below 85 BPM), medium or fast (from 115 BPM); "" if unknown."""
        if self.lead_sheet is None:
            return ""
        tempo = self.lead_sheet.tempo
        return ("slow", "medium", "fast")[(tempo >= SLOW_BELOW) + (tempo >= FAST_FROM)]


def select_test_songs(items: Sequence[SongItem], names: frozenset[str] | None) -> list[SongItem]:
    """Select the test songs: the named ones, else the source's test split, else all.

    Args:
        items: the songs of a source.
        names: the names in a data set's test split; None without a data set.

    Raises:
        SamuelError: fewer than three songs are left.
    """
    if names is not None:
        selected = [item for item in items if item.name in names]
    else:
        has_splits = any(item.split is not None for item in items)
        selected = [item for item in items if item.split == "test" or not has_splits]
    if len(selected) < _FEWEST_SONGS:
        raise SamuelError(
            f"only {len(selected)} test songs; an evaluation needs three or more: check that the "
            "source is the one that the data set was made from"
        )
    return selected


def hash_names(items: Sequence[SongItem]) -> str:
    """Return a hash of the songs' names, equal for evaluations of the same songs."""
    text = "\n".join(sorted(item.name for item in items))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def load_songs(items: Sequence[SongItem], seconds: float | None) -> Iterator[EvaluationSong]:
    """Load songs one by one; a short accompaniment is padded with silence, a long one is cut.

    Oddities of their files are logged.

    Args:
        items: the songs to load.
        seconds: the length to keep of each song, from its beginning; None keeps all.

    Raises:
        SamuelError: a song cannot be used.
    """
    for item in items:
        stems = item.load()
        for note in stems.notes:
            log.warning("%s", note)
        rate = stems.vocal.sample_rate
        length = round(stems.vocal.samples)
        if seconds is not None:
            length = min(length, round(seconds * rate))
        vocal, accompaniment = (
            read_segment(part, 0, length, rate) for part in (stems.vocal, stems.accompaniment)
        )
        missing = length - accompaniment.shape[1]
        accompaniment = torch.nn.functional.pad(accompaniment, (0, missing))
        yield EvaluationSong(item.name, vocal, accompaniment, rate, stems.lead_sheet)
