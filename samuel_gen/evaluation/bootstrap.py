"""Bootstrap confidence intervals over songs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

DRAWS = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % confidence interval.

    Attributes:
        value: the value over the songs at hand.
        low, high: the range that holds the value for 95 % of the sets drawn from these songs.
    """

    value: float
    low: float
    high: float


def draw_songs(songs: int, seed: int = 0, draws: int = DRAWS) -> Int[np.ndarray, "draws songs"]:
    """Draw sets of as many songs with replacement; every metric of an evaluation uses the same.

    Args:
        songs: the number of songs.
        seed: the seed of the draws.
        draws: the number of sets.

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    return np.random.default_rng(seed).integers(songs, size=(draws, songs))


def mean_interval(
    values: Float[np.ndarray, "songs seeds"], draws: Int[np.ndarray, "draws songs"]
) -> Interval:
    """Estimate the mean over songs of their means over seeds; NaN values are left out.

    Songs are resampled, seeds are not: further seeds of a song are not further songs.
    """
    means = song_means(values)
    return statistic_interval(lambda drawn: _nanmean(means[drawn]), draws)


def normalised_interval(
    values: Float[np.ndarray, "songs seeds"],
    true: Float[np.ndarray, "songs one"],
    mismatched: Float[np.ndarray, "songs one"],
    draws: Int[np.ndarray, "draws songs"],
) -> Interval:
    """Estimate the normalised score of the mean: 0 is the mismatched anchor, 1 the true one.

    All three are resampled together. NaN if the two anchors are equal.
    """
    means = [song_means(each) for each in (values, true, mismatched)]

    def normalised(drawn: Int[np.ndarray, " songs"]) -> float:
        own, one, zero = (_nanmean(each[drawn]) for each in means)
        return (own - zero) / (one - zero) if abs(one - zero) > 1e-9 else float("nan")

    return statistic_interval(normalised, draws)


def statistic_interval(
    statistic: Callable[[Int[np.ndarray, " songs"]], float], draws: Int[np.ndarray, "draws songs"]
) -> Interval:
    """Estimate any statistic of a set of songs.

    Args:
        statistic: the function from song indices, in any order, to the statistic.
        draws: the sets of `draw_songs`; sets that are equal are computed once, of which three songs
            have ten.
    """
    sets, places = np.unique(np.sort(draws, axis=1), axis=0, return_inverse=True)
    drawn = np.array([statistic(each) for each in sets])
    return percentile_interval(statistic(np.arange(draws.shape[1])), drawn[places.reshape(-1)])


def percentile_interval(value: float, drawn: Float[np.ndarray, " draws"]) -> Interval:
    """Return `value` with the 95 % percentile interval of its bootstrap replicates.

    Args:
        value: the value over the songs at hand.
        drawn: the replicates, one per drawn set; those that are not finite are left out.
    """
    finite = drawn[np.isfinite(drawn)]
    if finite.size == 0:
        return Interval(value, float("nan"), float("nan"))
    edge = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(finite, [edge, 100 - edge])
    return Interval(value, float(low), float(high))


def song_means(values: Float[np.ndarray, "songs seeds"]) -> Float[np.ndarray, " songs"]:
    """Each song's mean over the seeds with a finite value; NaN if there is none."""
    finite = np.isfinite(values)
    sums = np.where(finite, values, 0.0).sum(1)
    return np.where(finite.any(1), sums / np.maximum(finite.sum(1), 1), np.nan)


def _nanmean(values: Float[np.ndarray, " songs"]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
