from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.colours import (
    add_passing_chords,
    colour_chord,
    colour_progression,
    hold_bass,
    invert_chords,
    measure_richness,
)
from samuel_gen.lead_sheet.chord import parse_chord


def _bars(text: str):
    return tuple((parse_chord(symbol),) for symbol in text.split())


def _colour(symbol: str, richness: float = 0.5):
    rng = np.random.default_rng(0)
    return [colour_chord(parse_chord(symbol), 0, "major", richness, rng) for _ in range(300)]


@pytest.mark.parametrize("symbol", ["C", "Dm", "G7", "Fmaj7", "Em7", "Bm7b5", "C6", "Am6"])
def test_colour_keeps_root_and_bass_and_changes_the_quality(symbol):
    plain = parse_chord(symbol)
    coloured = _colour(symbol)
    assert len({each.quality for each in coloured}) >= 2
    for each in coloured:
        assert (each.root, each.bass) == (plain.root, plain.bass)
        assert each.quality != plain.quality


def test_only_the_dominant_gets_sevenths_with_tension():
    tensions = {"7b9", "7#9", "13b9", "7b13"}
    assert tensions & {each.quality for each in _colour("G")}
    assert not tensions & {each.quality for each in _colour("F")}


def test_tones_of_the_scale_are_preferred():
    raised = [each.quality == "maj7#11" for each in _colour("F")]
    foreign = [each.quality == "maj7#11" for each in _colour("C")]
    assert np.mean(raised) > np.mean(foreign)


def test_plain_styles_rarely_get_chords_of_five_tones():
    sizes = [
        np.mean([len(each.pitch_classes) >= 5 for each in _colour("G7", richness)])
        for richness in (0.0, 1.0)
    ]
    assert sizes[0] < 0.75 * sizes[1]


def test_share_of_coloured_chords():
    bars = _bars("C Am F Dm") * 100
    rng = np.random.default_rng(0)
    coloured = colour_progression(bars, 0, "major", 0.2, 0.5, rng)
    changed = np.mean([one != other for one, other in zip(bars, coloured, strict=True)])
    assert changed == pytest.approx(0.2, abs=0.06)
    assert colour_progression(bars, 0, "major", 0.0, 0.5, rng) == bars


def test_passing_chord_leads_up_a_whole_tone():
    passed = add_passing_chords(_bars("C Dm G F"), 1.0, np.random.default_rng(0))
    c, d, g, f = (bar[0] for bar in _bars("C Dm G F"))
    assert passed == ((c, parse_chord("C#dim7")), (d,), (g,), (f,))


def test_inversions_put_a_chord_tone_near_the_bass_before():
    inverted = invert_chords(_bars("C G Am F"), 1.0, np.random.default_rng(0))
    assert [str(bar[0]) for bar in inverted] == ["C", "G/B", "Am/C", "F/A"]
    bars = _bars("C G Am F")
    assert invert_chords(bars, 0.0, np.random.default_rng(0)) == bars


def test_pedal_changes_the_bass_alone():
    held = hold_bass(_bars("C F G7"), 7)
    assert [str(bar[0]) for bar in held] == ["C/G", "F/G", "G7"]
    assert [replace(bar[0], bass=bar[0].root) for bar in held] == [
        bar[0] for bar in _bars("C F G7")
    ]


def test_richness_is_the_share_of_sevenths():
    assert measure_richness([_bars("C G7"), _bars("Dm7 Cmaj7")]) == 0.75
