"""How the denoiser learns, and how well: the Lightning side of the diffusion maths."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import lightning as L
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from samuel_gen.data.batch import LatentBatch
from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import Objective, add_noise, velocity
from samuel_gen.diffusion.schedules import NoiseSchedule, stratified_timesteps
from samuel_gen.errors import SamuelError

VALIDATION_TIMESTEPS = 8
_TRAIN, _VALIDATION = 0, 1


class AccompanimentDiffusion(L.LightningModule):
    """Teaches a denoiser to tell clean accompaniment from noise while it listens to the vocal.

    All randomness is drawn from the seed, the epoch and the place in it, never from a global
    state: a resumed run sees what an unbroken one would have seen. Validation uses the same noise
    and the same grid of timesteps for every run and epoch, and logs `val/loss`, `val/mse` (of the
    velocity, unweighted), the MSE at each timestep of the grid, and `val/vocal_gain`: the MSE with
    another item's vocal minus the MSE with the true one (above zero where the vocal is used).

    Args:
        denoiser: the network, called as `denoiser(noisy, timestep, vocal)`.
        schedule: alpha and sigma per timestep.
        objective: what the network predicts and how its errors are weighted.
        optimizer: makes the optimizer from the parameters.
        lr_schedule: makes the learning rate schedule from the optimizer and the number of steps.
        condition_dropout: share of items that hear no vocal at all (for guidance).
        latents_dropout: share of items that do without the vocal's latents.
        melody_dropout: share of items that do without the vocal's melody track.
        seed: of noise, timesteps and dropout.

    Source: Salimans & Ho 2022 (the target); Ho & Salimans 2022 (condition dropout).
    """

    def __init__(
        self,
        denoiser: nn.Module,
        schedule: NoiseSchedule,
        objective: Objective,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        lr_schedule: Callable[[Optimizer, int], LRScheduler],
        *,
        condition_dropout: float = 0.1,
        latents_dropout: float = 0.2,
        melody_dropout: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.schedule = schedule
        self.objective = objective
        self.make_optimizer = optimizer
        self.make_lr_schedule = lr_schedule
        self.condition_dropout = condition_dropout
        self.latents_dropout = latents_dropout
        self.melody_dropout = melody_dropout
        self.seed = seed
        self._items_seen = 0
        self._epoch_started = 0.0
        self._validation_item = 0

    def configure_optimizers(self) -> Any:
        """The optimizer, and its learning rate schedule moved on at each step."""
        optimizer = self.make_optimizer(self.denoiser.parameters())
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = self.make_lr_schedule(optimizer, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def training_step(self, batch: LatentBatch, batch_idx: int) -> Tensor:
        """The loss of one batch at timesteps spread over the whole chain."""
        generator = self._generator(_TRAIN, self.current_epoch, batch_idx)
        clean = batch.accompaniment
        items = len(clean)
        noise = torch.randn(clean.shape, generator=generator).to(clean)
        timestep = stratified_timesteps(items, self.schedule.num_timesteps, generator)
        vocal = self._with_dropout(batch.vocal, generator)

        loss, mse = self._errors(batch, vocal, noise, timestep.to(clean.device))
        loss, mse = loss.mean(), mse.mean()
        if not torch.isfinite(loss):
            raise SamuelError(self._diverged(f"the loss is {loss.item()}"))
        self._items_seen += items
        self.log_dict(
            {"train/loss": loss, "train/mse": mse}, on_step=False, on_epoch=True, batch_size=items
        )
        return loss

    def validation_step(self, batch: LatentBatch, batch_idx: int) -> None:
        """The errors of one batch on the grid of timesteps, with its own vocals and with others."""
        clean = batch.accompaniment
        items = len(clean)
        noise = torch.stack([self._validation_noise(clean[item]) for item in range(items)])
        others = torch.arange(items, device=clean.device).roll(max(1, items // 2))
        wrong_vocal = batch.vocal.select(others)

        totals = clean.new_zeros(3)
        for step in self.validation_grid:
            timestep = torch.full((items,), step, device=clean.device)
            loss, mse = (x.mean() for x in self._errors(batch, batch.vocal, noise, timestep))
            _, wrong_mse = self._errors(batch, wrong_vocal, noise, timestep)
            totals += torch.stack((loss, mse, wrong_mse.mean() - mse))
            self._log_validation(f"val/mse_t{step:03d}", mse, items)
        names = ("val/loss", "val/mse", "val/vocal_gain")
        for name, total in zip(names, totals / len(self.validation_grid), strict=True):
            self._log_validation(name, total, items)

    @property
    def validation_grid(self) -> list[int]:
        """The timesteps that validation looks at: the middles of equal parts of the chain."""
        count = min(VALIDATION_TIMESTEPS, self.schedule.num_timesteps)
        width = self.schedule.num_timesteps / count
        return [int((part + 0.5) * width) for part in range(count)]

    def _errors(
        self, batch: LatentBatch, vocal: Vocal, noise: Latents, timestep: Timesteps
    ) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Weighted loss and velocity MSE of each item, over its valid frames."""
        clean = batch.accompaniment
        alpha, sigma = self.schedule.at(timestep, like=clean)
        noisy = add_noise(clean, noise, alpha, sigma)
        prediction = self.denoiser(noisy, timestep, vocal).float()
        valid = batch.valid_frames
        target = self.objective.target(clean, noise, alpha, sigma)
        weight = self.objective.weight(alpha, sigma)[:, 0, 0]
        loss = weight * _mean_square(prediction - target, valid)
        with torch.no_grad():
            found = self.objective.velocity(prediction, noisy, alpha, sigma)
            mse = _mean_square(found - velocity(clean, noise, alpha, sigma), valid)
        return loss, mse

    def _with_dropout(self, vocal: Vocal, generator: torch.Generator) -> Vocal:
        chance = torch.rand((3, len(vocal.latents)), generator=generator)
        chance = chance.to(vocal.latents.device)
        heard = chance[0] >= self.condition_dropout
        return replace(
            vocal,
            latents_given=vocal.latents_given & heard & (chance[1] >= self.latents_dropout),
            melody_given=vocal.melody_given & heard & (chance[2] >= self.melody_dropout),
        )

    def _generator(self, *place: int) -> torch.Generator:
        """A generator of its own for each place in the run, on the CPU as everywhere."""
        key = 0
        for number in (self.seed, self.global_rank, *place):
            key = (key * 1_000_003 + number + 1) % (2**63)
        return torch.Generator().manual_seed(key)

    def _validation_noise(self, like: Float[Tensor, "channels frames"]) -> Tensor:
        generator = self._generator(_VALIDATION, self._validation_item)
        self._validation_item += 1
        return torch.randn(like.shape, generator=generator).to(like)

    def _log_validation(self, name: str, value: Tensor, items: int) -> None:
        self.log(name, value, batch_size=items, sync_dist=True, prog_bar=name == "val/mse")

    def on_train_epoch_start(self) -> None:
        """Start the clock, and log the learning rate that the epoch begins with."""
        self._items_seen = 0
        self.log("train/lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        self._epoch_started = time.monotonic()

    def on_validation_epoch_start(self) -> None:
        """Begin again with the first item's noise, and stop the clock of training."""
        self._validation_item = 0
        if self._items_seen and not self.trainer.sanity_checking:
            seconds = max(time.monotonic() - self._epoch_started, 1e-9)
            self.log("train/items_per_second", self._items_seen / seconds)

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Log the gradient's norm before clipping; refuse a step that would ruin the weights."""
        gradients = [p.grad for p in self.denoiser.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        if not torch.isfinite(norm):
            raise SamuelError(self._diverged(f"the gradient's norm is {norm.item()}"))
        self.log("train/grad_norm", norm, on_step=False, on_epoch=True)

    def _diverged(self, what: str) -> str:
        kept = getattr(self.trainer.checkpoint_callback, "last_model_path", "") or "none yet"
        return (
            f"epoch {self.current_epoch}, step {self.global_step}: {what}; expected finite "
            f"numbers; go on from the last good checkpoint ({kept}) with a lower optimizer.lr"
        )


def _mean_square(error: Latents, valid_frames: Int[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """The mean square of each item over its first `valid_frames` frames."""
    channels, frames = error.shape[1:]
    valid: Bool[Tensor, "batch frames"] = (
        torch.arange(frames, device=error.device) < valid_frames[:, None]
    )
    total = (error.square() * valid[:, None]).sum(dim=(1, 2))
    return total / (channels * valid_frames)
