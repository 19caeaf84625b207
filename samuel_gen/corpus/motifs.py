"""Motifs: the rhythm and the contour of a phrase, which recur within a section."""

from dataclasses import dataclass

import numpy as np

from samuel_gen.corpus.plan import Plan


@dataclass(frozen=True)
class Motif:
    """The rhythm and the contour of a phrase.

    Attributes:
        onsets: the start of each note in steps from the start of the phrase; those of a
            pickup are negative.
        lengths: the length of each note in steps.
        contour: the wished pitch of each note in semitones around the centre of the phrase.
    """

    onsets: tuple[int, ...]
    lengths: tuple[int, ...]
    contour: tuple[float, ...]


def draw_motif(
    plan: Plan,
    steps: int,
    pace: float,
    rng: np.random.Generator,
    rest_scale: float = 1.0,
    has_pickup: bool = False,
) -> Motif:
    """Draw the rhythm and the contour of a phrase that ends with a rest.

    Args:
        plan: the plan of the song.
        steps: the length of the phrase in steps.
        pace: the usual note length [s].
        rng: the source of all random choices.
        rest_scale: the length of the rest, as a multiple of the usual one.
        has_pickup: whether the phrase begins in the bar before its first.
    """
    weights, bar = _onset_weights(plan), plan.style.meter.steps
    beat = plan.style.meter.steps_per_beat
    seconds = plan.step_seconds
    rest_steps = round(rest_scale * float(rng.uniform(0.5, 1.3)) / seconds)
    rest = int(np.clip(rest_steps, beat // 2, steps // (3 if rest_scale == 1 else 2)))
    entry = weights[: 2 * beat] * np.linspace(1.5, 0.2, 2 * beat)
    at = int(rng.choice(len(entry), p=entry / entry.sum()))
    if has_pickup:
        half = 2 if beat == 4 else 1
        at = -half * int(rng.integers(1, max(1, min(rest, 2 * beat) // half) + 1))
    stop = steps - rest
    onsets, lengths = [], []
    choices = np.arange(1, 4 * beat + 1)
    while at < stop:
        fit = np.exp(-0.5 * (np.log(choices * seconds / pace) / 0.5) ** 2)
        fit *= weights[(at + choices) % bar] * (choices * seconds >= 0.12)
        length = int(rng.choice(choices, p=fit / fit.sum()))
        if at + length > stop - max(1, beat // 2):
            length = stop - at
        onsets.append(at)
        lengths.append(length)
        at += length
    return Motif(tuple(onsets), tuple(lengths), _draw_contour(len(onsets), rng))


def _onset_weights(plan: Plan) -> np.ndarray:
    """The weight of a note onset on each step of a bar; (steps,)."""
    meter, syncopation = plan.style.meter, plan.style.syncopation
    weights = np.full(meter.steps, 0.06 + 0.3 * syncopation)
    half = 2 if meter.steps_per_beat == 4 else 1
    weights[::half] = 0.35 + 0.5 * syncopation
    weights[:: meter.steps_per_beat] = 1.0 - 0.35 * syncopation
    weights[0] = 1.2
    return weights


def _draw_contour(count: int, rng: np.random.Generator) -> tuple[float, ...]:
    """Draw a contour of `count` notes: an arch, a line, a wave or a level, plus a random walk."""
    x = np.linspace(0, 1, count) if count > 1 else np.zeros(1)
    shapes = (np.sin(np.pi * x) * 2 - 1, 1 - 2 * x, 2 * x - 1, np.cos(2 * np.pi * x), 0 * x)
    shape = shapes[int(rng.choice(5, p=(0.35, 0.25, 0.1, 0.2, 0.1)))]
    walk = np.cumsum(rng.normal(0, 1.1, count))
    centre = float(walk.mean()) if count else 0.0
    contour = float(rng.uniform(1.5, 4.0)) * shape + walk - centre
    return tuple(contour.tolist())
