"""One progress bar over the sampling of all takes."""

from collections.abc import Sequence
from typing import Any


class StepBar:
    """Counts sampling steps; lines can be printed without tearing it.

    Args:
        num_steps: of all that is sampled.
    """

    def __init__(self, num_steps: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("sampling", total=num_steps)

    def __enter__(self) -> "StepBar":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def say(self, lines: Sequence[str]) -> None:
        """Print them to the standard output."""
        if lines:
            self.bar.stop()
            print(*lines, sep="\n", flush=True)
            self.bar.start()

    def on_step(self, step: int, noisy: Any, clean: Any) -> None:
        """See `samuel_gen.diffusion.samplers.OnStep`."""
        self.bar.advance(self.task)
