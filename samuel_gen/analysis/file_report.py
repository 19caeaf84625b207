"""Report on a whole recording: what `analyse_recording` finds, and what is odd about the file."""

from dataclasses import replace

from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.audio.phase import bring_in_phase
from samuel_gen.audio.recording import Recording, SoundFile

_CANCELLED = (
    "one side is inverted, so that the two cancel in mono: it is turned for the analysis, and the "
    "mix keeps it; record in mono"
)


def analyse_file(recording: Recording) -> RecordingReport:
    """Analyse a recorded vocal with its two sides in phase; odd headers are told as hints.

    Args:
        recording: the vocal.

    Raises:
        SamuelError: the recording cannot be read to its end.
    """
    in_phase = bring_in_phase(recording)
    file = recording if isinstance(recording, SoundFile) else None
    rate = recording.sample_rate
    if in_phase is not recording:
        hints: tuple[str, ...] = (_CANCELLED,)
        blocks = in_phase.blocks(rate)
    else:
        hints = ()
        blocks = recording.blocks(rate) if file is None else file.own_blocks()
    report = analyse_recording(blocks, rate)
    notes = () if file is None else file.notes
    return replace(report, hints=(*notes, *hints, *report.hints))
