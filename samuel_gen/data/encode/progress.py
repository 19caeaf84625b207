"""The progress bar of an encode: songs, songs per second, hours of audio, time left."""

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


class _SpeedColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.2f} songs/s")


@contextmanager
def show_encoding_bar(songs: int, is_shown: bool) -> Iterator[Callable[[float], None]]:
    """Show a bar on stderr. Yield the function to call after each song with its hours of audio.

    Args:
        songs: the number of songs to encode.
        is_shown: False draws nothing.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _SpeedColumn(),
        TextColumn("{task.fields[hours]:.2f} h of audio"),
        TimeRemainingColumn(),
    )
    hours = 0.0
    with Progress(*columns, console=Console(stderr=True), disable=not is_shown) as bar:
        task = bar.add_task("encoding", total=songs, hours=hours)

        def advance(more: float) -> None:
            nonlocal hours
            hours += more
            bar.update(task, advance=1, hours=hours)

        yield advance
