"""The colours of chords: plain triads by default, sevenths where the style plays them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from samuel_gen.estimation.harmony_prior import STATES
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key

_JAZZY = {"bossa_nova", "jazz_trio", "rhythm_and_blues"}
"""Styles in which every chord has a seventh."""
_DOMINANT = {"bolero", "country", "disco", "gospel", "soul", "waltz"}
"""Styles in which dominants that fall by a fifth have one."""
_MAJOR_SEVENTHS = {0, 3, 5, 8}  # roots of the major chords with a major seventh


def colour_states(
    path: Sequence[int] | Int[np.ndarray, " beats"], key: Key, style: str | None
) -> list[Chord]:
    """Write the chords of states as musicians of a style play them.

    Args:
        path: the state of each beat.
        key: the key.
        style: the style; None, or one without colours, gives triads.
    """
    chords = []
    for beat, state in enumerate(path):
        following = next((other for other in path[beat:] if other != state), state)
        suffix = _colour(int(state), int(following), style)
        root = (STATES[state][0] + key.tonic) % 12
        chords.append(Chord(root, suffix, root))
    return chords


def _colour(state: int, following: int, style: str | None) -> str:
    """The suffix of a state's symbol.

    Args:
        state: the state.
        following: the next state.
        style: the style.
    """
    interval, family = STATES[state]
    if style in _JAZZY:
        if family == "":
            return "maj7" if interval in _MAJOR_SEVENTHS else "7"
        return {"m": "m7", "dim": "m7b5"}[family]
    is_dominant = family == "" and interval not in _MAJOR_SEVENTHS
    falls = (interval - STATES[following][0]) % 12 == 7
    return "7" if style in _DOMINANT and is_dominant and falls else family
