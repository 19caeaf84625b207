"""Two published models of how different two recordings sound to a listener.

Both packages are optional: `pip install 'samuel-gen[listening]'`.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.resample import resample

Audio = Float[Tensor, "channels samples"]

LISTENING_RATE = 48_000
"""The rate of both models, in Hz."""
SHORTEST_SECONDS = 4.0
"""The shortest sound that ViSQOL is given: it crashes where it finds no patches to compare."""
MEANINGS = {
    "visqol": (2, "ViSQOL 3, audio mode: opinion from 1 (bad) to 4.7 (the same)"),
    "zimtohrli": (4, "Zimtohrli: distance, 0 is the same"),
}
"""Number of decimals and explanation of each model."""


def measure_perception(reference: Audio, other: Audio, sample_rate: int) -> dict[str, float]:
    """Return the judgement of each model on the mean of the channels.

    It is NaN for a model that is not installed, or that cannot judge so short a sound.

    Args:
        reference: the original.
        other: a version of the original, equally long.
        sample_rate: the sample rate of both, in Hz.
    """
    first, second = (
        resample(x.float().mean(0, keepdim=True), sample_rate, LISTENING_RATE)[0].numpy()
        for x in (reference, other)
    )
    found = dict.fromkeys(MEANINGS, float("nan"))
    if find_spec("visqol") and len(first) >= SHORTEST_SECONDS * LISTENING_RATE:
        opinion = _visqol().measure_from_arrays(
            first.astype(np.float64), second.astype(np.float64), LISTENING_RATE
        )
        found["visqol"] = float(opinion.moslqo)
    if find_spec("zimtohrli"):
        import zimtohrli

        found["zimtohrli"] = float(zimtohrli.Pyohrli().distance(first, second))
    return found


@cache
def _visqol() -> Any:
    from visqol import VisqolApi

    model = VisqolApi()
    model.create(mode="audio")
    return model
