"""One progress bar over the sampling steps of all recordings."""

from collections.abc import Sequence

from samuel_gen.diffusion.denoiser import Latents


class StepBar:
    """A progress bar that counts sampling steps and lets lines be printed above it.

    Args:
        num_steps: the number of steps of all recordings together.
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

    def print_lines(self, lines: Sequence[str]) -> None:
        """Print lines to the standard output without tearing the bar."""
        if lines:
            self.bar.stop()
            print(*lines, sep="\n", flush=True)
            self.bar.start()

    def on_step(self, step: int, noisy: Latents, clean: Latents) -> None:
        """Count one step of a sampler."""
        self.bar.advance(self.task)
