"""The interface of sources: songs that are listed quickly and loaded one by one in any process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from samuel_gen.audio.recording import Recording
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.sheet import LeadSheet


@dataclass(frozen=True, eq=False)
class Stems:
    """One song in two parts that start together.

    Attributes:
        vocal: the vocal.
        accompaniment: everything else.
        metadata: further facts about the song, ready for JSON.
        key: text that identifies the audio, if that is known without reading it; otherwise the
            audio is hashed.
        lead_sheet: the lead sheet, if the source knows it.
        notes: the oddities of the files, a line each.
    """

    vocal: Recording
    accompaniment: Recording
    metadata: dict[str, Any] = field(default_factory=dict)
    key: str | None = None
    lead_sheet: LeadSheet | None = None
    notes: tuple[str, ...] = ()


@runtime_checkable
class SongItem(Protocol):
    """A song that can be loaded in another process: a small, picklable value.

    Its repr must differ from that of every other song. Encoded songs are found again by it.
    """

    @property
    def name(self) -> str:
        """The song's name; songs of the same name share a split."""

    @property
    def split(self) -> str | None:
        """The split, "train", "validation" or "test"; None lets the content of the song decide."""

    def state(self) -> str:
        """Return the state of the song's files, such as sizes and times, without reading them."""

    def load(self) -> Stems:
        """Open the song's recordings.

        Raises:
            SamuelError: the song cannot be used; it is left out, and the others are encoded.
        """


@runtime_checkable
class Source(Protocol):
    """A collection of songs."""

    def songs(self) -> Sequence[SongItem]:
        """List all songs in a fixed order, without opening a sound file.

        Raises:
            SamuelError: there is no song.
        """


@dataclass(frozen=True)
class UnusableSong:
    """A placeholder for a song that cannot be used, so that it is reported and not skipped.

    Attributes:
        name: the song's name.
        reason: the error to report, one line.
        split: None, as for any song without a given split.
    """

    name: str
    reason: str
    split: str | None = None

    def state(self) -> str:
        """Return no state, since there are no files."""
        return ""

    def load(self) -> Stems:
        """Raise the error.

        Raises:
            SamuelError: always.
        """
        raise SamuelError(self.reason)
