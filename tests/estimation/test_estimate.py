"""Laws of the whole estimate: what is given is kept, and the rest is found around it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.audio.resample import resample, tuned_rate
from samuel_gen.corpus.song import render_song
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.estimate import (
    SheetEstimate,
    estimate_from_report,
    estimate_lead_sheet,
    estimate_song_sheet,
)
from samuel_gen.estimation.given import parse_given
from samuel_gen.lead_sheet.midi import write_midi
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.text import format_lead_sheet, parse_lead_sheet

SECONDS = 20.0


@pytest.fixture(scope="module")
def song() -> Any:
    return render_song(3, seconds=SECONDS)


@pytest.fixture(scope="module")
def report(song: Any) -> RecordingReport:
    return analyse_recording(song.vocal, song.sample_rate)


def estimate(report: RecordingReport, **given: Any) -> SheetEstimate:
    return estimate_from_report(report, parse_given(**given))


def chord_names(sheet: LeadSheet) -> list[str]:
    return [str(each.chord) for each in sheet.chords]


def test_the_sheet_covers_the_recording_and_says_how_sure_it_is(report: RecordingReport) -> None:
    found = estimate(report)
    beats = found.sheet.beats
    assert 0 <= beats[0] < beats[1] - beats[0] + 1e-3
    assert beats[-1] > SECONDS - 2 * (beats[-1] - beats[-2])
    assert found.sheet.chords and found.sheet.chords[0].beat == 0 and found.sheet.key
    assert found.confidences.keys() == {"tempo", "bar 1", "meter", "key", "chords"}
    assert all(0 <= each <= 1 for each in found.confidences.values())


def test_the_library_and_the_command_find_the_same(song: Any, report: RecordingReport) -> None:
    assert estimate_lead_sheet(song.vocal, song.sample_rate).sheet == estimate(report).sheet


def test_a_tempo_and_a_downbeat_are_kept_exactly(report: RecordingReport) -> None:
    found = estimate(report, tempo="92", bar_1_at=4.321)
    assert np.allclose(np.diff(found.sheet.beats), 60 / 92, atol=1.01e-4)
    assert min(abs(beat - 4.321) for beat in found.sheet.downbeats) < 1.01e-4
    assert not {"tempo", "bar 1"} & found.confidences.keys()
    assert "tempo: 92\n" in format_lead_sheet(found.sheet)


def test_twice_the_tempo_is_twice_the_estimate(report: RecordingReport) -> None:
    plain, double = estimate(report), estimate(report, tempo="x2")
    assert double.sheet.tempo == pytest.approx(2 * plain.sheet.tempo, rel=0.01)


def test_key_meter_and_style_are_kept(report: RecordingReport) -> None:
    found = estimate(report, key="Ab", meter="3/4", style="bossa nova")
    assert (str(found.sheet.key), str(found.sheet.meter)) == ("Ab major", "3/4")
    assert found.sheet.style == "bossa_nova"
    assert not {"key", "meter"} & found.confidences.keys()


def test_a_chart_is_repeated_and_the_beats_stay(report: RecordingReport) -> None:
    plain = estimate(report)
    found = estimate(report, chords="Dm | Gm C | F | A7", meter="4/4", tempo=plain.sheet.tempo)
    names = chord_names(found.sheet)
    start = names.index("Dm")
    expected = ["Dm", "Gm", "C", "F", "A7"] * 9
    assert names[start:] == expected[: len(names) - start] and len(names) > 8
    assert "chords" not in found.confidences and "key" in found.confidences
    assert str(found.sheet.key) in ("D minor", "F major")


def test_open_chords_are_found_around_the_given_ones(report: RecordingReport) -> None:
    found = estimate(report, chords="Dm7 | ? | ? | A7b9", tempo="120", bar_1_at=0.0, meter="4/4")
    for bar in range(2):
        assert str(found.sheet.chord_at(16 * bar)) == "Dm7"
        assert str(found.sheet.chord_at(16 * bar + 12)) == "A7b9"
        assert str(found.sheet.chord_at(16 * bar + 5)) not in ("Dm7", "A7b9", "None")
    assert "chords" in found.confidences


def test_beats_are_kept_and_their_bars_found(report: RecordingReport) -> None:
    beats = tuple(float(beat) for beat in np.round(0.3 + np.cumsum(np.linspace(0.5, 0.6, 30)), 4))
    found = estimate(report, beats=beats)
    assert found.sheet.beats[: len(beats)] == beats or set(beats) <= set(found.sheet.beats)
    assert "tempo" not in found.confidences and "bar 1" in found.confidences


def test_a_tempo_map_is_followed(report: RecordingReport, tmp_path: Path) -> None:
    beats = tuple(float(beat) for beat in np.cumsum(np.linspace(0.5, 0.6, 50)) - 0.5)
    write_midi(LeadSheet(beats, 3), tmp_path / "map.mid")
    found = estimate(report, beats=tmp_path / "map.mid")
    inside = [beat for beat in beats if beat < SECONDS]
    assert np.allclose(found.sheet.beats[: len(inside)], inside, atol=0.002)
    assert found.sheet.first_position == 3 and found.confidences.keys() == {"key", "chords"}


def test_a_written_sheet_is_kept_as_it_is(report: RecordingReport, tmp_path: Path) -> None:
    for given in ({}, {"beats": tuple(0.1 + 0.5 * np.arange(45) ** 1.01)}, {"style": "soul"}):
        sheet = estimate(report, **given).sheet
        (tmp_path / "lead_sheet.txt").write_text(format_lead_sheet(sheet))
        again = estimate(report, lead_sheet=tmp_path / "lead_sheet.txt")
        assert again.sheet == sheet and again.confidences == {} and again.notes == ()


def test_a_short_sheet_is_continued_and_says_so(report: RecordingReport) -> None:
    short = parse_lead_sheet("key: C\ntempo: 120\nbar 1 at: 0.5 s\n\n| C | G | Am | F |\n")
    found = estimate(report, lead_sheet=short)
    assert found.sheet.beats[:16] == short.beats and found.sheet.beats[-1] >= SECONDS - 0.5
    assert chord_names(found.sheet)[:5] == ["C", "G", "Am", "F", "C"]
    assert found.notes == ("the lead sheet ends at 8.0 s of 20.0 s; it is continued",)
    with pytest.raises(SamuelError, match="begins at 30.50 s, but the recording ends at 20.00 s"):
        estimate(report, lead_sheet=short.shift(30.0))


def test_options_correct_a_sheet(report: RecordingReport) -> None:
    sheet = estimate(report).sheet
    found = estimate(report, lead_sheet=sheet, chords="C | G", key="C", style="soul")
    assert found.sheet.beats[: len(sheet.beats)] == sheet.beats
    assert set(chord_names(found.sheet)) == {"C", "G"} and found.sheet.style == "soul"


def test_a_sheet_without_chords_gets_some(report: RecordingReport) -> None:
    beats = LeadSheet(tuple(0.5 * beat for beat in range(40)))
    found = estimate(report, lead_sheet=beats)
    assert found.sheet.beats[:40] == beats.beats and found.sheet.chords
    assert found.confidences.keys() == {"key", "chords"}


def test_chords_are_relative_to_the_singers_tuning(song: Any, report: RecordingReport) -> None:
    rate = tuned_rate(song.sample_rate, -30.0)
    higher = analyse_recording(resample(song.vocal, song.sample_rate, rate), song.sample_rate)
    plain, tuned = estimate(report, tempo="90"), estimate(higher, tempo="90")
    assert str(plain.sheet.key) == str(tuned.sheet.key)


def test_silence_and_a_second_of_sound_have_a_sheet() -> None:
    for samples in (torch.zeros(1, 44_100), 0.1 * torch.sin(torch.arange(50_000) / 20)[None]):
        found = estimate_lead_sheet(samples, 44_100)
        assert len(found.sheet.beats) >= 2 and found.lines()


def test_a_sheet_may_go_on_after_the_vocal(report: RecordingReport) -> None:
    longer = estimate_from_report(report, parse_given(tempo="100"), SECONDS + 10)
    assert longer.sheet.beats[-1] >= SECONDS + 9.3
    assert longer.sheet.chords[-1].beat > len(longer.sheet.beats) / 2


def test_a_song_with_its_accompaniment_has_its_chords(song: Any) -> None:
    stems = (MemoryRecording(each, song.sample_rate) for each in (song.vocal, song.accompaniment))
    found = estimate_song_sheet(*stems)
    true = song.score.lead_sheet
    times = np.arange(2.0, SECONDS - 2.0, 0.25)
    agree = [
        len(a.pitch_classes & b.pitch_classes) >= 2
        for time in times
        if (a := found.chord_at(float(found.beat_at(np.array([time]))[0])))
        and (b := true.chord_at(float(true.beat_at(np.array([time]))[0])))
    ]
    assert np.mean(agree) > 0.6
    assert found.beats[-1] >= SECONDS - 2
