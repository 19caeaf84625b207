"""Training targets and loss weights, and the conversions between them and the velocity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, cast, get_args, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError

PerItem = Float[Tensor, "batch 1 1"]
Coefficients: TypeAlias = PerItem | float
"""Amplitudes of each item, or one number for all items."""
Target = Literal["velocity", "epsilon", "clean"]


def add_noise(clean: Latents, noise: Latents, alpha: Coefficients, sigma: Coefficients) -> Latents:
    """Return the noisy latents `alpha * clean + sigma * noise`.

    Args:
        clean: normalised latents.
        noise: standard normal noise, shaped like `clean`.
        alpha: signal amplitude, one per item or one for all.
        sigma: noise amplitude, one per item or one for all; alpha^2 + sigma^2 = 1.

    Source: Ho et al. 2020, equation 4.
    """
    return alpha * clean + sigma * noise


def velocity(clean: Latents, noise: Latents, alpha: Coefficients, sigma: Coefficients) -> Latents:
    """The v target, `alpha * noise - sigma * clean`.

    With `alpha = cos(angle)` and `sigma = sin(angle)` it is the derivative of the noisy latents
    with respect to the angle; hence the name.

    Args:
        clean: normalised latents.
        noise: standard normal noise, shaped like `clean`.
        alpha: signal amplitude, one per item or one for all.
        sigma: noise amplitude, one per item or one for all; alpha^2 + sigma^2 = 1.

    Source: Salimans & Ho 2022, "Progressive Distillation for Fast Sampling", appendix D.
    """
    return alpha * noise - sigma * clean


def clean_from_velocity(
    noisy: Latents, velocity: Latents, alpha: Coefficients, sigma: Coefficients
) -> Latents:
    """The clean latents that a velocity implies: `alpha * noisy - sigma * velocity`."""
    return alpha * noisy - sigma * velocity


def velocity_from_epsilon(
    epsilon: Latents, noisy: Latents, alpha: PerItem, sigma: PerItem, smallest_alpha: float = 0.05
) -> Latents:
    """The velocity that a noise prediction implies: `(epsilon - sigma * noisy) / alpha`.

    At the noisy end the division multiplies the prediction's error by 1 / alpha (50,000 at the
    last timestep of the cosine schedule). Alpha is therefore clamped to `smallest_alpha`. This
    affects the last 3 % of the cosine schedule, where the velocity, and with it the clean latents,
    shrink towards zero instead of exploding.
    """
    return (epsilon - sigma * noisy) / alpha.clamp(min=smallest_alpha)


def velocity_from_clean(clean: Latents, noisy: Latents, alpha: PerItem, sigma: PerItem) -> Latents:
    """The velocity that a clean prediction implies: `(alpha * noisy - clean) / sigma`.

    Sigma is 0.01 or more on the schedules here, and `clean_from_velocity` undoes the division:
    samplers work with the prediction itself.
    """
    return (alpha * noisy - clean) / sigma


@runtime_checkable
class LossWeight(Protocol):
    """A function from the noise level to the weight of a prediction's squared error."""

    def __call__(self, alpha: PerItem, sigma: PerItem, target: Target = "velocity") -> PerItem:
        """Return the weight of each item, (batch, 1, 1), for errors of the given target."""
        ...


def uniform(alpha: PerItem, sigma: PerItem, target: Target = "velocity") -> PerItem:
    """The weight 1 at every timestep, for any target."""
    return alpha.new_ones(alpha.shape)


def min_snr(
    alpha: PerItem, sigma: PerItem, target: Target = "velocity", *, gamma: float | int = 5.0
) -> PerItem:
    """The Min-SNR-gamma weight: `min(SNR, gamma)` on the error of the clean latents.

    For errors of the velocity this is `min(SNR, gamma) / (SNR + 1)`, for errors of the noise
    `min(SNR, gamma) / SNR`.

    Source: Hang et al. 2023, "Efficient Diffusion Training via Min-SNR Weighting Strategy".
    """
    snr = (alpha / sigma) ** 2
    per_clean_error = {"velocity": snr + 1, "epsilon": snr, "clean": snr.new_ones(snr.shape)}
    return snr.clamp(max=gamma) / per_clean_error[target]


def inverse_snr(
    alpha: PerItem,
    sigma: PerItem,
    target: Target = "velocity",
    *,
    factor: float | int = 2.0,
    ceiling: float | int = 10.0,
) -> PerItem:
    """The paper's weight, `min(factor / SNR, ceiling)`, for any target.

    It favours the noisy end, while Min-SNR favours the clean end. It serves to reproduce the paper.

    Source: SAMUeL-GEN, arXiv 2507.19991, and its released code.
    """
    return (factor * (sigma / alpha) ** 2).clamp(max=ceiling)


class Objective:
    """The training objective: the target of the network and the weight of its errors. Immutable.

    Training regresses the network's output on `target(...)`, weighted by `weight(...)`. All other
    code uses the velocity that the output stands for, usually through a `VelocityDenoiser`.
    """

    def __init__(self, target: str = "velocity", weight: LossWeight = uniform) -> None:
        """Create an objective.

        Args:
            target: quantity that the network predicts: "velocity", "epsilon" (noise) or "clean".
            weight: `uniform`, `min_snr`, `inverse_snr` or another `LossWeight`.

        Raises:
            SamuelError: `target` is none of the three.
        """
        if target not in get_args(Target):
            raise SamuelError(
                f"target={target!r}: choose one of {', '.join(get_args(Target))}; "
                "velocity is the default"
            )
        self._predicts = cast(Target, target)
        self._weight = weight

    @property
    def predicts(self) -> Target:
        """The quantity that the network predicts."""
        return self._predicts

    def target(self, clean: Latents, noise: Latents, alpha: PerItem, sigma: PerItem) -> Latents:
        """Return the output that the network should have for `add_noise` of the same arguments."""
        match self._predicts:
            case "velocity":
                return velocity(clean, noise, alpha, sigma)
            case "epsilon":
                return noise
            case "clean":
                return clean

    def velocity(
        self, prediction: Latents, noisy: Latents, alpha: PerItem, sigma: PerItem
    ) -> Latents:
        """Convert the network's prediction for `noisy` to the velocity."""
        match self._predicts:
            case "velocity":
                return prediction
            case "epsilon":
                return velocity_from_epsilon(prediction, noisy, alpha, sigma)
            case "clean":
                return velocity_from_clean(prediction, noisy, alpha, sigma)

    def weight(self, alpha: PerItem, sigma: PerItem) -> PerItem:
        """Return the weight of each item's squared error, (batch, 1, 1)."""
        return self._weight(alpha, sigma, self._predicts)


@dataclass(frozen=True, eq=False)
class VelocityDenoiser:
    """The denoiser made of a network: its predictions, of any target, converted to the velocity.

    Attributes:
        denoiser: the network, which is called like a denoiser and predicts the objective's target.
        objective: the objective that the network was trained with.
        schedule: the noise schedule that it was trained on.
    """

    denoiser: Denoiser
    objective: Objective
    schedule: NoiseSchedule

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the velocity, shaped like `noisy`."""
        alpha, sigma = self.schedule.at(timestep, like=noisy)
        prediction = self.denoiser(noisy, timestep, vocal)
        return self.objective.velocity(prediction, noisy, alpha, sigma)
