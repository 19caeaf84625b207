"""What a source gives: songs that can be listed quickly and loaded one by one, anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from samuel_gen.audio.recording import Recording
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class Stems:
    """One song taken apart: a vocal and everything else, from the same start.

    Args:
        metadata: whatever is known of the song, ready for JSON.
        key: what the song is, where that is known without listening; else its contents tell.
    """

    vocal: Recording
    accompaniment: Recording
    metadata: dict[str, Any] = field(default_factory=dict)
    key: str | None = None


@runtime_checkable
class SongItem(Protocol):
    """A song that can be loaded in another process: a small value whose repr tells it apart.

    `split` is "train", "validation" or "test", or None where the song's content shall decide.
    """

    @property
    def name(self) -> str:
        """What the song is called; songs of one name share a split."""

    @property
    def split(self) -> str | None:
        """The split it belongs to, where that is known."""

    def state(self) -> str:
        """Changes when the song's files do: their sizes and times; no audio is opened."""

    def load(self) -> Stems:
        """The song's recordings.

        Raises:
            SamuelError: the song cannot be used; the others go on without it.
        """


@runtime_checkable
class Source(Protocol):
    """Anything that lists songs."""

    def songs(self) -> Sequence[SongItem]:
        """All songs, in an order that does not change; no audio is opened.

        Raises:
            SamuelError: there is none.
        """


@dataclass(frozen=True)
class UnusableSong:
    """A place where a song is wanting: it is listed, so that it is not left out in silence."""

    name: str
    reason: str
    split: str | None = None

    def state(self) -> str:
        """Nothing that could change."""
        return ""

    def load(self) -> Stems:
        """Say what is wrong.

        Raises:
            SamuelError: always.
        """
        raise SamuelError(self.reason)
