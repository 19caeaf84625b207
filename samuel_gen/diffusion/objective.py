"""What a network learns to predict, and what follows from its prediction."""

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
Target = Literal["velocity", "epsilon", "clean"]


def add_noise(clean: Latents, noise: Latents, alpha: Coefficients, sigma: Coefficients) -> Latents:
    """The noisy latents `alpha * clean + sigma * noise`.

    Args:
        clean: latents as the codec and its normaliser give them.
        noise: standard normal, shaped like `clean`.
        alpha: signal amplitude, one per item or one for all.
        sigma: noise amplitude, likewise; alpha^2 + sigma^2 = 1.

    Source: Ho et al. 2020, equation 4.
    """
    return alpha * clean + sigma * noise


def velocity(clean: Latents, noise: Latents, alpha: Coefficients, sigma: Coefficients) -> Latents:
    """The v target, `alpha * noise - sigma * clean`.

    With `alpha = cos(angle)` and `sigma = sin(angle)` it is the derivative of the noisy latents
    with respect to the angle, hence its name.

    Args:
        clean: latents to be learned.
        noise: standard normal, shaped like `clean`.
        alpha: signal amplitude, one per item or one for all.
        sigma: noise amplitude, likewise; alpha^2 + sigma^2 = 1.

    Source: Salimans & Ho 2022, "Progressive Distillation for Fast Sampling", appendix D.
    """
    return alpha * noise - sigma * clean


def clean_from_velocity(
    noisy: Latents, velocity: Latents, alpha: Coefficients, sigma: Coefficients
) -> Latents:
    """The clean latents seen in `noisy`: `alpha * noisy - sigma * velocity`, no division."""
    return alpha * noisy - sigma * velocity


def noise_from_velocity(
    noisy: Latents, velocity: Latents, alpha: Coefficients, sigma: Coefficients
) -> Latents:
    """The noise seen in `noisy`: `sigma * noisy + alpha * velocity`, no division."""
    return sigma * noisy + alpha * velocity


def velocity_from_epsilon(
    epsilon: Latents, noisy: Latents, alpha: PerItem, sigma: PerItem, smallest_alpha: float = 0.05
) -> Latents:
    """The velocity that a noise prediction implies: `(epsilon - sigma * noisy) / alpha`.

    At the noisy end the division multiplies the prediction's error by 1/alpha (50,000 at the
    last step of the cosine schedule). So alpha is not taken below `smallest_alpha`, which
    concerns the last 3 % of the cosine schedule and lets the velocity, and with it the clean
    latents, shrink towards zero there instead of exploding.
    """
    return (epsilon - sigma * noisy) / alpha.clamp(min=smallest_alpha)


def velocity_from_clean(clean: Latents, noisy: Latents, alpha: PerItem, sigma: PerItem) -> Latents:
    """The velocity that a clean prediction implies: `(alpha * noisy - clean) / sigma`.

    The division is by 0.01 or more on the schedules here, and `clean_from_velocity` takes it
    back: samplers see the prediction as it was.
    """
    return (alpha * noisy - clean) / sigma


@runtime_checkable
class LossWeight(Protocol):
    """A weight for the squared error of a prediction, by noise level."""

    def __call__(self, alpha: PerItem, sigma: PerItem, target: Target = "velocity") -> PerItem:
        """The weight of each item, (batch, 1, 1); `target` is what the error is measured on."""
        ...


def uniform(alpha: PerItem, sigma: PerItem, target: Target = "velocity") -> PerItem:
    """Weight 1 at every timestep, whatever the target."""
    return alpha.new_ones(alpha.shape)


def min_snr(
    alpha: PerItem, sigma: PerItem, target: Target = "velocity", *, gamma: float | int = 5.0
) -> PerItem:
    """Min-SNR-gamma: the error of the clean latents, weighted by SNR but by `gamma` at most.

    On the velocity this is `min(SNR, gamma) / (SNR + 1)`, on the noise `min(SNR, gamma) / SNR`.

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
    """The paper's weight, `min(factor / SNR, ceiling)`, whatever the target.

    It favours the noisy end, the reverse of min-SNR; kept to reproduce the paper.

    Source: SAMUeL-GEN, arXiv 2507.19991, and its released code.
    """
    return (factor * (sigma / alpha) ** 2).clamp(max=ceiling)


class Objective:
    """What the network predicts and how its errors count; immutable.

    Training regresses `network(...)` on `target(...)` with `weight(...)`; everything else sees
    the network through `velocity(...)`, usually as `Parametrised`.
    """

    def __init__(self, target: str = "velocity", weight: LossWeight = uniform) -> None:
        """An objective.

        Args:
            target: what the network predicts: "velocity", "epsilon" (the noise) or "clean".
            weight: `uniform`, `min_snr`, `inverse_snr` or any function like them.

        Raises:
            SamuelError: `target` is none of the three.
        """
        if target not in get_args(Target):
            raise SamuelError(
                f"target={target!r}; expected one of {', '.join(get_args(Target))}; "
                "velocity is the default"
            )
        self._predicts = cast(Target, target)
        self._weight = weight

    @property
    def predicts(self) -> Target:
        """What the network predicts."""
        return self._predicts

    def target(self, clean: Latents, noise: Latents, alpha: PerItem, sigma: PerItem) -> Latents:
        """What the network is to return for `add_noise(clean, noise, alpha, sigma)`."""
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
        """The velocity that the network's prediction for `noisy` stands for."""
        match self._predicts:
            case "velocity":
                return prediction
            case "epsilon":
                return velocity_from_epsilon(prediction, noisy, alpha, sigma)
            case "clean":
                return velocity_from_clean(prediction, noisy, alpha, sigma)

    def weight(self, alpha: PerItem, sigma: PerItem) -> PerItem:
        """The weight of each item's squared error, (batch, 1, 1)."""
        return self._weight(alpha, sigma, self._predicts)


@dataclass(frozen=True, eq=False)
class Parametrised:
    """A network of any objective as a `Denoiser`, which returns the velocity.

    Attributes:
        denoiser: the network, called like a denoiser; returns what `objective` says.
        objective: what the network was trained to predict.
        schedule: the noise schedule it was trained on.
    """

    denoiser: Denoiser
    objective: Objective
    schedule: NoiseSchedule

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """The velocity, shaped like `noisy`."""
        alpha, sigma = self.schedule.at(timestep, like=noisy)
        prediction = self.denoiser(noisy, timestep, vocal)
        return self.objective.velocity(prediction, noisy, alpha, sigma)
