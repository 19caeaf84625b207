import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import Chord, parse_chord, qualities
from samuel_gen.lead_sheet.key import parse_key


@pytest.mark.parametrize("quality", qualities())
def test_every_quality_is_read_back_on_every_root(quality: str) -> None:
    for root in range(12):
        for bass in (root, (root + 7) % 12):
            chord = Chord(root, quality, bass)
            assert parse_chord(str(chord)) == chord
            assert parse_chord(chord.format(parse_key("E").spelling)) == chord


@pytest.mark.parametrize(
    ("symbol", "tones"),
    [
        ("C", {0, 4, 7}),
        ("Dm", {2, 5, 9}),
        ("F#m7b5", {6, 9, 0, 4}),
        ("Bbmaj7", {10, 2, 5, 9}),
        ("G7sus4", {7, 0, 2, 5}),
        ("E7#9", {4, 8, 11, 2, 7}),
        ("Ebdim7", {3, 6, 9, 0}),
        ("C5", {0, 7}),
        ("C9", {0, 4, 7, 10, 2}),
    ],
)
def test_the_tones_of_known_chords(symbol: str, tones: set[int]) -> None:
    chord = parse_chord(symbol)
    assert chord is not None and chord.pitch_classes == tones and chord.bass == chord.root


@pytest.mark.parametrize(
    ("symbol", "same"),
    [
        ("D:min7", "Dm7"),
        ("Bb:maj/3", "Bb/D"),
        ("F#:hdim7", "F#m7b5"),
        ("C:9", "C9"),
        ("A:min/b7", "Am/G"),
        ("C:maj/2", "C/D"),
        ("C-7", "Cm7"),
        ("CΔ", "Cmaj7"),
        ("Cø", "Cm7b5"),
        ("C°7", "Cdim7"),
        ("C+", "Caug"),
        ("CM7", "Cmaj7"),
        ("C6/9", "C69"),
        ("B♭m", "Bbm"),
        ("Am7(b5)", "Am7b5"),
    ],
)
def test_spellings_of_one_chord(symbol: str, same: str) -> None:
    assert parse_chord(symbol) == parse_chord(same) is not None


@pytest.mark.parametrize("symbol", ["N.C.", "NC", "N"])
def test_no_chord_is_none(symbol: str) -> None:
    assert parse_chord(symbol) is None


@pytest.mark.parametrize("symbol", ["Hm", "C:foo", "c", "X7", "C7/", "/C", "", "C7/H", "Cm7b5b5"])
def test_what_is_no_chord_is_refused(symbol: str) -> None:
    with pytest.raises(SamuelError, match="is not a chord"):
        parse_chord(symbol)


def test_transposing_moves_every_tone() -> None:
    chord = parse_chord("Dm7/G")
    assert chord is not None
    moved = chord.transpose(5)
    assert moved.pitch_classes == {(tone + 5) % 12 for tone in chord.pitch_classes}
    assert str(moved) == "Gm7/C"
    assert chord.transpose(12) == chord
