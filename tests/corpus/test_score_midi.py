import mido
import numpy as np
import pretty_midi
import pytest

from samuel_gen.corpus.score_midi import write_score_midi
from samuel_gen.lead_sheet.midi import read_tempo_map


@pytest.fixture
def path(tmp_path):
    return tmp_path / "score.mid"


def test_midi_has_the_melody_the_chords_and_all_parts(songs, path):
    for song in songs[:6]:
        write_score_midi(song.score, path)
        midi = pretty_midi.PrettyMIDI(str(path))
        instruments = {instrument.name: instrument for instrument in midi.instruments}
        assert [note.pitch for note in instruments["Vocal"].notes] == [
            note.midi for note in song.score.melody
        ]
        written = [(note.start, note.end) for note in instruments["Vocal"].notes]
        assert np.allclose(written, [(n.start, n.end) for n in song.score.melody], atol=0.005)
        assert "Chords" in instruments
        for part in song.score.parts:
            instrument = instruments[part.name]
            assert (instrument.program, instrument.is_drum) == (part.program, part.is_drums)
            assert len(instrument.notes) == len(part.notes)
            starts = sorted(note.start for note in instrument.notes)
            assert np.allclose(starts, [note.start for note in part.notes], atol=0.002)


def test_tempo_map_is_the_beats_of_the_score(songs, path):
    for meter in ("4/4", "3/4", "12/8"):
        score = next(song.score for song in songs if song.score.meter == meter)
        write_score_midi(score, path)
        read = read_tempo_map(path)
        assert str(read.meter) == meter
        distances = np.abs(np.subtract.outer(score.beats, read.beats)).min(axis=1)
        assert distances.max() < 0.002


def test_parts_have_channels_of_their_own(songs, path):
    write_score_midi(songs[0].score, path)
    channels = [
        {message.channel for message in track if message.type == "note_on"}
        for track in mido.MidiFile(str(path)).tracks
    ]
    used = [channel for track in channels for channel in track]
    assert len(used) == len(set(used)) == len(songs[0].score.parts) + 2
