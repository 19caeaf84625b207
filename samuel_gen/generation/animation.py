"""An animated spectrogram of the sampling: noise becomes music, step by step."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.diffusion.schedules import NoiseSchedule, trailing_timesteps
from samuel_gen.plots import draw_spectrogram
from samuel_gen.storage import write_atomically

STEP_MS, LAST_MS = 250, 2500  # duration of a picture

ItemLatents = Float[Tensor, "channels frames"]
Sound = Float[Tensor, "channels samples"]
Picture = UInt8[np.ndarray, "height width 3"]


class Animation:
    """Collects a sampler's clean predictions at some of its steps; use it as `on_step`.

    It keeps the beginning of each item of the batch. The last step is always among the pictures.

    Args:
        num_steps: the number of the sampler's steps.
        num_frames: the number of frames to keep.
        pictures: the largest number of pictures, spread evenly over the steps.
        schedule: the sampler's schedule, if the title is to state the noise level of each step.

    Raises:
        SamuelError: the schedule has fewer timesteps than the sampler steps.
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
        self._pictured = {int(step) for step in spread}
        self._kept: dict[int, Latents] = {}
        self._sigma: list[float] = []
        if schedule is not None:
            visited = trailing_timesteps(schedule.num_timesteps, num_steps)
            self._sigma = schedule.sigma[visited].tolist()

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """Keep the clean prediction of a step, if a picture of it is due."""
        if step in self._pictured:
            self._kept[step] = clean[:, :, : self.num_frames].detach().float().cpu()

    def title(self, step: int) -> str:
        """Return the title of a step's picture, such as `step 7 of 16, noise level 0.85`.

        The noise level is the noise's amplitude in the denoiser's input: 1 is pure noise.
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
        """Write the spectrograms of the kept predictions as a GIF; all of it or nothing.

        All pictures share the loudness scale of the last one.

        Args:
            path: the GIF to write.
            decode: the function from latents to sound of full scale 1; called once per picture, in
                order.
            sample_rate: the rate of the sound in Hz.
            item: the number of the item in the batch.
        """
        from PIL import Image

        kept = sorted(self._kept.items())
        sounds = [(self.title(step), decode(latents[item])) for step, latents in kept]
        images = [Image.fromarray(each) for each in _draw_pictures(sounds, sample_rate)]
        palette = images[-1].quantize(64)
        first, *others = (
            each.quantize(palette=palette, dither=Image.Dither.NONE) for each in images
        )
        with write_atomically(path) as temporary:
            first.save(
                temporary,
                format="GIF",
                save_all=True,
                append_images=others,
                duration=[STEP_MS] * len(others) + [LAST_MS],
                loop=0,
            )


def _draw_pictures(sounds: Sequence[tuple[str, Sound]], sample_rate: int) -> list[Picture]:
    """Draw each titled sound, all on the scale of the last."""
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
        figure.set_layout_engine("none")  # the places stay; a new layout costs as much as a picture
        pictures.append(np.array(canvas.buffer_rgba())[..., :3])
    return pictures[::-1]
