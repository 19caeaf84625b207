"""A picture that moves: noise becomes music, step by step."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.diffusion.schedules import NoiseSchedule, trailing_timesteps
from samuel_gen.plots import draw_spectrogram

STEP_MS, LAST_MS = 250, 2500  # how long a picture stands

ItemLatents = Float[Tensor, "channels frames"]
Sound = Float[Tensor, "channels samples"]
Picture = UInt8[np.ndarray, "height width 3"]


class Animation:
    """Keeps what a sampler takes the music to be, at some of its steps; use it as `on_step`.

    Kept is the beginning of each item of the batch. The last step is always among them.

    Args:
        num_steps: of the sampler.
        num_frames: of the latents that are kept.
        pictures: at most; spread evenly over the steps.
        schedule: the sampler's, where the noise level of each step shall be told.

    Raises:
        SamuelError: the schedule does not have so many steps.
    """

    def __init__(
        self,
        num_steps: int,
        num_frames: int,
        pictures: int = 25,
        schedule: NoiseSchedule | None = None,
    ) -> None:
        self.num_steps, self.num_frames = num_steps, num_frames
        spread = np.linspace(num_steps - 1, 0, min(num_steps, pictures)).round()
        self._shown = {int(step) for step in spread}
        self._kept: dict[int, Latents] = {}
        self._sigma: list[float] = []
        if schedule is not None:
            visited = trailing_timesteps(schedule.num_timesteps, num_steps)
            self._sigma = schedule.sigma[visited].tolist()

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """See `samuel_gen.diffusion.samplers.OnStep`."""
        if step in self._shown:
            self._kept[step] = clean[:, :, : self.num_frames].detach().float().cpu()

    def title(self, step: int) -> str:
        """Of the picture of a step, such as `step 7 of 16, noise level 0.85`.

        The level is the noise's amplitude in what the denoiser was given: 1 is nothing but noise.
        """
        level = f", noise level {self._sigma[step]:.2f}" if self._sigma else ""
        return f"step {step + 1} of {self.num_steps}{level}"

    def write(
        self,
        path: Path,
        decode: Callable[[ItemLatents], Sound],
        sample_rate: int,
        item: int = 0,
    ) -> None:
        """Write the spectrograms of what was kept as a GIF; all of it or nothing.

        Loudness is told on one scale, that of the last picture.

        Args:
            path: of the GIF.
            decode: latents to sound, full scale 1; called once for each picture, in order.
            sample_rate: of the sound, in Hz.
            item: of the batch.
        """
        from PIL import Image

        kept = sorted(self._kept.items())
        sounds = [(self.title(step), decode(latents[item])) for step, latents in kept]
        drawn = [Image.fromarray(each) for each in _drawn(sounds, sample_rate)]
        palette = drawn[-1].quantize(64)
        first, *others = (
            each.quantize(palette=palette, dither=Image.Dither.NONE) for each in drawn
        )
        partial = path.with_name(f".{path.name}.partial")
        try:
            first.save(
                partial,
                format="GIF",
                save_all=True,
                append_images=others,
                duration=[STEP_MS] * len(others) + [LAST_MS],
                loop=0,
            )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _drawn(sounds: Sequence[tuple[str, Sound]], sample_rate: int) -> list[Picture]:
    """A picture of each titled sound, all on the scale of the last."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), dpi=80, layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.subplots()
    loudest: float | None = None
    pictures = []
    for title, sound in reversed(sounds):
        axes.clear()
        loudest = draw_spectrogram(axes, sound, sample_rate, loudest)
        axes.set(title=title, xlabel="seconds", ylabel="Hz")
        canvas.draw()
        figure.set_layout_engine("none")  # it would find the same places again, at half the cost
        pictures.append(np.array(canvas.buffer_rgba())[..., :3])
    return pictures[::-1]
