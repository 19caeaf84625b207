"""The files of a lead sheet beside an accompaniment: text, click, MIDI and count-in."""

from collections.abc import Mapping
from pathlib import Path

from samuel_gen.analysis.melody import PITCH_FRAMES
from samuel_gen.analysis.onsets import onset_strength
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.analysis.sung_notes import segment_notes
from samuel_gen.audio.files import write_blocks
from samuel_gen.audio.recording import Recording
from samuel_gen.generation.click_track import ClickRecording, CountIn
from samuel_gen.lead_sheet.midi import SungNote, write_midi
from samuel_gen.lead_sheet.sheet import LeadSheet

SHEET_FILE, MIDI_FILE, CLICK_NAME = "lead_sheet.txt", "arrangement.mid", "click"


def write_sheet_files(
    folder: Path,
    sheet: LeadSheet,
    report: RecordingReport,
    vocal: Recording,
    suffix: str = ".wav",
    subtype: str = "PCM_24",
) -> None:
    """Write lead sheet, click and MIDI file.

    Args:
        folder: the folder of the results.
        sheet: the lead sheet on the time of the vocal.
        report: the analysis of the vocal, from which the sung notes are.
        vocal: the vocal, whose rate and length the click has.
        suffix: the suffix of the click's file.
        subtype: libsndfile's name of its encoding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sheet.write(folder / SHEET_FILE)
    write_midi(sheet, folder / MIDI_FILE, find_notes(report))
    click = ClickRecording(sheet, vocal.samples, vocal.sample_rate)
    rate = vocal.sample_rate
    write_blocks(folder / f"{CLICK_NAME}{suffix}", click.blocks(rate), 2, rate, subtype)


def write_count_in(
    folder: Path,
    sheet: LeadSheet,
    bars: int,
    sounds: Mapping[str, Recording],
    suffix: str = ".wav",
    subtype: str = "PCM_24",
) -> None:
    """Write each sound once more with a count-in before it, and its click.

    Args:
        folder: the folder of the results.
        sheet: the lead sheet on the time of the sounds.
        bars: the number of bars before the first downbeat.
        sounds: the sounds by the names of their files, all of one rate and length.
        suffix: the suffix of the files.
        subtype: libsndfile's name of their encoding.
    """
    before = CountIn.of(sheet, bars)
    first = next(iter(sounds.values()))
    rate = first.sample_rate
    files: dict[str, Recording] = {CLICK_NAME: before.click(first.samples, rate)}
    files |= {name: before.prepend(sound) for name, sound in sounds.items()}
    for name, sound in files.items():
        write_blocks(folder / f"{name}-count_in{suffix}", sound.blocks(rate), 2, rate, subtype)


def find_notes(report: RecordingReport) -> list[SungNote]:
    """Find the sung notes of an analysed vocal, relative to the singer's tuning."""
    return segment_notes(
        report.frequency,
        onset_strength(report.bands),
        report.frame_seconds / PITCH_FRAMES,
        report.reliable_tuning,
    )
