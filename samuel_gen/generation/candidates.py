"""The candidates of a result: how many, and with which seeds. Loads nothing heavy."""

from collections.abc import Sequence

_SEED_DISTANCE = 1000  # between the seeds of one result's candidates


def candidate_seeds(seed: int, candidates: int) -> list[int]:
    """The seeds of a result's candidates; the first one is the result's own seed."""
    return [seed + _SEED_DISTANCE * number for number in range(candidates)]


def melody_only_seeds(seeds: Sequence[int]) -> list[int]:
    """The seeds of every second candidate, which is given the melody but not the latents.

    Latents of a real singer can mislead a network that has learned from rendered ones.
    """
    return list(seeds[1::2])
