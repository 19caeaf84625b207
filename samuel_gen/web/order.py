"""Orders: what the page asks to be generated, read from JSON and checked."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException

from samuel_gen.web.bodies import is_finite_number, read_whole_number, refuse_unknown

MOST_RESULTS, MOST_CANDIDATES = 8, 8
SAMPLERS = ("fast", "default", "quality")
"""The names of the samplers from the quickest to the most thorough."""
MOST_SEED = 2**53 - 1  # a browser's largest whole number


@dataclass(frozen=True)
class Order:
    """An order for results.

    Attributes:
        seeds: one seed for each result, or the seed of the range.
        candidates: the number of candidates of each result.
        sampler: the name of the sampler's settings.
        of: the number of the result of which a range is regenerated; None for new results.
        segment: start and stop of the range in seconds.
    """

    seeds: Sequence[int]
    candidates: int = 1
    sampler: str = "default"
    of: int | None = None
    segment: tuple[float, float] | None = None


def read_order(body: dict[str, Any]) -> Order:
    """Read the order of a generation from a body of JSON.

    Args:
        body: the body.

    Raises:
        HTTPException: 400 for a value of the wrong kind or out of its range.
    """
    refuse_unknown(body, ("results", "seed", "candidates", "sampler", "range", "of"))
    results = read_whole_number(body, "results", 1, 1, MOST_RESULTS)
    candidates = read_whole_number(body, "candidates", 1, 1, MOST_CANDIDATES)
    seed = read_whole_number(body, "seed", draw_seed(), 0, MOST_SEED)
    of = read_whole_number(body, "of", None, 1, 999_999)
    assert results is not None and candidates is not None and seed is not None
    sampler = "default" if body.get("sampler") is None else body["sampler"]
    if sampler not in SAMPLERS:
        raise HTTPException(400, f"sampler: choose one of {', '.join(SAMPLERS)}")
    segment = body.get("range")
    if (segment is None) != (of is None):
        raise HTTPException(400, "range and of belong together: give both, or none")
    if segment is None:
        return Order(range(seed, seed + results), candidates, sampler)
    is_pair = isinstance(segment, list) and len(segment) == 2
    if not is_pair or not all(is_finite_number(each) for each in segment):
        raise HTTPException(400, "range: give two times in seconds, such as [12.5, 20]")
    return Order([seed], of=of, segment=(float(segment[0]), float(segment[1])))


def draw_seed() -> int:
    """Return a seed that is short enough to be read aloud."""
    return secrets.randbelow(1_000_000)
