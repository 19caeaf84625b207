from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile
import torch

from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.generation.sheet_files import find_notes, write_count_in, write_sheet_files
from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import FOUR_FOUR
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.text import read_lead_sheet

RATE = 44_100
TUNE = [60, 64, 67, 65, 64, 62, 60]


@pytest.fixture(scope="module")
def vocal() -> MemoryRecording:
    """A tune of half a second a note, in tones with ten partials."""
    time = torch.arange(RATE // 2) / RATE
    partials = torch.arange(1, 11)[:, None]
    notes = []
    for pitch in TUNE:
        phase = 2 * torch.pi * 440 * 2 ** ((pitch - 69) / 12) * time
        fade = torch.minimum(time / 0.02, (0.5 - time) / 0.05).clamp(max=1)
        notes.append(0.1 * fade * (torch.sin(partials * phase) / partials).sum(0))
    return MemoryRecording(torch.cat(notes)[None], RATE)


@pytest.fixture(scope="module")
def report(vocal: MemoryRecording) -> RecordingReport:
    return analyse_recording(vocal.blocks(RATE), RATE)


@pytest.fixture
def sheet() -> LeadSheet:
    beats = tuple(float(beat) for beat in 0.2 + np.cumsum(np.linspace(0.45, 0.55, 7)))
    plain = LeadSheet(beats, 2, key=parse_key("C"))
    return LeadSheet(
        beats, 2, chords=apply_chart(plain, parse_chart("C | G", FOUR_FOUR)), key=plain.key
    )


def test_text_click_and_midi_agree_with_the_sheet(
    tmp_path: Path, sheet: LeadSheet, report: RecordingReport, vocal: MemoryRecording
) -> None:
    write_sheet_files(tmp_path / "out", sheet, report, vocal)
    assert read_lead_sheet(tmp_path / "out/lead_sheet.txt") == sheet
    info = soundfile.info(tmp_path / "out/click.wav")
    assert (info.frames, info.samplerate) == (vocal.samples, RATE)
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "out/arrangement.mid"))
    assert max(np.abs(midi.get_beats() - beat).min() for beat in sheet.beats) < 0.002
    assert [track.name for track in midi.instruments] == ["Vocal", "Chords"]
    assert [note.pitch for note in midi.instruments[0].notes] == TUNE
    written = [note.start for note in midi.instruments[0].notes]
    assert np.allclose(written, [note.start for note in find_notes(report)], atol=0.002)


def test_a_count_in_is_written_beside(
    tmp_path: Path, sheet: LeadSheet, vocal: MemoryRecording
) -> None:
    write_count_in(tmp_path, sheet, 2, {"mix": vocal}, ".flac", "PCM_16")
    assert {path.name for path in tmp_path.iterdir()} == {
        "click-count_in.flac",
        "mix-count_in.flac",
    }
    click, mix = (
        soundfile.read(tmp_path / f"{name}-count_in.flac")[0] for name in ("click", "mix")
    )
    assert len(click) == len(mix) > vocal.samples
    lead = len(mix) - vocal.samples
    original = torch.cat(list(vocal.blocks(RATE)), 1).T.numpy()
    after = round((sheet.beats[0] + 0.1) * RATE)
    assert np.allclose(mix[lead + after :], original[after:], atol=1e-4)
    assert np.abs(mix[:lead]).max() > 0.2
