"""What a figure could have been with other songs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

DRAWS = 1000
SHARE = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure and the 95 % interval around it.

    Attributes:
        value: of the songs at hand.
        low, high: between them it falls for 95 % of the sets drawn from these songs.
    """

    value: float
    low: float
    high: float


def drawn_songs(songs: int, seed: int = 0, draws: int = DRAWS) -> Int[np.ndarray, "draws songs"]:
    """Sets of as many songs, drawn with replacement: the same for every figure of an evaluation.

    Args:
        songs: how many there are.
        seed: of the draws.
        draws: how many sets.

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    return np.random.default_rng(seed).integers(songs, size=(draws, songs))


def mean_of(
    values: Float[np.ndarray, "songs seeds"], draws: Int[np.ndarray, "draws songs"]
) -> Interval:
    """The mean over songs of their means over seeds; NaN is unknown and left out.

    Songs are drawn anew, never their seeds, which are no further songs.
    """
    means = song_means(values)
    return interval(_nanmean(means), np.array([_nanmean(means[chosen]) for chosen in draws]))


def normalised_mean_of(
    values: Float[np.ndarray, "songs seeds"],
    true: Float[np.ndarray, "songs one"],
    mismatched: Float[np.ndarray, "songs one"],
    draws: Int[np.ndarray, "draws songs"],
) -> Interval:
    """Where the mean lies from that of the mismatched (0) to that of the true (1).

    All three are drawn from the same songs. NaN where the anchors cannot be told apart.
    """
    means = [song_means(each) for each in (values, true, mismatched)]

    def place(chosen: Int[np.ndarray, " songs"]) -> float:
        own, one, zero = (_nanmean(each[chosen]) for each in means)
        return (own - zero) / (one - zero) if abs(one - zero) > 1e-9 else float("nan")

    return statistic_of(place, draws)


def statistic_of(
    statistic: Callable[[Int[np.ndarray, " songs"]], float], draws: Int[np.ndarray, "draws songs"]
) -> Interval:
    """Any figure of a set of songs, given by their numbers."""
    whole = np.arange(draws.shape[1])
    return interval(statistic(whole), np.array([statistic(chosen) for chosen in draws]))


def interval(value: float, drawn: Float[np.ndarray, " draws"]) -> Interval:
    """The percentile interval of what was drawn."""
    known = drawn[np.isfinite(drawn)]
    if known.size == 0:
        return Interval(value, float("nan"), float("nan"))
    edge = 50 * (1 - SHARE)
    low, high = np.percentile(known, [edge, 100 - edge])
    return Interval(value, float(low), float(high))


def song_means(values: Float[np.ndarray, "songs seeds"]) -> Float[np.ndarray, " songs"]:
    """Each song's mean over its seeds; NaN where none is known."""
    known = np.isfinite(values)
    sums = np.where(known, values, 0.0).sum(1)
    return np.where(known.any(1), sums / np.maximum(known.sum(1), 1), np.nan)


def _nanmean(values: Float[np.ndarray, " songs"]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
