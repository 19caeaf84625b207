r"""Guidance with one scale for the lead sheet and one for the vocal, in three passes.

PYTHONPATH=experiments/release samuel-evaluate guidance._target_=two_scales.TwoScales \\
    '+guidance.vocal_scale=1' guidance.scale=4
"""

from dataclasses import dataclass

import torch

from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.diffusion.guidance import Guided

_SHEET = ("chords", "beats", "style")


@dataclass(frozen=True, eq=False)
class TwoScales(Guided):
    """`none + vocal_scale * (vocal - none) + scale * (all - vocal)`.

    Attributes:
        vocal_scale: the scale of what the vocal alone changes.
    """

    vocal_scale: float | int = 1.0

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the guided velocity."""
        low, high = self.interval
        level = float(timestep[0]) / max(self.schedule.num_timesteps - 1, 1)
        if not low <= level <= high:
            return self.denoiser(noisy, timestep, vocal)
        both = Vocal.concat([vocal, vocal.withhold_views(_SHEET), vocal.withhold_views()])
        passes = self.denoiser(torch.cat([noisy] * 3), torch.cat([timestep] * 3), both)
        full, by_vocal, by_none = passes.to(noisy.dtype).chunk(3)
        return by_none + self.vocal_scale * (by_vocal - by_none) + self.scale * (full - by_vocal)
