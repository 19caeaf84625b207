import numpy as np
import pytest


def test_beats_and_downbeats_agree_with_tempo_and_meter(songs):
    for song in songs:
        score = song.score
        assert np.diff(score.beats).mean() == pytest.approx(60 / score.tempo, abs=2e-4)
        beats = {"4/4": 4, "3/4": 3, "6/8": 2, "12/8": 4}[score.meter]
        assert score.downbeats == score.beats[::beats]
        assert 0 <= score.beats[0] < 0.5 and score.beats[-1] < 8.0
        assert 8.0 - score.beats[-1] < 2 * 60 / score.tempo


def test_chords_cover_the_song_without_gaps(songs):
    for song in songs:
        chords = song.score.chords
        if any(change.chord is None for change in song.score.lead_sheet.chords):
            continue
        assert chords[0].start == song.score.beats[0] and chords[-1].end == pytest.approx(8.0)
        for one, other in zip(chords[:-1], chords[1:], strict=True):
            assert one.end == other.start
        for chord in chords:
            assert chord.pitch_classes[0] == chord.root


def test_sections_cover_the_bars_of_the_song(songs):
    for song in songs:
        sections = song.score.sections
        assert sections[0].start == song.score.beats[0]
        for one, other in zip(sections[:-1], sections[1:], strict=True):
            assert one.start < one.end == other.start
            assert other.start in song.score.downbeats
