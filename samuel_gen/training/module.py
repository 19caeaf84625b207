"""The LightningModule: losses, validation, and the figures of each epoch."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import lightning as L
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from samuel_gen.data.load.batch import LatentBatch, ValidationBatch
from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import Objective, add_noise, velocity
from samuel_gen.diffusion.schedules import NoiseSchedule, draw_timesteps
from samuel_gen.errors import SamuelError
from samuel_gen.training.cudnn_attention import CudnnAttentionOff
from samuel_gen.training.epoch_means import EpochMeans, measure_peak_memory
from samuel_gen.training.masked_mean import masked_mean_square
from samuel_gen.training.random_draws import (
    Purpose,
    draw_items,
    draw_validation_noise,
    make_generator,
    withhold_views,
)

VALIDATION_TIMESTEPS = 8


class AccompanimentDiffusion(L.LightningModule):
    """Trains a denoiser to predict clean accompaniment from noisy accompaniment and the vocal.

    A resumed run sees the same items, noise and timesteps as an uninterrupted one, and so do
    several processes together (see `random_draws`). Validation uses the same noise and the same
    grid of timesteps in every run and epoch. It logs `val/loss`, `val/mse` (of the velocity,
    unweighted), the MSE at each timestep of the grid, and `val/vocal_gain`: the MSE with another
    song's vocal minus the MSE with the true one, which is above zero if the network uses the
    vocal.

    Args:
        denoiser: the network, called as `denoiser(noisy, timestep, vocal)`.
        schedule: the noise schedule, with alpha and sigma per timestep.
        objective: the prediction target and the weight of its errors.
        optimizer: a function that makes the optimizer from the parameters.
        lr_schedule: a function that makes the learning rate schedule from the optimizer and the
            number of steps.
        condition_dropout: the share of items without any vocal and lead sheet, for guidance.
        latents_dropout: the share of items without the vocal's latents.
        melody_dropout: the share of items without the vocal's melody track.
        chords_dropout, beats_dropout, style_dropout: the share of items without this part of the
            lead sheet, so that each can be given alone.
        timestep_bias: the preference for noisy timesteps, whose density grows as
            `timestep ** timestep_bias`; 0 is uniform.
        seed: the seed of noise, timesteps and dropout.
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
        chords_dropout: float = 0.2,
        beats_dropout: float = 0.2,
        style_dropout: float = 0.3,
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
        self.view_dropout = {
            "latents": latents_dropout,
            "melody": melody_dropout,
            "chords": chords_dropout,
            "beats": beats_dropout,
            "style": style_dropout,
        }
        self.timestep_bias = float(timestep_bias)
        self.seed = seed
        self._means = EpochMeans()
        self._validation_means = EpochMeans()
        self._clock = 0.0

    def configure_optimizers(self) -> Any:
        """Return the optimizer and its learning rate schedule, which advances at each step."""
        optimizer = self.make_optimizer(self.denoiser.parameters())
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = self.make_lr_schedule(optimizer, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def configure_callbacks(self) -> list[L.Callback]:
        """Return the callback that every fit of this module needs."""
        return [CudnnAttentionOff()]

    def training_step(self, batch: LatentBatch, batch_idx: int) -> Tensor:
        """Return the loss of one batch, at timesteps spread over the whole chain.

        The mean of these losses over all processes is the mean over the global batch, however its
        items are divided among them.
        """
        clean, items = batch.accompaniment, len(batch)
        rank, world_size = _process()
        generator = make_generator(self.seed, Purpose.TIMESTEPS, self.current_epoch, batch_idx)
        global_timesteps = draw_timesteps(
            batch.global_items, self.schedule.num_timesteps, generator, self.timestep_bias
        )
        timestep = global_timesteps[rank::world_size].to(clean.device)
        chance, noise = draw_items(batch.index, clean, self.seed)
        vocal = withhold_views(batch.vocal, chance, self.condition_dropout, self.view_dropout)
        loss, mse = self._compute_errors(batch, vocal, noise, timestep)
        means = torch.stack((loss.detach().mean(), mse.mean())).tolist()
        self._means.add(dict(zip(("train/loss", "train/mse"), means, strict=True)), items)
        return loss.sum() * world_size / batch.global_items

    def validation_step(self, batch: ValidationBatch, batch_idx: int) -> None:
        """Measure the errors of one batch on the grid of timesteps.

        Each item is evaluated with its own vocal and with another song's. The noise is the same
        whatever the seed of the run.
        """
        clean = batch.accompaniment
        noise = draw_validation_noise(batch.index, clean)
        means = []
        for step in self.validation_grid:
            timestep = torch.full((len(batch),), step, device=clean.device)
            loss, mse = self._compute_errors(batch, batch.vocal, noise, timestep)
            _, other_mse = self._compute_errors(batch, batch.other_vocal, noise, timestep)
            means.append(torch.stack((loss.mean(), mse.mean(), (other_mse - mse).mean())))
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
        """The timesteps of the validation: the middles of equal parts of the chain."""
        count = min(VALIDATION_TIMESTEPS, self.schedule.num_timesteps)
        width = self.schedule.num_timesteps / count
        return [int((part + 0.5) * width) for part in range(count)]

    def _compute_errors(
        self, batch: LatentBatch, vocal: Vocal, noise: Latents, timestep: Timesteps
    ) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Compute the weighted loss and the velocity MSE of each item, over its valid frames."""
        clean = batch.accompaniment
        alpha, sigma = self.schedule.at(timestep, like=clean)
        noisy = add_noise(clean, noise, alpha, sigma)
        prediction = self.denoiser(noisy, timestep, vocal).float()
        valid = batch.valid_frames
        target = self.objective.target(clean, noise, alpha, sigma)
        weight = self.objective.weight(alpha, sigma)[:, 0, 0]
        loss = weight * masked_mean_square(prediction - target, valid)
        with torch.no_grad():
            predicted = self.objective.velocity(prediction, noisy, alpha, sigma)
            mse = masked_mean_square(predicted - velocity(clean, noise, alpha, sigma), valid)
        return loss, mse

    def on_train_start(self) -> None:
        """Start measuring the pace."""
        self._clock = time.monotonic()

    def on_train_epoch_start(self) -> None:
        """Start the figures of the epoch."""
        self._means.restart()
        self._means.add({"train/lr": self.trainer.optimizers[0].param_groups[0]["lr"]}, 1)

    def on_train_batch_end(self, outputs: Any, batch: LatentBatch, batch_idx: int) -> None:
        """Record the pace; log the figures of the epoch after its last batch."""
        seconds = max(time.monotonic() - self._clock, 1e-9)
        self._clock += seconds
        self._means.add({"train/items_per_second": batch.global_items / seconds}, seconds)
        trainer = self.trainer
        is_stopping = trainer.should_stop or trainer.global_step == trainer.max_steps
        if trainer.is_last_batch or is_stopping:
            self._means.add({"train/memory_gb": measure_peak_memory(self.device)}, 1)
            self._log_means(self._means)

    def on_validation_epoch_start(self) -> None:
        """Start the figures of this validation."""
        self._validation_means.restart()

    def on_validation_epoch_end(self) -> None:
        """Log the figures of this validation; its time does not count towards the pace."""
        self._log_means(self._validation_means)
        self._clock = time.monotonic()

    def _log_means(self, means: EpochMeans) -> None:
        for name, mean in means.reduce_means(self.device).items():
            # The means are equal in all processes already; sync_dist keeps Lightning from warning.
            self.log(
                name,
                mean,
                on_step=False,
                on_epoch=True,
                prog_bar=name == "val/mse",
                sync_dist=True,
                batch_size=1,
            )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the sums of the unfinished epoch, over all processes."""
        checkpoint["epoch_so_far"] = self._means.reduce_sums(self.device)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue the figures of the epoch."""
        self._means.resume(checkpoint["epoch_so_far"])

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Record the gradient norm before clipping; refuse a step that would ruin the weights.

        Raises:
            SamuelError: the norm is not finite.
        """
        gradients = [p.grad for p in self.denoiser.parameters() if p.grad is not None]
        norm = float(nn.utils.get_total_norm(gradients))
        if not math.isfinite(norm):
            # Resuming would not help: the training state holds the learning rate too.
            last = getattr(self.trainer.checkpoint_callback, "last_model_path", "") or "none yet"
            raise SamuelError(
                f"epoch {self.current_epoch}, step {self.global_step}: gradient norm {norm}; train "
                f"again with a lower optimizer.lr (last good training state: {last})"
            )
        self._means.add({"train/grad_norm": norm}, 1)


def _process() -> tuple[int, int]:
    """Return the rank of this training process and the number of processes."""
    if not torch.distributed.is_initialized():
        return 0, 1
    return torch.distributed.get_rank(), torch.distributed.get_world_size()
