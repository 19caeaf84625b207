"""Training of the learned decoder on the examples of rendered songs."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codec_fitting import critic
from samuel_gen.codec_fitting.critic import CROPS, Criticism
from samuel_gen.codecs.spectral.fine_grid import FINE_PER_FRAME, QUIETEST, guess_magnitudes
from samuel_gen.codecs.spectral.grid import HIGH_PER_FRAME
from samuel_gen.codecs.spectral.network import CONTEXT, DecoderNetwork
from samuel_gen.codecs.spectral.tables import Tables
from samuel_gen.models.precision import multiplies_bfloat16
from samuel_gen.storage import write_atomically

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = {"fine": 1.0, "low": 0.7, "envelope": 0.3, "stereo": 0.5}
"""Weights of the errors of the outputs in the loss."""
LARGEST_NOISE = 0.2
"""The most noise that is added to latents, relative to the standard deviation of each channel."""
LARGEST_GAIN = 10.0
"""The most by which a crop is made louder or quieter, in dB."""
LATENT_EXPONENT = 0.3
"""Latents grow with this power of the amplitude."""


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training run.

    Args:
        steps: number of steps in which only errors count.
        refining_steps: number of steps after these in which a critic judges too.
        batch: crops per step.
        frames: latent frames per crop.
        learning_rate: the highest rate; it rises for 200 steps, stays and falls to 0 at the end.
        refining_rate: the rate with which refining begins; it falls to 0 at the end.
        fall: the share of the steps in which the rate falls.
        averaging: the weight of the old average of the parameters at each step.
        seed: the seed of crops, noise and initial weights.
    """

    steps: int = 12_000
    refining_steps: int = 0
    batch: int = 12
    frames: int = 80
    learning_rate: float = 1.5e-3
    refining_rate: float = 3e-4
    fall: float = 0.25
    averaging: float = 0.998
    seed: int = 0


def load_examples(paths: list[Path]) -> dict[str, Tensor]:
    """Read examples and put them one after the other, in half precision."""
    from safetensors.torch import load_file

    loaded = [load_file(path) for path in paths]
    return {name: torch.cat([x[name] for x in loaded]) for name in loaded[0]}


def draw_batch(
    examples: dict[str, Tensor], settings: TrainingSettings, rng: "np.random.Generator"
) -> dict[str, Tensor]:
    """Draw crops of other loudness and with noise in their latents.

    Args:
        examples: the examples of `load_examples`, and the size of each channel's noise as `scale`.
        settings: the sizes of the batch.
        rng: the source of randomness.
    """
    last = len(examples["fine"]) - settings.frames
    starts = rng.integers(0, last, settings.batch)
    index = torch.from_numpy(starts)[:, None] + torch.arange(settings.frames)
    batch = {name: x[index].float() for name, x in examples.items() if name != "scale"}
    gain = torch.from_numpy(rng.uniform(-LARGEST_GAIN, LARGEST_GAIN, settings.batch)).float()
    gain = gain[:, None, None] / 20 * math.log(10)
    for name in ("low", "fine", "envelope"):
        batch[name] = (batch[name] + gain).clamp(min=math.log(QUIETEST))
    noise = rng.uniform(0, LARGEST_NOISE, settings.batch) * (rng.random(settings.batch) < 0.5)
    sizes = torch.from_numpy(noise).float()[:, None, None] * examples["scale"]
    noisy = batch["latents"] + sizes * torch.randn(batch["latents"].shape)
    batch["latents"] = noisy * (gain * LATENT_EXPONENT).exp()
    return batch


@dataclass(frozen=True)
class Prediction:
    """The predictions of a network for a batch, and the truth, without the edges of the crops.

    Attributes:
        pairs: predicted and true log magnitudes by name, in nepers.
        shares: predicted and true shares of the stereo bands.
        level: the levels of the stereo bands relative to the loudest.
        smooth: fine magnitudes that the bands give, in nepers.
    """

    pairs: dict[str, tuple[Tensor, Tensor]]
    shares: tuple[Tensor, Tensor]
    level: Tensor
    smooth: Tensor

    def errors(self) -> dict[str, Float[Tensor, ""]]:
        """Return mean moduli of the errors: in nepers, or shares of the stereo bands."""
        losses = {name: (ours - theirs).abs().mean() for name, (ours, theirs) in self.pairs.items()}
        ours, theirs = self.shares
        return {**losses, "stereo": ((ours - theirs).abs() * self.level).mean()}


def predict(network: DecoderNetwork, batch: dict[str, Tensor], tables: Tables) -> Prediction:
    """Return what a network predicts where it sees its whole context.

    Args:
        network: the network.
        batch: a batch of `draw_batch`.
        tables: the tables of the codec.
    """
    size, frames = batch["latents"].shape[:2]
    values, _ = tables.expand(batch["latents"].flatten(0, 1).T)
    found, shares = network(batch["latents"], values.reshape(size, frames, -1))
    smooth = guess_magnitudes(values).fine.reshape(size, FINE_PER_FRAME * frames, -1)
    fine = rearrange(batch["fine"], "b t (two bins) -> b (t two) bins", two=FINE_PER_FRAME)
    envelope = rearrange(
        batch["envelope"], "b t (four bands) -> b (t four) bands", four=HIGH_PER_FRAME
    )

    def inside(values: Tensor, factor: int = 1) -> Tensor:
        edge = CONTEXT // 2
        return values[:, edge * factor : (frames - edge) * factor]

    pairs = {"low": (found.low, batch["low"], 1), "fine": (found.fine, fine, FINE_PER_FRAME)}
    pairs["envelope"] = (found.envelope, envelope, HIGH_PER_FRAME)
    level = (batch["level"] / batch["level"].amax(2, keepdim=True).clamp(min=1e-3)).repeat(1, 1, 2)
    return Prediction(
        {name: (inside(x, factor), inside(y, factor)) for name, (x, y, factor) in pairs.items()},
        (inside(shares), inside(batch["shares"])),
        inside(level),
        inside(smooth, FINE_PER_FRAME),
    )


class DecoderTraining:
    """A training run that can be stopped at any time and resumed.

    Args:
        examples: the examples of `load_examples`.
        settings: the settings of the run.
        state: the file that keeps the run.
    """

    def __init__(
        self, examples: dict[str, Tensor], settings: TrainingSettings, state: Path
    ) -> None:
        torch.manual_seed(settings.seed)
        self.tables = Tables.load()
        self.examples = {**examples, "scale": examples["latents"].float().std(0)}
        self.settings, self.state = settings, state
        self.network = DecoderNetwork(self.tables.channels, tables=self.tables.digest)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            settings.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=0.01,
            fused=True,
        )
        self.criticism = Criticism(settings.seed)
        self.step = 0
        if state.exists():
            self._resume()

    def run(self) -> Iterator[tuple[int, dict[str, float]]]:
        """Train to the end; yield the step and the mean losses of every hundred steps."""
        sums: dict[str, float] = {}
        last = self.settings.steps + self.settings.refining_steps
        while self.step < last:
            for name, loss in self.learn_batch().items():
                sums[name] = sums.get(name, 0.0) + float(loss) / 100
            if self.step % 500 == 0 or self.step == last:
                self.save_state()
            if self.step % 100 == 0:
                yield self.step, sums
                sums = {}

    def learn_batch(self) -> dict[str, Tensor]:
        """Learn from one batch, which depends on the step only, and return the losses."""
        import numpy as np

        torch.manual_seed(self.step)
        rng = np.random.default_rng([self.settings.seed, self.step])
        batch = draw_batch(self.examples, self.settings, rng)
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        judged: dict[str, Tensor] = {}
        fast = multiplies_bfloat16(torch.device("cpu"))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            prediction = predict(self.network, batch, self.tables)
            losses = prediction.errors()
            if self.step >= self.settings.steps:
                predicted, real = (x[:CROPS] for x in prediction.pairs["fine"])
                smooth = prediction.smooth[:CROPS]
                judged = self.criticism.judge(real, predicted, smooth)
        total = torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum()
        for name, loss in judged.items():
            total = total + critic.WEIGHTS[name] * loss
        self.optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        if judged:
            with torch.autocast("cpu", torch.bfloat16, enabled=fast):
                judged |= self.criticism.learn(real, predicted, smooth)
        self.step += 1
        share = min(self.settings.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            averages: list[Tensor] = list(self.average.parameters())
            now: list[Tensor] = list(self.network.parameters())
            torch._foreach_lerp_(averages, now, 1 - share)
        return {name: loss.detach() for name, loss in (losses | judged).items()}

    def _learning_rate(self) -> float:
        settings, step = self.settings, self.step
        if step >= settings.steps:
            left = settings.steps + settings.refining_steps - step
            return settings.refining_rate * left / settings.refining_steps
        rise = min(1.0, (step + 1) / 200)
        fall = min(1.0, (settings.steps - step) / (settings.fall * settings.steps))
        return settings.learning_rate * rise * fall

    def save_state(self) -> None:
        """Write what is needed to go on."""
        state: dict[str, Any] = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "criticism": self.criticism.state_dict(),
        }
        with write_atomically(self.state) as temporary:
            torch.save(state, temporary)

    def _resume(self) -> None:
        state = torch.load(self.state, weights_only=True)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.criticism.load_state_dict(state["criticism"])
