"""A picture that moves: noise becomes music, step by step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.plots import draw_spectrogram

STEP_MS, LAST_MS = 250, 2500  # how long a picture stands

ItemLatents = Float[Tensor, "channels frames"]
Sound = Float[Tensor, "channels samples"]


class Animation:
    """Keeps what a sampler takes the music to be, at some of its steps; use it as `on_step`.

    Kept is the beginning of the first item of the batch. The last step is always among them.

    Args:
        num_steps: of the sampler.
        num_frames: of the latents that are kept.
        pictures: at most; spread evenly over the steps.
    """

    def __init__(self, num_steps: int, num_frames: int, pictures: int = 25) -> None:
        self.num_steps, self.num_frames = num_steps, num_frames
        spread = np.linspace(num_steps - 1, 0, min(num_steps, pictures)).round()
        self._shown = {int(step) for step in spread}
        self._kept: dict[int, ItemLatents] = {}

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """See `samuel_gen.diffusion.samplers.OnStep`."""
        if step in self._shown:
            self._kept[step] = clean[0, :, : self.num_frames].detach().float().cpu()

    def write(self, path: Path, decode: Callable[[ItemLatents], Sound], sample_rate: int) -> None:
        """Write the spectrograms of what was kept as a GIF; all of it or nothing.

        Loudness is told on one scale, that of the last picture.

        Args:
            path: of the GIF.
            decode: latents to sound, full scale 1.
            sample_rate: of the sound, in Hz.
        """
        sounds = {step: decode(latents) for step, latents in sorted(self._kept.items())}
        loudest: float | None = None
        pictures = []
        for step, sound in reversed(sounds.items()):
            picture, loudest = self._picture(step, sound, sample_rate, loudest)
            pictures.append(picture)
        last, *earlier = pictures
        palette = last.quantize(64)
        every = [each.quantize(palette=palette) for each in [*reversed(earlier), last]]
        partial = path.with_name(f".{path.name}.partial")
        try:
            every[0].save(
                partial,
                format="GIF",
                save_all=True,
                append_images=every[1:],
                duration=[STEP_MS] * len(earlier) + [LAST_MS],
                loop=0,
            )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _picture(
        self, step: int, sound: Sound, sample_rate: int, loudest: float | None
    ) -> tuple[Any, float]:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from PIL import Image

        figure = Figure(figsize=(7, 3.2), dpi=80, layout="constrained")
        canvas: Any = FigureCanvasAgg(figure)
        axes = figure.subplots()
        loudest = draw_spectrogram(axes, sound, sample_rate, loudest)
        axes.set(title=f"step {step + 1} of {self.num_steps}", xlabel="seconds", ylabel="Hz")
        canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"), loudest
