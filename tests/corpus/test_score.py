import json
from dataclasses import replace

import numpy as np
import pretty_midi
import pytest

from samuel_gen.corpus.score import Score


def test_a_score_survives_json(songs):
    for song in songs:
        plain = json.loads(json.dumps(song.score.to_dict()))
        assert Score.from_dict(plain) == song.score


def test_beats_and_downbeats_agree_with_tempo_and_meter(songs):
    for song in songs:
        score = song.score
        assert np.diff(score.beats) == pytest.approx(60 / score.tempo, abs=2e-5)
        beats = {"4/4": 4, "3/4": 3, "12/8": 4}[score.meter]
        assert score.downbeats == score.beats[::beats]
        assert 0 <= score.beats[0] < 0.5 and score.beats[-1] < 8.0
        assert 8.0 - score.beats[-1] < 1.2 * 60 / score.tempo


def test_chords_cover_the_song(songs):
    for song in songs:
        chords = song.score.chords
        assert chords[0].start == song.score.beats[0] and chords[-1].end == pytest.approx(8.0)
        for one, other in zip(chords[:-1], chords[1:], strict=True):
            assert one.end == other.start
        for chord in chords:
            assert chord.pitch_classes[0] == chord.root


def test_chords_keep_to_the_scale(songs):
    tones = [
        (tone in song.score.scale)
        for song in songs
        for chord in song.score.chords
        for tone in chord.pitch_classes
    ]
    assert np.mean(tones) > 0.85


def test_midi_has_the_melody_the_chords_and_the_band(songs, tmp_path):
    for song in songs[:6]:
        song.score.write_midi(tmp_path / "song.mid")
        midi = pretty_midi.PrettyMIDI(str(tmp_path / "song.mid"))
        tracks = {track.name: track for track in midi.instruments}
        assert [note.pitch for note in tracks["vocal melody"].notes] == [
            note.midi for note in song.score.melody
        ]
        written = [(note.start, note.end) for note in tracks["vocal melody"].notes]
        assert np.allclose(written, [(n.start, n.end) for n in song.score.melody], atol=0.005)
        assert "chords" in tracks
        for part in song.score.parts:
            track = tracks[part.name]
            assert (track.program, track.is_drum) == (part.program, part.is_drums)
            assert len(track.notes) == len(part.notes)


def test_midi_beats_fall_on_the_scores(songs, tmp_path):
    compound = next(song.score for song in songs if song.score.meter == "12/8")
    simple = next(song.score for song in songs if song.score.meter == "4/4")
    for score, quarters in ((compound, 1.5), (simple, 1.0)):
        replace(score, seed=1).write_midi(tmp_path / "beat.mid")
        midi = pretty_midi.PrettyMIDI(str(tmp_path / "beat.mid"))
        assert midi.get_tempo_changes()[1][0] == pytest.approx(score.tempo * quarters, rel=1e-4)
