from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.midi import SungNote, read_tempo_map, write_midi
from samuel_gen.lead_sheet.sheet import LeadSheet


def drifting_sheet(meter: str, first_position: int, start: float) -> LeadSheet:
    rng = np.random.default_rng(0)
    beats = tuple(float(start + at) for at in np.cumsum([0, *rng.uniform(0.4, 0.7, 60)]))
    sheet = LeadSheet(beats, first_position, parse_meter(meter))
    chords = apply_chart(sheet, parse_chart("Dm | Gm7 | F/A | N.C. | C", sheet.meter))
    return LeadSheet(beats, first_position, sheet.meter, chords, parse_key("D minor"))


@pytest.mark.parametrize(
    ("meter", "first_position", "start"),
    [
        ("4/4", 1, 0.41),
        ("3/4", 3, 1.2),
        ("6/8", 2, 0.0),
        ("12/8", 1, 3.3),
        ("4/4", 1, 0.0),
        ("4/4", 2, -1.3),
    ],
)
def test_another_library_reads_the_beats_within_2_ms(
    tmp_path: Path, meter: str, first_position: int, start: float
) -> None:
    sheet = drifting_sheet(meter, first_position, start)
    notes = [SungNote(1.0, 2.0, 60), SungNote(5.5, 5.75, 67)]
    write_midi(sheet, tmp_path / "arrangement.mid", notes)
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "arrangement.mid"))
    for ours, theirs in (
        (sheet.beats, midi.get_beats()),
        (sheet.downbeats, midi.get_downbeats()),
    ):
        assert max(np.abs(theirs - beat).min() for beat in ours if beat >= 0) < 0.002
    vocal, chords = midi.instruments
    assert (vocal.name, chords.name) == ("Vocal", "Chords")
    for note, read in zip(notes, vocal.notes, strict=True):
        assert read.pitch == note.pitch
        assert read.start == pytest.approx(note.start, abs=0.002)
        assert read.end == pytest.approx(note.stop, abs=0.002)
    signature = midi.time_signature_changes[-1]
    assert f"{signature.numerator}/{signature.denominator}" == meter
    assert pretty_midi.key_number_to_key_name(midi.key_signature_changes[0].key_number) == "D minor"


def test_markers_name_the_chords_at_their_times(tmp_path: Path) -> None:
    import mido

    sheet = drifting_sheet("4/4", 1, 0.41)
    write_midi(sheet, tmp_path / "a.mid")
    file = mido.MidiFile(str(tmp_path / "a.mid"))
    seconds, markers = 0.0, []
    for message in file:
        seconds += message.time
        if message.type == "marker":
            markers.append((message.text, seconds))
    expected = [
        ("N.C." if each.chord is None else str(each.chord), sheet.time_at(each.beat))
        for each in sheet.chords
    ]
    assert [name for name, _ in markers] == [name for name, _ in expected]
    assert np.allclose([at for _, at in markers], [at for _, at in expected], atol=0.002)


def test_the_chords_track_plays_their_tones(tmp_path: Path) -> None:
    sheet = drifting_sheet("4/4", 1, 0.41)
    write_midi(sheet, tmp_path / "a.mid")
    (chords,) = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid")).instruments
    middle = sheet.time_at(6)
    sounding = {note.pitch for note in chords.notes if note.start < middle < note.end}
    assert {pitch % 12 for pitch in sounding} == {7, 10, 2, 5}
    assert min(sounding) % 12 == 7


@pytest.mark.parametrize("first_position", [1, 2, 3])
def test_a_tempo_map_is_read_back(tmp_path: Path, first_position: int) -> None:
    sheet = drifting_sheet("3/4", first_position, 0.0)
    write_midi(sheet, tmp_path / "a.mid")
    read = read_tempo_map(tmp_path / "a.mid")
    assert str(read.meter) == "3/4" and read.first_position == first_position
    both = zip(read.beats, sheet.beats, strict=False)
    assert max(abs(ours - theirs) for ours, theirs in both) < 0.002


def test_a_file_without_a_tempo_is_refused(tmp_path: Path) -> None:
    import mido

    file = mido.MidiFile()
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60, time=480)]))
    file.save(str(tmp_path / "plain.mid"))
    with pytest.raises(SamuelError, match="no tempo in this MIDI file"):
        read_tempo_map(tmp_path / "plain.mid")
    (tmp_path / "text.mid").write_text("la la la")
    with pytest.raises(SamuelError, match="not a MIDI file"):
        read_tempo_map(tmp_path / "text.mid")


@pytest.mark.parametrize(("ticks", "tempo", "gap"), [(480, 500_000, 2**40), (480, 0, 960)])
def test_a_tempo_map_that_cannot_be_played_is_refused(
    tmp_path: Path, ticks: int, tempo: int, gap: int
) -> None:
    """A mutated file had a gap of 10^18 beats, and was read for ever."""
    file = mido.MidiFile(ticks_per_beat=ticks)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)]))
    file.tracks[0].append(mido.MetaMessage("end_of_track", time=gap))
    file.save(str(tmp_path / "map.mid"))
    with pytest.raises(SamuelError, match="map.mid: "):
        read_tempo_map(tmp_path / "map.mid")
