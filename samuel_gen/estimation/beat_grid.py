"""One tempo for a whole recording: the steady grids of beats that explain it best."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.beat_tracker import TEMPI, BeatActivations

SLOWEST, FASTEST = 40.0, 220.0
"""The tempi that are searched, in beats per minute."""
USUAL_TEMPO = 115.0
"""The tempo that is expected of an unknown song."""
_OCTAVES = 0.7  # the spread of the tempi around it
_FINEST = 14.0  # Hz: the highest harmonic of a grid; faster changes of the evidence are ignored
_PADDING = 20  # the frequencies tried are 1 / (20 * duration) apart
_PHASES = 64
_BEAT_COST = 0.1  # evidence that a beat must have, lest there be beats between the beats
_BACKGROUND = 50.0  # percentile of the odds of a beat that is no evidence
_FLOOR = 0.02  # the probability of a beat that counts as none
_BLUR = np.array([0.08, 0.24, 0.36, 0.24, 0.08])  # beats may be a frame off
_GREATEST = 2.15  # the evidence of one frame, at most
_PER_BEAT = 0.1  # weight of a beat without evidence, against the network's love of slow tempi
_TEMPO_LEAST, _TEMPO_SECONDS = 9.0, 0.5  # weight of the network's tempo, and per second
_APART = 0.025  # grids whose tempo differs by less are the same
_REACH = 4  # frames around a beat of the grid that fix its time

Frames = Float[np.ndarray, " frames"]
Places = Float[np.ndarray, " beats"]


@dataclass(frozen=True)
class BeatGrid:
    """Equidistant beats.

    Attributes:
        period: the distance of the beats in frames.
        start: the place of the first beat in frames, at least -0.5 and less than a period later.
        merit: the evidence for the grid as a log-odds, prior included.
    """

    period: float
    start: float
    merit: float

    def places(self, frames: int) -> Places:
        """The places of the beats in frames, up to the end of the recording."""
        return np.arange(self.start, frames - 0.5, self.period)


def beat_evidence(activations: Frames) -> Frames:
    """Return the log-odds of a beat in each frame against the mean of the recording.

    A part that shows nothing has the evidence 0, so that it favours no tempo.
    """
    if activations.size == 0:
        return np.zeros(0)
    smooth = np.convolve(np.pad(activations, 2, "edge"), _BLUR, "valid")
    odds = (smooth + _FLOOR) / (1 - smooth + _FLOOR)
    usual = float(np.percentile(odds, _BACKGROUND))
    return np.asarray(np.clip(np.log(odds / usual), -_GREATEST, _GREATEST) - _BEAT_COST)


def tempo_prior(
    bpm: Float[np.ndarray, " tempi"], activations: BeatActivations
) -> Float[np.ndarray, " tempi"]:
    """Return the log-probability of tempi, up to a constant, before any beat is placed."""
    usual = -0.5 * (np.log2(bpm / USUAL_TEMPO) / _OCTAVES) ** 2
    if activations.tempo is None or activations.tempo.shape[1] == 0:
        return np.asarray(usual)
    mean = np.log(activations.tempo + 1e-3).mean(1)
    seconds = activations.tempo.shape[1] * 4 * activations.frame_seconds
    weight = _TEMPO_LEAST + _TEMPO_SECONDS * seconds
    likely = weight * np.interp(np.log(bpm), np.log(TEMPI), mean)
    return np.asarray(usual + likely + _PER_BEAT * seconds / 60 * bpm)


def find_grids(
    activations: BeatActivations,
    evidence: Frames,
    count: int = 6,
    tempo: float | int | None = None,
    through: float | None = None,
) -> list[BeatGrid]:
    """Find the steady grids with most evidence, each with another tempo, the best first.

    Args:
        activations: the activations of the recording.
        evidence: the result of `beat_evidence`.
        count: the number of grids.
        tempo: the tempo in beats per minute, if it is known.
        through: a place in frames at which a beat must be, if one is known.
    """
    frame_seconds = activations.frame_seconds
    if tempo is None:
        size = _PADDING * max(evidence.size, 64)
        steps = (
            np.arange(
                np.ceil(SLOWEST / 60 * frame_seconds * size),
                np.floor(FASTEST / 60 * frame_seconds * size) + 1,
            )
            / size
        )
    else:
        steps = np.array([tempo / 60 * frame_seconds])
    merits, phases = _comb(evidence, steps, _FINEST * frame_seconds, through)
    merits = merits + tempo_prior(60 * steps / frame_seconds, activations)
    grids: list[BeatGrid] = []
    for best in np.argsort(-merits):
        step = steps[best]
        if all(abs(np.log(step * each.period)) > _APART for each in grids):
            grids.append(BeatGrid(1 / step, phases[best] / step, float(merits[best])))
        if len(grids) == count:
            break
    return grids


def _comb(
    evidence: Frames, steps: Float[np.ndarray, " tempi"], finest: float, through: float | None
) -> tuple[Float[np.ndarray, " tempi"], Float[np.ndarray, " tempi"]]:
    """Sum the evidence on grids of each tempo; return the best sums and their phases in beats.

    The sums over a grid are the harmonics of its frequency in the spectrum of the evidence.

    Args:
        evidence: the evidence per frame.
        steps: the beats per frame.
        finest: the highest harmonic, in cycles per frame.
        through: a place in frames at which a beat must be.
    """
    harmonics = int(finest / steps[0])
    spectrum = _harmonics(evidence, steps, harmonics)
    spectrum[np.arange(1, harmonics + 1) * steps[:, None] > finest] = 0
    constant = evidence.sum()
    order = np.arange(1, harmonics + 1)
    if through is not None:
        phases = (through * steps) % 1.0
        turned = spectrum * np.exp(2j * np.pi * order * phases[:, None])
        return steps * (constant + 2 * turned.real.sum(1)), phases
    merits, best = np.zeros(steps.size), np.zeros(steps.size)
    turns = np.exp(2j * np.pi * order[:, None] * np.arange(_PHASES) / _PHASES)
    for first in range(0, steps.size, 4096):
        part = slice(first, first + 4096)
        sums = constant + 2 * (spectrum[part] @ turns).real
        at = sums.argmax(1)
        merits[part] = steps[part] * sums[np.arange(at.size), at]
        best[part] = at / _PHASES
    return merits, best


def _harmonics(evidence: Frames, steps: Float[np.ndarray, " tempi"], harmonics: int) -> np.ndarray:
    """Return the Fourier coefficients of the evidence at multiples of some frequencies."""
    order = np.arange(1, harmonics + 1)
    if steps.size == 1:
        angles = np.arange(evidence.size)[:, None] * order * steps[0]
        return np.asarray((evidence @ np.exp(-2j * np.pi * angles))[None])
    size = _PADDING * max(evidence.size, 64)
    spectrum = np.fft.rfft(evidence, size)
    bins = np.round(steps * size).astype(int)[:, None] * order
    return np.asarray(spectrum[np.minimum(bins, spectrum.size - 1)])


def refine_grid(
    grid: BeatGrid, activations: Frames, keep_period: bool, keep_phase: bool
) -> BeatGrid:
    """Fit period and phase of a grid to the activations near it by least squares.

    Args:
        grid: the grid.
        activations: the probability of a beat in each frame.
        keep_period: leave the period as it is.
        keep_phase: leave the beats where they are.
    """
    for _ in range(2):
        places = grid.places(activations.size)
        if keep_phase or places.size < 3:
            return grid
        times, weights = locate_beats(places, activations)
        if weights.sum() < 1e-3:
            return grid
        number = np.arange(places.size) - np.average(np.arange(places.size), weights=weights)
        offset = np.average(times - places, weights=weights)
        slope = 0.0
        if not keep_period:
            spread = np.sum(weights * number**2) + 0.05 * np.sum(number**2)
            slope = float(np.sum(weights * number * (times - places)) / spread)
        period, start = grid.period + slope, places[0] + offset + slope * number[0]
        grid = BeatGrid(period, float((start + 0.5) % period - 0.5), grid.merit)
    return grid


def locate_beats(places: Places, activations: Frames) -> tuple[Places, Places]:
    """Return the centres of the activation around some places, and its height there.

    Args:
        places: the places in frames.
        activations: the probability of a beat in each frame.
    """
    near = np.round(places).astype(int)[:, None] + np.arange(-_REACH, _REACH + 1)
    inside = (near >= 0) & (near < activations.size)
    heights = np.where(inside, activations[np.clip(near, 0, activations.size - 1)], 0.0) ** 2
    total = heights.sum(1)
    centres = (heights * near).sum(1) / np.maximum(total, 1e-9)
    return np.where(total > 1e-6, centres, places), np.sqrt(total)
