"""The affine map per channel between a codec's latents and the network's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.errors import SamuelError

SMALLEST_RELATIVE_STD = 1e-4
"""The least standard deviation of a channel, relative to the largest of all channels."""


@dataclass(frozen=True)
class LatentNormaliser:
    """An affine map per channel, `(latents - mean) / scale`.

    Args:
        mean: the offset that is subtracted from each channel.
        scale: the positive divisor of each channel.
    """

    mean: Float[Tensor, " channels"]
    scale: Float[Tensor, " channels"]

    @classmethod
    def fit(
        cls, mean: Float[Tensor, " channels"], std: Float[Tensor, " channels"], power: float = 0.5
    ) -> "LatentNormaliser":
        """Return the normaliser for data with this mean and standard deviation per channel.

        Each channel is divided by `std ** power`, then all channels by one factor that makes the
        average variance 1. Power 1 whitens the latents completely, so that inaudible channels
        weigh as much in the loss as audible ones. Power 0 keeps the channels' proportions, so that
        the loudest ones dominate. The default, 0.5, lies between the two.

        Args:
            mean: the mean of each channel, measured on the training split only.
            std: the standard deviation of each channel, measured likewise. One below 1e-4 of the
                largest is replaced by that, so that constant channels stay finite.
            power: the exponent, from 0 (proportions kept) to 1 (whitened).

        Raises:
            SamuelError: the statistics are not finite, or every channel is constant.
        """
        if not (torch.isfinite(mean).all() and torch.isfinite(std).all() and std.max() > 0):
            raise SamuelError(
                "the latents' mean and standard deviation are NaN, infinite or all zero; are all "
                "the songs silent?"
            )
        std = std.double().clamp(min=SMALLEST_RELATIVE_STD * float(std.max()))
        scale = std**power
        scale = scale * ((std / scale) ** 2).mean().sqrt()
        return cls(mean=mean.float(), scale=scale.float())

    def normalise(
        self, latents: Float[Tensor, "*batch channels frames"]
    ) -> Float[Tensor, "*batch channels frames"]:
        """Map a codec's latents to the network's."""
        return (latents - self.mean.to(latents)[:, None]) / self.scale.to(latents)[:, None]

    def denormalise(
        self, latents: Float[Tensor, "*batch channels frames"]
    ) -> Float[Tensor, "*batch channels frames"]:
        """Map the network's latents to the codec's."""
        return latents * self.scale.to(latents)[:, None] + self.mean.to(latents)[:, None]

    def to_dict(self) -> dict[str, list[float]]:
        """Return mean and scale as lists, for JSON and for a checkpoint's metadata."""
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LatentNormaliser":
        """Return the normaliser whose `to_dict` gave these values.

        Raises:
            SamuelError: a key is missing or unknown, or a list is not a valid mean or scale.
        """
        if set(values) != {"mean", "scale"}:
            raise SamuelError(
                f"normaliser: found the keys {sorted(values)} instead of ['mean', 'scale']; "
                "was the file written by another version?"
            )
        try:
            mean = torch.tensor(values["mean"], dtype=torch.float32)
            scale = torch.tensor(values["scale"], dtype=torch.float32)
        except (TypeError, ValueError) as error:
            raise SamuelError(
                f"normaliser: mean or scale is not a list of numbers ({error}); "
                "is the file damaged?"
            ) from None
        if mean.ndim != 1 or mean.shape != scale.shape or not bool((scale > 0).all()):
            raise SamuelError(
                f"normaliser: mean has shape {tuple(mean.shape)} and scale {tuple(scale.shape)}; "
                "expected one mean and one positive scale per channel; is the file damaged?"
            )
        return cls(mean=mean, scale=scale)
