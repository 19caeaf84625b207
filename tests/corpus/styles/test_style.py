from dataclasses import replace

import pytest

from samuel_gen.corpus.styles.pop import POP
from samuel_gen.corpus.styles.style import FOUR_FOUR, THREE_FOUR, TWELVE_EIGHT, Groove


def test_steps_of_a_bar_are_sixteenths_or_eighths():
    assert [meter.steps for meter in (FOUR_FOUR, THREE_FOUR, TWELVE_EIGHT)] == [16, 12, 12]


def test_patterns_that_do_not_fill_their_bars_are_refused():
    with pytest.raises(AssertionError):
        replace(POP, calm_grooves=(Groove((("kick", "X..."),)),))
    with pytest.raises(AssertionError):
        replace(POP, bass=replace(POP.bass, lively=("R---",)))
