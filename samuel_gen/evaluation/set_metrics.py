"""The metrics of a set of songs: adherence, retrieval, Frechet distances, diversity and speed."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int

from samuel_gen.evaluation.adherence import prompt_adherence
from samuel_gen.evaluation.anchors import GENERATED, TRUE
from samuel_gen.evaluation.diversity import seed_diversity
from samuel_gen.evaluation.frechet import frechet_distance
from samuel_gen.evaluation.measurements import MeasuredAccompaniment, Measurements
from samuel_gen.evaluation.retrieval import FitMatrix, fit_matrix, reciprocal_rank, top1_accuracy
from samuel_gen.evaluation.song_metrics import Metric

POOL_SONGS = 32  # vocals among which the own one is to be found

SET_METRICS = (
    Metric("apa", "", "higher", "accompaniment prompt adherence: 0 mismatched, 1 true"),
    Metric("retrieval", "", "higher", f"own vocal ranked first among up to {POOL_SONGS}"),
    Metric("reciprocal_rank", "", "higher", "one over the rank of the own vocal"),
    Metric(
        "frechet_spectral", "", "lower", "Frechet distance from true accompaniments, spectral-1"
    ),
    Metric(
        "frechet_latent", "", "lower", "Frechet distance from true accompaniments, latent frames"
    ),
    Metric("diversity", "", None, "difference between seeds: 0 none, 1 as between songs"),
    Metric("real_time_factor", "", "lower", "seconds of generation per second of sound"),
)

SongIndices = Int[np.ndarray, " songs"]
Statistic = Callable[[SongIndices], float]
Pool = tuple[SongIndices, list[FitMatrix]]
"""The songs of a pool, and for each seed the fit of their accompaniments with their vocals."""


def set_statistics(system: str, measurements: Measurements) -> dict[str, Statistic]:
    """Make a system's set metrics as functions of the songs in the set, by metric.

    Args:
        system: one of the systems measured.
        measurements: the measurements of all systems.
    """
    own = _group_by_song(measurements.systems[system], measurements)
    true = [members[0] for members in _group_by_song(measurements.systems[TRUE], measurements)]
    mixes = _stacker([[each.mix for each in members] for members in own])
    true_mixes = _stacker([[each.mix] for each in true])
    mismatched_mixes = _stacker([[each] for each in measurements.mismatched_mixes])
    embeddings = _stacker([[each.accompaniment for each in members] for members in own])
    true_embeddings = _stacker([[each.accompaniment] for each in true])
    frames = _stacker([[each.latents for each in members] for members in own])
    true_frames = _stacker([[each.latents] for each in true])
    top1, reciprocal = _rank_vocals(own, measurements)

    statistics: dict[str, Statistic] = {
        "apa": lambda songs: prompt_adherence(
            mixes(songs), true_mixes(songs), mismatched_mixes(songs)
        ),
        "retrieval": lambda songs: float(top1[songs].mean()),
        "reciprocal_rank": lambda songs: float(reciprocal[songs].mean()),
        "frechet_spectral": lambda songs: frechet_distance(
            embeddings(songs), true_embeddings(songs)
        ),
        "frechet_latent": lambda songs: frechet_distance(frames(songs), true_frames(songs)),
    }
    if system == GENERATED and max(map(len, own)) > 1:
        statistics["diversity"] = lambda songs: seed_diversity(
            [[each.accompaniment for each in own[song]] for song in songs]
        )
    return statistics


def _group_by_song(
    accompaniments: Sequence[MeasuredAccompaniment], measurements: Measurements
) -> list[list[MeasuredAccompaniment]]:
    songs = range(len(measurements.names))
    return [[each for each in accompaniments if each.song == song] for song in songs]


def _stacker(vectors: Sequence[Sequence[np.ndarray]]) -> Callable[[SongIndices], np.ndarray]:
    """Make the function from song indices to all vectors of these songs, as rows.

    Args:
        vectors: the vectors of each song, in any number of arrays.
    """
    by_song = [np.concatenate(list(arrays)) for arrays in vectors]
    return lambda songs: np.concatenate([by_song[song] for song in songs])


def _rank_vocals(
    own: Sequence[Sequence[MeasuredAccompaniment]], measurements: Measurements
) -> tuple[np.ndarray, np.ndarray]:
    """Top-1 accuracy and reciprocal rank of each song's vocal, averaged over seeds."""
    top1, reciprocal = np.zeros(len(own)), np.zeros(len(own))
    for songs, fits in _fit_pools(own, measurements):
        top1[songs] = np.mean([top1_accuracy(of_seed) for of_seed in fits], axis=0)
        reciprocal[songs] = np.mean([reciprocal_rank(of_seed) for of_seed in fits], axis=0)
    return top1, reciprocal


def _fit_pools(
    own: Sequence[Sequence[MeasuredAccompaniment]], measurements: Measurements
) -> list[Pool]:
    """Split the songs into pools of at most POOL_SONGS, and compute the fits within each."""
    pools = []
    for songs in np.array_split(np.arange(len(own)), -(-len(own) // POOL_SONGS)):
        melodies = [measurements.melodies[song] for song in songs]
        fits = [
            fit_matrix(
                [own[song][seed].music for song in songs], melodies, measurements.frame_seconds
            )
            for seed in range(min(len(own[song]) for song in songs))
        ]
        pools.append((songs, fits))
    return pools
