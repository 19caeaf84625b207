"""The bar of a long encode: songs, songs per second, hours of audio, time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.2f} songs/s")


@contextmanager
def encoding_bar(songs: int, shown: bool) -> Iterator[Callable[[float], None]]:
    """A bar on stderr; call what it gives once per song with the song's hours of audio.

    Args:
        songs: how many there will be.
        shown: False draws nothing.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(),
        TextColumn("{task.fields[hours]:.2f} h of audio"),
        TimeRemainingColumn(),
    )
    hours = 0.0
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task("encoding", total=songs, hours=hours)

        def advance(more: float) -> None:
            nonlocal hours
            hours += more
            bar.update(task, advance=1, hours=hours)

        yield advance
