"""Songs of every style, made once for all tests of this folder."""

import numpy as np
import pytest

from samuel_gen.corpus.band import arrange
from samuel_gen.corpus.form import Section
from samuel_gen.corpus.harmony import TimedChord
from samuel_gen.corpus.melody import compose_melody
from samuel_gen.corpus.musician import PlacedPart
from samuel_gen.corpus.plan import Plan, plan_song
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.song import RenderedSong, render_song
from samuel_gen.corpus.styles.catalogue import CORE_STYLES, STYLES
from samuel_gen.corpus.styles.pop import POP
from samuel_gen.corpus.theory import parse_numeral

SECONDS = 8.0

Arrangement = tuple[Plan, tuple[Note, ...], tuple[PlacedPart, ...]]


@pytest.fixture(scope="session")
def songs() -> list[RenderedSong]:
    """One short rendered song of each style: consecutive seeds get different core styles."""
    core = [render_song(seed, seconds=SECONDS) for seed in range(len(CORE_STYLES))]
    others = enumerate(STYLES[len(CORE_STYLES) :], len(CORE_STYLES))
    return core + [render_song(n, seconds=SECONDS, styles=(style,)) for n, style in others]


@pytest.fixture(scope="session")
def arrangements() -> list[Arrangement]:
    """Plan, melody and parts of songs of all styles, three of each; nothing is rendered."""
    arranged = []
    for seed in range(3 * len(STYLES)):
        rng = np.random.default_rng([seed, 0])
        plan = plan_song(seed, 36.0, rng, STYLES)
        melody = compose_melody(plan, 52, 67, rng)
        arranged.append((plan, melody, arrange(plan, melody, rng)))
    return arranged


@pytest.fixture
def four_bars() -> Plan:
    """Four calm bars of pop in C major at 120 BPM, one chord per bar, then the final tonic."""
    numerals = ("I", "IV", "V", "vi", "I")
    chords = tuple(
        TimedChord(16 * bar, 16 * bar + 16, parse_numeral(numeral, 0))
        for bar, numeral in enumerate(numerals)
    )
    section = Section("verse", first_bar=0, bars=4, energy=0.3)
    return Plan(POP, 0, "major", 120.0, 0.1, 10.0, 4, (section,), chords)
