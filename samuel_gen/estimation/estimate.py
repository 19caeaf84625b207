"""The lead sheet of a vocal: what is given is kept, and the rest is estimated around it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.melody import PITCH_FRAMES
from samuel_gen.analysis.music import CHROMA_SECONDS, MUSIC_RATE, analyse_music
from samuel_gen.analysis.recording_report import (
    FRAME_SECONDS,
    RecordingReport,
    analyse_recording,
)
from samuel_gen.analysis.spectra import VOCAL_RATE, band_powers, compute_spectra
from samuel_gen.audio.phase import bring_in_phase, mono_blocks
from samuel_gen.audio.recording import Recording, SummedRecording
from samuel_gen.estimation.beat_decoding import decode_beats
from samuel_gen.estimation.beat_tracker import track_beats
from samuel_gen.estimation.description import describe_estimate
from samuel_gen.estimation.given import GivenSheet, parse_given
from samuel_gen.estimation.harmoniser import harmonise
from samuel_gen.estimation.harmony_fixed import FixedChord
from samuel_gen.estimation.placing import correct_sheet, cover_times, place_beats
from samuel_gen.lead_sheet.chart import Span, apply_chart, apply_open_spans
from samuel_gen.lead_sheet.counting import snap_tempo
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet


@dataclass(frozen=True)
class SheetEstimate:
    """A lead sheet, and how sure its estimated parts are.

    Attributes:
        sheet: the lead sheet; it covers the whole recording.
        confidences: the probability that "key", "tempo", "meter", "bar 1" and "chords" are right,
            0 to 1, of those that were estimated.
        alternatives: the next best values of the same.
        notes: remarks for the user, each one line.
    """

    sheet: LeadSheet
    confidences: dict[str, float] = field(default_factory=dict)
    alternatives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def lines(self, bars: int | None = None) -> list[str]:
        """Return header and chart as lines for a terminal.

        Args:
            bars: the number of bars that are shown; None shows all.
        """
        return describe_estimate(self.sheet, self.confidences, self.alternatives, self.notes, bars)

    def to_dict(self) -> dict[str, Any]:
        """Return confidences and alternatives as plain values for JSON."""
        confidences = {name: round(value, 3) for name, value in self.confidences.items()}
        alternatives = {name: list(values) for name, values in self.alternatives.items()}
        return {"confidences": confidences, "alternatives": alternatives}


def estimate_lead_sheet(
    vocal: Float[Tensor, "channels samples"],
    sample_rate: int,
    *,
    tempo: str | float | int | None = None,
    bar_1_at: float | int | None = None,
    meter: str | Meter | None = None,
    key: str | Key | None = None,
    style: str | None = None,
    chords: str | None = None,
    beats: Path | Sequence[float | int] | None = None,
    lead_sheet: Path | LeadSheet | None = None,
) -> SheetEstimate:
    """Estimate the lead sheet of a vocal.

    What is given is kept exactly. Chords are in the singer's own tuning.

    Args:
        vocal: the vocal; full scale is 1.
        sample_rate: the rate of the vocal in Hz.
        tempo: beats per minute, for a vocal that was sung to a click; or "x2" or "/2" for twice or
            half the estimate.
        bar_1_at: the time of a downbeat in seconds.
        meter: the meter, such as "3/4".
        key: the key, such as "D minor".
        style: the style, one of `samuel_gen.lead_sheet.style.STYLES`; it is never estimated.
        chords: a chart such as "Dm | Gm C | F | A7", which is repeated to the end; `?` leaves a
            chord to be found.
        beats: the times of the beats in seconds; or a file with one time per line, with labels of
            Audacity, or with a MIDI tempo map.
        lead_sheet: a lead sheet or its file, which may leave anything out. The other arguments win
            over it.

    Raises:
        SamuelError: what is given cannot be read, or does not fit.
    """
    given = parse_given(
        tempo=tempo,
        bar_1_at=bar_1_at,
        meter=meter,
        key=key,
        style=style,
        chords=chords,
        beats=beats,
        lead_sheet=lead_sheet,
    )
    return estimate_from_report(analyse_recording(vocal, sample_rate), given)


def estimate_from_report(
    report: RecordingReport, given: GivenSheet | None = None, seconds: float | int = 0
) -> SheetEstimate:
    """Estimate the lead sheet of a vocal that is analysed already.

    Args:
        report: the analysis of the vocal.
        given: the given parts; None for none.
        seconds: the time that the sheet covers, if that is longer than the vocal.

    Raises:
        SamuelError: what is given does not fit the recording.
    """
    given = given or GivenSheet()
    seconds = max(float(seconds), report.seconds)
    if given.sheet is not None:
        beats = SheetEstimate(correct_sheet(given, report.seconds), notes=given.notes)
    else:
        beats = _estimate_beats(report, given, seconds)
    return _estimate_chords(report, given, beats, seconds)


def estimate_song_sheet(vocal: Recording, accompaniment: Recording) -> LeadSheet:
    """Estimate the lead sheet of a song from vocal and accompaniment together.

    Beats are those of the mix; chords are those that the accompaniment plays, in the singer's
    tuning.

    Args:
        vocal, accompaniment: two recordings that start together.
    """
    mix = SummedRecording([bring_in_phase(vocal), bring_in_phase(accompaniment)])
    hop_length = round(FRAME_SECONDS * VOCAL_RATE)
    spectra = compute_spectra(mix.blocks(VOCAL_RATE), VOCAL_RATE, hop_length, PITCH_FRAMES)
    bands = np.concatenate([band_powers(each) for each in spectra])
    frame_seconds = hop_length / VOCAL_RATE / PITCH_FRAMES
    seconds = mix.samples / mix.sample_rate
    beats = decode_beats(track_beats(bands, None, frame_seconds), seconds)
    sheet = snap_tempo(beats.sheet) if beats.is_steady else beats.sheet
    report = analyse_file(vocal)
    mono = mono_blocks(accompaniment, MUSIC_RATE)
    chroma = analyse_music(mono, report.reliable_tuning).chroma
    return harmonise(chroma, CHROMA_SECONDS, sheet, accompaniment=True).sheet


def _estimate_beats(report: RecordingReport, given: GivenSheet, seconds: float) -> SheetEstimate:
    """Find the beats that are not given."""
    placed = None if given.beats is None else place_beats(given, report.seconds)
    if placed is not None:
        sheet = replace(placed, key=given.key, style=given.style)
        return SheetEstimate(sheet.extend(seconds), notes=given.notes)
    frame_seconds = report.frame_seconds / PITCH_FRAMES
    activations = track_beats(report.bands, report.frequency, frame_seconds)
    meter = given.meter
    for _ in range(2):
        found = decode_beats(
            activations,
            report.seconds,
            tempo=given.tempo,
            tempo_factor=given.tempo_factor,
            bar_1_at=given.bar_1_at,
            meter=meter,
            beats=None if given.beats is None else cover_times(given.beats, report.seconds),
        )
        meters = given.chart.find_meters() if given.chart and meter is None else ()
        if not meters or found.sheet.meter in meters:
            break
        meter = meters[0]
    sheet = found.sheet
    if found.is_steady and given.beats is None:
        sheet = snap_tempo(sheet, given.bar_1_at)
    sheet = replace(sheet, key=given.key, style=given.style)
    if seconds > report.seconds:
        sheet = sheet.extend(seconds)
    return SheetEstimate(sheet, dict(found.confidences), dict(found.alternatives), given.notes)


def _estimate_chords(
    report: RecordingReport, given: GivenSheet, beats: SheetEstimate, seconds: float
) -> SheetEstimate:
    """Find chords and key that are not given, and continue the sheet to the end."""
    sheet, notes = beats.sheet, list(beats.notes)
    spans = given.open
    is_written = bool(sheet.chords or spans) and given.chart is None
    if given.sheet is not None and _ends_early(sheet, seconds):
        notes.append(
            f"the lead sheet ends at {sheet.beats[-1]:.1f} s of {seconds:.1f} s; it is continued"
        )
    if not is_written:
        sheet = _continue(replace(sheet, chords=()), seconds)
    if given.chart is not None:
        chart = given.chart.parse(sheet.meter)
        spans = apply_open_spans(sheet, chart)
        sheet = replace(sheet, chords=apply_chart(sheet, chart))
    confidences, alternatives = dict(beats.confidences), dict(beats.alternatives)
    if not sheet.chords or spans or sheet.key is None:
        found = harmonise(
            report.melody.pitch_classes.double().numpy(),
            report.frame_seconds,
            replace(sheet, chords=()),
            chroma=report.chroma,
            key=sheet.key,
            fixed=_fixed_spans(sheet, spans),
        )
        wanted = {"key"} if sheet.key is None else set()
        if not sheet.chords or spans:
            sheet = replace(sheet, chords=found.sheet.chords)
            wanted.add("chords")
        sheet = replace(sheet, key=found.sheet.key)
        confidences |= {name: found.confidences[name] for name in wanted}
        alternatives |= {name: found.alternatives.get(name, ()) for name in wanted}
    return SheetEstimate(_continue(sheet, seconds), confidences, alternatives, tuple(notes))


def _ends_early(sheet: LeadSheet, seconds: float) -> bool:
    """Return whether a beat is missing before the end."""
    return 2 * sheet.beats[-1] - sheet.beats[-2] < seconds - 1e-3


def _continue(sheet: LeadSheet, seconds: float) -> LeadSheet:
    return sheet.extend(seconds) if _ends_early(sheet, seconds) else sheet


def _fixed_spans(sheet: LeadSheet, spans: Sequence[Span]) -> list[FixedChord]:
    """Return the spans of the given chords, without those whose chord is to be found."""
    marks: list[tuple[float | int, ChordChange | None]] = [
        *((each.beat, each) for each in sheet.chords),
        *((start, None) for start, _ in spans),
    ]
    marks.sort(key=lambda mark: (mark[0], mark[1] is None))
    stops = [*(place for place, _ in marks), len(sheet.beats)][1:]
    return [
        FixedChord(place, stop, change.chord)
        for (place, change), stop in zip(marks, stops, strict=True)
        if change is not None and stop > place
    ]
