"""Training of the beat network: batches, targets, loss and the loop."""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from samuel_gen.estimation.beat_features import BEAT_FEATURES, beat_features
from samuel_gen.estimation_fitting.beat_examples import BeatExample, draw_example
from samuel_gen.estimation_fitting.beat_songs import FRAME_SECONDS, BeatSong
from samuel_gen.models.beat_network import (
    FASTEST,
    POOLING,
    SLOWEST,
    TEMPO_CLASSES,
    BeatLogits,
    BeatNetwork,
)
from samuel_gen.models.precision import multiplies_bfloat16

_PULSE_FRAMES = 1.5  # standard deviation of the target around a beat
_TEMPO_SHARE = 0.7  # classes: standard deviation of the target around the tempo
_WEIGHTS = (1.0, 1.0, 0.05, 0.06)  # of beats, downbeats, division and tempo in the loss
_LENGTHS = ((20, 860), (10, 1720), (6, 3440))  # items and frames of a batch
_RARE_METER = 2.0  # frequency of a song in another meter, relative to one in 4/4
_AVERAGE = 0.995  # share of the old average of the weights at each step
_WEIGHT_DECAY = 0.02
_REPORT_EVERY = 20  # steps
_PARTS = ("network", "average", "optimizer")


class Batch(NamedTuple):
    """Examples of one length.

    Attributes:
        features: the input of the network.
        beats, downbeats: the targets in each frame, 0 to 1.
        compound: 1 if the beat is divided into three.
        tempo: the distribution of the tempo over the classes, per slow frame.
    """

    features: Float[Tensor, "batch features frames"]
    beats: Float[Tensor, "batch frames"]
    downbeats: Float[Tensor, "batch frames"]
    compound: Float[Tensor, " batch"]
    tempo: Float[Tensor, "batch classes slow_frames"]


class FittingOptions(NamedTuple):
    """The settings of a training run.

    Attributes:
        steps: the number of updates.
        learning_rate: the greatest learning rate.
        seed: the seed of everything random.
        save_every: the steps between two saved states.
    """

    steps: int = 8000
    learning_rate: float = 3e-3
    seed: int = 0
    save_every: int = 200


def make_batch(examples: Sequence[BeatExample]) -> Batch:
    """Turn examples of one length into tensors."""
    frames = len(examples[0].powers)
    features = np.stack([beat_features(each.powers, each.frequency) for each in examples])
    beats, downbeats = (
        np.stack([_pulses(times, frames) for times in rows])
        for rows in ([each.beats for each in examples], [each.downbeats for each in examples])
    )
    tempo = np.stack([_tempo_target(each.beats, frames) for each in examples])
    compound = np.array([each.is_compound for each in examples], np.float32)
    rows = (features, beats, downbeats, compound, tempo)
    return Batch(*(torch.from_numpy(each) for each in rows))


def batch_loss(logits: BeatLogits, batch: Batch) -> Tensor:
    """Return the loss of a batch."""
    entropy = functional.binary_cross_entropy_with_logits
    losses = (
        entropy(logits.beats.float(), batch.beats),
        entropy(logits.downbeats.float(), batch.downbeats),
        entropy(logits.compound.float(), batch.compound[:, None].expand_as(logits.compound)),
        functional.cross_entropy(logits.tempo.float(), batch.tempo),
    )
    weighted = [weight * loss for weight, loss in zip(_WEIGHTS, losses, strict=True)]
    return torch.stack(weighted).sum()


def train_network(
    songs: Sequence[BeatSong],
    folder: Path,
    options: FittingOptions,
    report: Callable[[int, float, float], None],
) -> BeatNetwork:
    """Train a beat network, or go on with the training that the folder holds.

    Args:
        songs: the songs to learn from.
        folder: the folder of the training's state.
        options: the settings of the run.
        report: receives the step, the loss and the seconds per step.

    Returns:
        The network with the averaged weights.
    """
    state = _State.start(options)
    state_path = folder / "state.pt"
    if state_path.exists():
        state.restore(torch.load(state_path))
    smooth, begin = 0.0, time.monotonic()
    while state.step < options.steps:
        loss = state.update(_draw_batch(songs, state.step, options), options)
        smooth = loss if smooth == 0 else 0.98 * smooth + 0.02 * loss
        if state.step % _REPORT_EVERY == 0:
            report(state.step, smooth, (time.monotonic() - begin) / _REPORT_EVERY)
            begin = time.monotonic()
        if state.step % options.save_every == 0 or state.step == options.steps:
            _save(state.collect(), state_path)
            begin = time.monotonic()
    return state.average.eval()


@dataclass
class _State:
    """The state of a training.

    Attributes:
        network: the network that learns.
        average: the moving average of its weights, which is kept in the end.
        optimizer: the optimizer of the network.
        step: the number of updates.
    """

    network: BeatNetwork
    average: BeatNetwork
    optimizer: torch.optim.Optimizer
    step: int = 0

    @staticmethod
    def start(options: FittingOptions) -> "_State":
        torch.manual_seed(options.seed)
        network = BeatNetwork(BEAT_FEATURES)
        average = copy.deepcopy(network).requires_grad_(False)
        rate = options.learning_rate
        optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=_WEIGHT_DECAY)
        return _State(network, average, optimizer)

    def collect(self) -> dict[str, Any]:
        """Return all parts as plain values."""
        parts = {name: getattr(self, name).state_dict() for name in _PARTS}
        return {**parts, "step": self.step}

    def restore(self, saved: dict[str, Any]) -> None:
        """Return to a state that `collect` returned."""
        for name in _PARTS:
            getattr(self, name).load_state_dict(saved[name])
        self.step = saved["step"]

    def update(self, batch: Batch, options: FittingOptions) -> float:
        """Update the weights and their average; return the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = _learning_rate(self.step, options)
        torch.manual_seed(options.seed * options.steps + self.step)  # dropout, also after a pause
        self.network.train()
        fast = multiplies_bfloat16(torch.device("cpu"))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            logits = self.network(batch.features)
        loss = batch_loss(logits, batch)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        share = min(_AVERAGE, self.step / (self.step + 10))
        averages = self.average.state_dict().values()
        for kept, new in zip(averages, self.network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - share)
            else:
                kept.copy_(new)
        return float(loss.detach())


def _save(saved: dict[str, Any], path: Path) -> None:
    """Write a state, at once or not at all."""
    part = path.with_suffix(".part")
    torch.save(saved, part)
    part.replace(path)


def _draw_batch(songs: Sequence[BeatSong], step: int, options: FittingOptions) -> Batch:
    rng = np.random.default_rng([options.seed, step])
    items, frames = _LENGTHS[step % len(_LENGTHS)]
    progress = step / options.steps
    shares = np.array([1.0 if song.meter == "4/4" else _RARE_METER for song in songs])
    chosen = rng.choice(len(songs), items, p=shares / shares.sum())
    return make_batch([draw_example(songs[at], frames, progress, rng) for at in chosen])


def _learning_rate(step: int, options: FittingOptions) -> float:
    warm = min(1.0, (step + 1) / 100)
    return float(options.learning_rate * warm * 0.5 * (1 + np.cos(np.pi * step / options.steps)))


def _pulses(times: Float[np.ndarray, " times"], frames: int) -> Float[np.ndarray, " frames"]:
    """Return Gaussians of height 1 around some places, given in frames."""
    pulses = np.zeros(frames, np.float32)
    near = np.round(times).astype(int)[:, None] + np.arange(-6, 7)
    heights = np.exp(-0.5 * ((near - times[:, None]) / _PULSE_FRAMES) ** 2)
    inside = (near >= 0) & (near < frames)
    np.maximum.at(pulses, near[inside], heights[inside])
    return pulses


def _tempo_target(
    beats: Float[np.ndarray, " beats"], frames: int
) -> Float[np.ndarray, "classes slow_frames"]:
    """Return the distribution of the tempo over the classes, from the true beats in frames."""
    slow = -(-frames // POOLING)
    if beats.size < 2:
        return np.full((TEMPO_CLASSES, slow), 1 / TEMPO_CLASSES, np.float32)
    tempi = 60 / FRAME_SECONDS / np.diff(beats)
    local = np.interp(np.arange(slow) * POOLING, (beats[1:] + beats[:-1]) / 2, tempi)
    classes = np.log(local / SLOWEST) / np.log(FASTEST / SLOWEST) * (TEMPO_CLASSES - 1)
    distance = np.arange(TEMPO_CLASSES)[:, None] - classes
    target = np.exp(-0.5 * (distance / _TEMPO_SHARE) ** 2) + 1e-9
    return np.asarray(target / target.sum(0), np.float32)
