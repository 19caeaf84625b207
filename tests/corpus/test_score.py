import json
from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.score import ChordSpan, Score
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.frames import chord_frames
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.text import format_lead_sheet, parse_lead_sheet


def test_score_survives_json(songs):
    for song in songs:
        plain = json.loads(json.dumps(song.score.to_dict()))
        assert Score.from_dict(plain) == song.score


def test_scores_of_earlier_versions_are_read(songs):
    score = next(song.score for song in songs if song.score.style == "bossa_nova")
    plain = json.loads(json.dumps(score.to_dict()))
    plain["style"] = "bossa nova"
    plain["chords"] = [
        {"start": 0.5, "end": 2.5, "root": 2, "quality": "min7", "pitch_classes": [2, 5, 9, 0]},
        {"start": 2.5, "end": 8.0, "root": 7, "quality": "maj", "pitch_classes": [7, 11, 2]},
    ]
    read = Score.from_dict(plain)
    assert read.style == "bossa_nova"
    assert [span.chord for span in read.chords] == [parse_chord("Dm7"), parse_chord("G")]


def test_chords_keep_to_the_scale(songs):
    tones = [
        (tone in song.score.scale)
        for song in songs
        for chord in song.score.chords
        for tone in chord.pitch_classes
    ]
    assert np.mean(tones) > 0.85


def test_lead_sheet_has_beats_bars_key_and_style_of_the_score(songs):
    for song in songs:
        score, sheet = song.score, song.score.lead_sheet
        assert sheet.beats == pytest.approx(score.beats, abs=1e-4)
        assert sheet.downbeats == pytest.approx(score.downbeats, abs=1e-4)
        assert sheet.key == Key(score.tonic, score.mode)
        assert (sheet.style, str(sheet.meter)) == (score.style, score.meter)
        assert parse_lead_sheet(format_lead_sheet(sheet)) == sheet


def test_lead_sheet_and_score_name_the_same_chord_at_every_time(songs):
    for song in songs:
        frames = chord_frames(song.score.lead_sheet, 800, 0.01)
        centres = (np.arange(800) + 0.5) * 0.01
        for span in song.score.chords:
            inside = (centres > span.start + 0.01) & (centres < span.end - 0.01)
            sounding = frames[:, inside]
            tones = np.isin(np.arange(12), span.pitch_classes)
            assert (sounding[:12] == tones[:, None]).all()
            assert (sounding[12:].argmax(axis=0) == span.chord.bass).all()


def test_gap_between_chords_is_no_chord(songs):
    score = songs[0].score
    beats = score.beats
    chord = parse_chord("C/E")
    spans = (ChordSpan.of(chord, beats[0], beats[2]), ChordSpan.of(chord, beats[4], beats[6]))
    sheet = replace(score, chords=spans).lead_sheet
    assert [(change.beat, change.chord) for change in sheet.chords] == [
        (0, chord),
        (2, None),
        (4, chord),
    ]
