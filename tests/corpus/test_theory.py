import pytest

from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.corpus.theory import (
    choose_voicing,
    fifth_of,
    parse_numeral,
    scale_of,
    scale_over,
    third_of,
    tones_of,
)
from samuel_gen.lead_sheet.chord import Chord, parse_chord, qualities


def test_numerals_name_chords():
    assert parse_numeral("V7", 0) == Chord(7, "7", 7)
    assert parse_numeral("ii7", 9) == Chord(11, "m7", 11)
    assert parse_numeral("bVI", 4) == Chord(0, "", 0)
    assert tones_of(parse_numeral("V7sus4", 0)) == (7, 0, 2, 5)


def test_unknown_numeral_is_refused():
    with pytest.raises(KeyError):
        parse_numeral("Vmagic", 0)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_all_progressions_stay_near_their_key(mode):
    for style in STYLES:
        tones = [
            tone
            for progression in getattr(style, mode)
            for numeral in progression.replace(",", " ").split()
            for tone in parse_numeral(numeral, 0).pitch_classes
        ]
        share = sum(tone in scale_of(0, mode) for tone in tones) / len(tones)
        assert share > 0.85, style.name


def test_dominant_in_minor_brings_the_leading_tone():
    scale = scale_over(parse_numeral("V7", 9), 9, "minor")
    assert 8 in scale and 7 not in scale
    assert scale_over(parse_numeral("i", 9), 9, "minor") == frozenset(scale_of(9, "minor"))


@pytest.mark.parametrize(
    ("symbol", "third", "fifth"),
    [("C", 4, 7), ("Csus4", 5, 7), ("Cadd9", 4, 7), ("Cm7b5", 3, 6), ("Caug", 4, 8), ("C5", 0, 7)],
)
def test_third_and_fifth_follow_the_quality(symbol, third, fifth):
    chord = parse_chord(symbol)
    assert (third_of(chord), fifth_of(chord)) == (third, fifth)


@pytest.mark.parametrize("quality", qualities())
@pytest.mark.parametrize("voices", [3, 4])
def test_voicing_has_the_tones_of_its_chord(quality, voices):
    for root in range(12):
        chord = Chord(root, quality, root)
        voicing = choose_voicing(chord, (), 52, 74, voices)
        tones = {pitch % 12 for pitch in voicing}
        assert tones <= chord.pitch_classes
        assert len(tones) == len(voicing) == min(voices, len(chord.pitch_classes))
        assert list(voicing) == sorted(voicing) and voicing[0] >= 52


def test_voicing_drops_fifth_and_root_first():
    thirteenth = parse_chord("C13")
    assert {pitch % 12 for pitch in choose_voicing(thirteenth, (), 52, 74)} == {2, 4, 9, 10}


def test_voice_leading_moves_less_than_root_position():
    numerals = "I vi IV V I iii vi ii7 V7 I".split()
    led, rooted = 0.0, 0.0
    previous = choose_voicing(parse_numeral("I", 0), (), 52, 74)
    before = 60
    for numeral in numerals:
        chord = parse_numeral(numeral, 0)
        voicing = choose_voicing(chord, previous, 52, 74)
        led += abs(sum(voicing) / len(voicing) - sum(previous) / len(previous))
        rooted += abs(52 + (chord.root - 52) % 12 - before)
        previous, before = voicing, 52 + (chord.root - 52) % 12
    assert led < 0.5 * rooted
