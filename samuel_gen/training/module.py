"""How the denoiser learns, and how well: the Lightning side of the diffusion maths."""

import math
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

from samuel_gen.data.load.batch import LatentBatch, ValidationBatch
from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import Objective, add_noise, velocity
from samuel_gen.diffusion.schedules import NoiseSchedule, stratified_timesteps
from samuel_gen.errors import SamuelError
from samuel_gen.training.epoch_means import EpochMeans, peak_memory

VALIDATION_TIMESTEPS = 8
_ITEM, _VALIDATION, _TIMESTEPS = range(3)  # what is drawn, told apart by its key


class AccompanimentDiffusion(L.LightningModule):
    """Teaches a denoiser to tell clean accompaniment from noise while it listens to the vocal.

    All randomness is drawn from the seed and the item, or the place of the global batch, never
    from a global state or for a process: a resumed run sees what an unbroken one would have seen,
    and so do several processes together. Validation uses the same noise and the same grid of
    timesteps for every run and epoch, and logs `val/loss`, `val/mse` (of the velocity,
    unweighted), the MSE at each timestep of the grid, and `val/vocal_gain`: the MSE with another
    song's vocal minus the MSE with the true one (above zero where the vocal is used).

    Args:
        denoiser: the network, called as `denoiser(noisy, timestep, vocal)`.
        schedule: alpha and sigma per timestep.
        objective: what the network predicts and how its errors are weighted.
        optimizer: makes the optimizer from the parameters.
        lr_schedule: makes the learning rate schedule from the optimizer and the number of steps.
        condition_dropout: share of items that hear no vocal at all (for guidance).
        latents_dropout: share of items that do without the vocal's latents.
        melody_dropout: share of items that do without the vocal's melody track.
        timestep_bias: how much likelier noisy timesteps are, see `stratified_timesteps`.
        seed: of noise, timesteps and dropout.
        compile: run the network through torch.compile, which needs a C++ compiler.

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
        timestep_bias: float | int = 0.0,
        seed: int = 0,
        compile: bool = False,
    ) -> None:
        super().__init__()
        self.denoiser = denoiser
        if compile:
            denoiser.compile()  # in place: the weights keep their names
        self.schedule = schedule
        self.objective = objective
        self.make_optimizer = optimizer
        self.make_lr_schedule = lr_schedule
        self.condition_dropout = condition_dropout
        self.latents_dropout = latents_dropout
        self.melody_dropout = melody_dropout
        self.timestep_bias = float(timestep_bias)
        self.seed = seed
        self._means = EpochMeans()
        self._validation_means = EpochMeans()
        self._clock = 0.0

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
        """The loss of one batch at timesteps spread over the whole chain.

        The mean of these losses over all processes is the mean over the global batch, however its
        items are shared out.
        """
        clean, items = batch.accompaniment, len(batch)
        rank, world_size = _process()
        places = self._generator(_TIMESTEPS, self.current_epoch, batch_idx)
        steps = stratified_timesteps(
            batch.global_items, self.schedule.num_timesteps, places, self.timestep_bias
        )
        chance, noise = self._draws(batch.index, clean)
        vocal = self._with_dropout(batch.vocal, chance)
        timestep = steps[rank::world_size].to(clean.device)

        loss, mse = self._errors(batch, vocal, noise, timestep)
        means = torch.stack((loss.detach().mean(), mse.mean())).tolist()
        self._means.add(dict(zip(("train/loss", "train/mse"), means, strict=True)), items)
        return loss.sum() * world_size / batch.global_items

    def validation_step(self, batch: ValidationBatch, batch_idx: int) -> None:
        """The errors of one batch on the grid of timesteps, with its own voices and with others."""
        clean = batch.accompaniment
        draws = [
            torch.randn(clean.shape[1:], generator=self._generator(_VALIDATION, index, seed=0))
            for index in batch.index.tolist()
        ]
        noise = torch.stack(draws).to(clean)
        means = []
        for step in self.validation_grid:
            timestep = torch.full((len(batch),), step, device=clean.device)
            loss, mse = self._errors(batch, batch.vocal, noise, timestep)
            _, wrong = self._errors(batch, batch.other_vocal, noise, timestep)
            means.append(torch.stack((loss.mean(), mse.mean(), (wrong - mse).mean())))
        figures = torch.stack(means)
        by_step = zip(self.validation_grid, figures[:, 1].tolist(), strict=True)
        overall = zip(("loss", "mse", "vocal_gain"), figures.mean(0).tolist(), strict=True)
        self._validation_means.add(
            {f"val/mse_t{step:03d}": mse for step, mse in by_step}
            | {f"val/{name}": figure for name, figure in overall},
            len(batch),
        )

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

    def _draws(
        self, index: Int[Tensor, " batch"], like: Latents
    ) -> tuple[Float[Tensor, "batch 3"], Latents]:
        """Each item's chances (of `_with_dropout`) and noise, drawn where they are needed."""
        chances, noise = [], torch.empty_like(like)
        for item, number in zip(noise, index.tolist(), strict=True):
            generator = self._generator(_ITEM, number, device=like.device)
            chances.append(torch.rand(3, generator=generator, device=like.device))
            item.normal_(generator=generator)
        return torch.stack(chances), noise

    def _with_dropout(self, vocal: Vocal, chance: Float[Tensor, "batch 3"]) -> Vocal:
        heard = chance[:, 0] >= self.condition_dropout
        return replace(
            vocal,
            latents_given=vocal.latents_given & heard & (chance[:, 1] >= self.latents_dropout),
            melody_given=vocal.melody_given & heard & (chance[:, 2] >= self.melody_dropout),
        )

    def _generator(
        self, *place: int, device: torch.device | str = "cpu", seed: int | None = None
    ) -> torch.Generator:
        """A generator of its own for each place in the run, or for a place in every run."""
        key = 0
        for number in (self.seed if seed is None else seed, *place):
            key = (key * 1_000_003 + number + 1) % (2**63)
        return torch.Generator(device).manual_seed(key)

    def on_fit_start(self) -> None:
        """Leave cuDNN's attention out: with a mask, its gradients can be NaN (PyTorch 2.11)."""
        torch.backends.cuda.enable_cudnn_sdp(False)

    def on_train_start(self) -> None:
        """Start the clock."""
        self._clock = time.monotonic()

    def on_train_epoch_start(self) -> None:
        """Begin the epoch's figures."""
        self._means.restart()
        self._means.add({"train/lr": self.trainer.optimizers[0].param_groups[0]["lr"]}, 1)

    def on_train_batch_end(self, outputs: Any, batch: LatentBatch, batch_idx: int) -> None:
        """Note the pace; log the epoch's figures after its last batch."""
        seconds = max(time.monotonic() - self._clock, 1e-9)
        self._clock += seconds
        self._means.add({"train/items_per_second": batch.global_items / seconds}, seconds)
        trainer = self.trainer
        stopped = trainer.should_stop or trainer.global_step == trainer.max_steps
        if trainer.is_last_batch or stopped:
            self._means.add({"train/memory_gb": peak_memory(self.device)}, 1)
            self._log_means(self._means)

    def on_validation_epoch_start(self) -> None:
        """Begin the figures of this validation."""
        self._validation_means.restart()

    def on_validation_epoch_end(self) -> None:
        """Log the figures of this validation, whose time is not training's."""
        self._log_means(self._validation_means)
        self._clock = time.monotonic()

    def _log_means(self, means: EpochMeans) -> None:
        for name, mean in means.means(self.device).items():
            bar = name == "val/mse"
            # The same in every process, which Lightning wants to be told.
            self.log(
                name, mean, on_step=False, on_epoch=True, prog_bar=bar, sync_dist=True, batch_size=1
            )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the sums behind the epoch's figures so far, over all processes."""
        checkpoint["epoch_so_far"] = self._means.sums(self.device)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the epoch's figures: the first process with those of all, the others at 0."""
        rank, _ = _process()
        sums = checkpoint["epoch_so_far"]
        self._means.restart(sums if rank == 0 else dict.fromkeys(sums, (0.0, 0.0)))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Note the gradient's norm before clipping; refuse a step that would ruin the weights."""
        gradients = [p.grad for p in self.denoiser.parameters() if p.grad is not None]
        norm = float(nn.utils.get_total_norm(gradients))
        if not math.isfinite(norm):
            raise SamuelError(self._diverged(f"the gradient's norm is {norm}"))
        self._means.add({"train/grad_norm": norm}, 1)

    def _diverged(self, what: str) -> str:
        kept = getattr(self.trainer.checkpoint_callback, "last_model_path", "") or "none yet"
        return (
            f"epoch {self.current_epoch}, step {self.global_step}: {what}; expected finite "
            f"numbers; go on from the last good checkpoint ({kept}) with a lower optimizer.lr"
        )


def _process() -> tuple[int, int]:
    """Which of how many training processes this is."""
    if not torch.distributed.is_initialized():
        return 0, 1
    return torch.distributed.get_rank(), torch.distributed.get_world_size()


def _mean_square(error: Latents, valid_frames: Int[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """The mean square of each item over its first `valid_frames` frames."""
    channels, frames = error.shape[1:]
    valid: Bool[Tensor, "batch frames"] = (
        torch.arange(frames, device=error.device) < valid_frames[:, None]
    )
    total = (error.square() * valid[:, None]).sum(dim=(1, 2))
    return total / (channels * valid_frames)
