"""Laws of the harmoniser: known answers, transposition, given chords and keys."""

import numpy as np
import pytest

from samuel_gen.analysis.music import CHROMA_SECONDS
from samuel_gen.estimation.harmoniser import harmonise
from samuel_gen.estimation.harmony_fixed import FixedChord
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import Key, parse_key
from samuel_gen.lead_sheet.meter import FOUR_FOUR, Meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats

FRAME_SECONDS = 2048 / 44100


def sing(chords: str, tempo: float = 100.0, meter: Meter = FOUR_FOUR) -> tuple:
    """A melody of broken chords, one chord a bar, and a sheet with its beats."""
    bars = [parse_chord(symbol) for symbol in chords.split()]
    beats = steady_beats(tempo, 0.1, 0.1 + 60 / tempo * meter.beats_per_bar * len(bars) - 0.01)
    sheet = LeadSheet(beats, meter=meter)
    frames = int((beats[-1] + 60 / tempo) / FRAME_SECONDS)
    places = np.clip(sheet.beat_at((np.arange(frames) + 0.5) * FRAME_SECONDS), 0, len(beats) - 1)
    melody = np.zeros((12, frames))
    for frame, beat in enumerate(places.astype(int)):
        chord = bars[beat // meter.beats_per_bar]
        third = 3 if "m" in chord.quality else 4
        melody[(chord.root + (0, third, 7, 0)[beat % 4]) % 12, frame] = 1
    return melody, sheet


def chords_of(sheet: LeadSheet) -> list[str]:
    return [str(each.chord) for each in sheet.chords]


def test_broken_chords_give_their_chords_and_key() -> None:
    song = "C G Am F C F G C"
    melody, sheet = sing(song)
    estimate = harmonise(melody, FRAME_SECONDS, sheet)
    assert chords_of(estimate.sheet) == song.split()
    assert str(estimate.sheet.key) == "C major"
    assert 0.5 < estimate.confidences["chords"] <= 1
    assert "C major" not in estimate.alternatives["key"]


@pytest.mark.parametrize("song", ["Am Dm E Am F Dm E Am", "Em C D Em Am D B Em"])
def test_most_chords_of_a_song_in_minor_are_found(song: str) -> None:
    melody, sheet = sing(song)
    estimate = harmonise(melody, FRAME_SECONDS, sheet).sheet
    found = [str(estimate.chord_at(4 * bar + 1)) for bar in range(8)]
    assert sum(a == b for a, b in zip(found, song.split(), strict=True)) >= 6
    assert estimate.key is not None and estimate.key.relative_major in (0, 7)


def test_chords_change_on_the_downbeats_of_the_meter() -> None:
    melody, sheet = sing("C F G C F G C", meter=Meter(3, 4), tempo=110)
    estimate = harmonise(melody, FRAME_SECONDS, sheet).sheet
    assert len(estimate.chords) >= 5
    assert all(each.beat % 3 == 0 for each in estimate.chords)


def test_a_transposed_melody_has_the_transposed_harmony() -> None:
    melody, sheet = sing("Dm Bb C Dm Gm A7 Dm")
    here = harmonise(melody, FRAME_SECONDS, sheet)
    there = harmonise(np.roll(melody, 5, axis=0), FRAME_SECONDS, sheet)
    assert there.sheet == here.sheet.transpose(5)
    assert there.confidences == pytest.approx(here.confidences)


def test_beats_key_meter_and_style_are_kept() -> None:
    melody, sheet = sing("C G Am F")
    given = LeadSheet(sheet.beats, 3, Meter(4, 4), key=Key(1, "minor"), style="bolero")
    estimate = harmonise(melody, FRAME_SECONDS, given).sheet
    assert (estimate.beats, estimate.first_position, estimate.meter, estimate.style) == (
        given.beats,
        3,
        given.meter,
        "bolero",
    )


def test_a_given_key_is_kept_and_has_no_confidence() -> None:
    melody, sheet = sing("C G Am F C")
    estimate = harmonise(melody, FRAME_SECONDS, sheet, key=parse_key("Am"))
    assert estimate.sheet.key == parse_key("Am")
    assert "key" not in estimate.confidences and "key" not in estimate.alternatives


def test_given_chords_are_kept_and_the_others_stay() -> None:
    song = "C G Am F C F G C"
    melody, sheet = sing(song)
    spans = [FixedChord(20, 24, parse_chord("Dm9/A")), FixedChord(30.5, 32, None)]
    estimate = harmonise(melody, FRAME_SECONDS, sheet, fixed=spans).sheet
    for span in spans:
        for place in np.arange(span.start, span.stop, 0.5):
            assert estimate.chord_at(place) == span.chord
    for place in (0, 5, 9, 13, 17, 25, 29):
        assert str(estimate.chord_at(place)) == song.split()[place // 4]


def test_a_chord_change_is_given_for_its_bar() -> None:
    melody, sheet = sing("C G Am F G C F C")
    change = ChordChange(18, parse_chord("Bb"))
    estimate = harmonise(melody, FRAME_SECONDS, sheet, fixed=[change]).sheet
    assert [str(estimate.chord_at(beat)) for beat in (13, 18, 19, 20)] == ["F", "Bb", "Bb", "C"]


def test_all_chords_given_come_out_as_they_are() -> None:
    melody, sheet = sing("C G Am F")
    given = [FixedChord(4 * bar, 4 * bar + 4, parse_chord(c)) for bar, c in enumerate("DAGD")]
    estimate = harmonise(melody, FRAME_SECONDS, sheet, fixed=given)
    assert chords_of(estimate.sheet) == list("DAGD")
    assert str(estimate.sheet.key) == "D major"
    assert estimate.confidences["chords"] == 1 and not estimate.alternatives["chords"]


def test_silence_gives_one_plausible_chord_per_place_and_low_confidence() -> None:
    _, sheet = sing("C G Am F")
    estimate = harmonise(np.zeros((12, 200)), FRAME_SECONDS, sheet)
    assert estimate.confidences["key"] < 0.1
    assert all(each.chord is not None for each in estimate.sheet.chords)


def test_chroma_of_full_chords_gives_the_chords() -> None:
    song = ["C", "Em", "F", "Fm", "C", "D", "G", "C"]
    _, sheet = sing(" ".join(song))
    chroma = np.full((12, round(20 / FRAME_SECONDS)), 0.2)
    places = sheet.beat_at((np.arange(chroma.shape[1]) + 0.5) * FRAME_SECONDS)
    for frame, place in enumerate(places):
        chord = parse_chord(song[min(int(max(place, 0)) // 4, 7)])
        chroma[sorted(chord.pitch_classes), frame] = 1
    assert chords_of(harmonise(chroma, FRAME_SECONDS, sheet, accompaniment=True).sheet) == song


def test_second_voices_in_the_sound_decide_where_the_melody_leaves_it_open() -> None:
    """A held C fits C, F and Am; the chroma holds the other tones of one of them."""
    _, sheet = sing("C C C C C C C C")
    melody = np.zeros((12, int(sheet.time_at(32) / FRAME_SECONDS)))
    melody[0] = 1
    for chord, tones in (("F", (0, 5, 9)), ("Am", (9, 0, 4))):
        chroma = np.zeros((12, int(sheet.time_at(32) / CHROMA_SECONDS)))
        chroma[list(tones)] = 1
        estimate = harmonise(melody, FRAME_SECONDS, sheet, chroma=chroma).sheet
        assert str(estimate.chord_at(5)) == chord
