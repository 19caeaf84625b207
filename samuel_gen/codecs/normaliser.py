"""Latents as the network sees them: centred, and as loud per channel as they matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.errors import SamuelError

SMALLEST_RELATIVE_STD = 1e-4


@dataclass(frozen=True)
class LatentNormaliser:
    """An affine map per channel, `(latents - mean) / scale`.

    Args:
        mean: what each channel is centred on.
        scale: what each channel is then divided by, above zero.
    """

    mean: Float[Tensor, " channels"]
    scale: Float[Tensor, " channels"]

    @classmethod
    def fit(
        cls, mean: Float[Tensor, " channels"], std: Float[Tensor, " channels"], power: float = 0.5
    ) -> "LatentNormaliser":
        """The normaliser of data with this mean and standard deviation.

        Each channel is divided by `std ** power`, then all by one factor that makes the average
        variance 1. With power 1 the latents are fully whitened, and a network spends itself on
        channels that nobody hears; with 0 their proportions stay; the half-way default lets a
        channel count by what it carries without drowning the small ones.

        Args:
            mean: per channel, measured on the training split only.
            std: likewise. A channel that hardly moves is treated as if it had 1e-4 of the largest
                std, so that it stays finite.
            power: from 0 (proportions kept) to 1 (whitened).

        Raises:
            SamuelError: the statistics are not finite, or nothing moves at all.
        """
        if not (torch.isfinite(mean).all() and torch.isfinite(std).all() and std.max() > 0):
            raise SamuelError(
                "latent statistics: found NaN, infinity or no variation at all; expected finite "
                "means and some positive std; are all the songs silent?"
            )
        std = std.double().clamp(min=SMALLEST_RELATIVE_STD * float(std.max()))
        scale = std**power
        scale = scale * ((std / scale) ** 2).mean().sqrt()
        return cls(mean=mean.float(), scale=scale.float())

    def normalise(
        self, latents: Float[Tensor, "*batch channels frames"]
    ) -> Float[Tensor, "*batch channels frames"]:
        """A codec's latents, as the network wants them."""
        return (latents - self.mean.to(latents)[:, None]) / self.scale.to(latents)[:, None]

    def denormalise(
        self, latents: Float[Tensor, "*batch channels frames"]
    ) -> Float[Tensor, "*batch channels frames"]:
        """The network's latents, as the codec wants them."""
        return latents * self.scale.to(latents)[:, None] + self.mean.to(latents)[:, None]

    def to_dict(self) -> dict[str, list[float]]:
        """Plain lists of numbers, for JSON and for a checkpoint's metadata."""
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LatentNormaliser":
        """The normaliser that `to_dict` wrote.

        Raises:
            SamuelError: a key is missing or unknown, or the lists are not means and scales.
        """
        if set(values) != {"mean", "scale"}:
            raise SamuelError(
                f"normaliser: found the keys {sorted(values)}; expected ['mean', 'scale']; "
                "was the file written by another version?"
            )
        try:
            mean = torch.tensor(values["mean"], dtype=torch.float32)
            scale = torch.tensor(values["scale"], dtype=torch.float32)
        except (TypeError, ValueError) as error:
            raise SamuelError(
                f"normaliser: found values that are no numbers ({error}); expected two lists of "
                "numbers; is the file damaged?"
            ) from None
        if mean.ndim != 1 or mean.shape != scale.shape or not bool((scale > 0).all()):
            raise SamuelError(
                f"normaliser: found {tuple(mean.shape)} means and {tuple(scale.shape)} scales; "
                "expected one mean and one positive scale per channel; is the file damaged?"
            )
        return cls(mean=mean, scale=scale)
