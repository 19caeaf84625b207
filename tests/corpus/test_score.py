import json
from dataclasses import replace

import numpy as np
import pretty_midi
import pytest

from samuel_gen.corpus.score import Score


def test_score_survives_json(songs):
    for song in songs:
        plain = json.loads(json.dumps(song.score.to_dict()))
        assert Score.from_dict(plain) == song.score


def test_chords_keep_to_the_scale(songs):
    tones = [
        (tone in song.score.scale)
        for song in songs
        for chord in song.score.chords
        for tone in chord.pitch_classes
    ]
    assert np.mean(tones) > 0.85


def test_midi_has_the_melody_the_chords_and_all_parts(songs, tmp_path):
    for song in songs[:6]:
        song.score.write_midi(tmp_path / "song.mid")
        midi = pretty_midi.PrettyMIDI(str(tmp_path / "song.mid"))
        instruments = {instrument.name: instrument for instrument in midi.instruments}
        assert [note.pitch for note in instruments["vocal melody"].notes] == [
            note.midi for note in song.score.melody
        ]
        written = [(note.start, note.end) for note in instruments["vocal melody"].notes]
        assert np.allclose(written, [(n.start, n.end) for n in song.score.melody], atol=0.005)
        assert "chords" in instruments
        for part in song.score.parts:
            instrument = instruments[part.name]
            assert (instrument.program, instrument.is_drum) == (part.program, part.is_drums)
            assert len(instrument.notes) == len(part.notes)


def test_midi_tempo_counts_quarter_notes(songs, tmp_path):
    compound = next(song.score for song in songs if song.score.meter == "12/8")
    simple = next(song.score for song in songs if song.score.meter == "4/4")
    for score, quarters in ((compound, 1.5), (simple, 1.0)):
        replace(score, seed=1).write_midi(tmp_path / "beat.mid")
        midi = pretty_midi.PrettyMIDI(str(tmp_path / "beat.mid"))
        assert midi.get_tempo_changes()[1][0] == pytest.approx(score.tempo * quarters, rel=1e-4)
