"""Recordings as they arrive: the analysis, the lead sheet, and a file that browsers can play."""

import os
import shutil
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import GivenSheet, parse_given
from samuel_gen.web.bodies import is_finite_number
from samuel_gen.web.sessions import PLAYABLE, Session, Sessions

GIVEN = ("tempo", "bar_1_at", "meter", "key", "style", "chords", "beats")
_TEXTS = {"tempo": 40, "meter": 20, "key": 40, "style": 40, "chords": 20_000}  # longest, characters
_MOST_BEATS = 20_000
_MOST_REPORTS = 8  # kept in memory


class Listener:
    """Analyses recordings and estimates their lead sheets.

    Args:
        sessions: the sessions.
        minutes: the length of the longest recording that is accepted.
    """

    def __init__(self, sessions: Sessions, minutes: int) -> None:
        self.sessions, self.minutes = sessions, minutes
        self._reports: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, upload: Path, label: str) -> Session:
        """Make a session of an uploaded recording.

        Args:
            upload: the temporary file, which is moved into the session.
            label: the name that the user sees.

        Raises:
            SamuelError: the recording cannot be used.
        """
        from samuel_gen.analysis.file_report import analyse_file
        from samuel_gen.audio.recording import SoundFile
        from samuel_gen.audio.validation import check_recording
        from samuel_gen.estimation.estimate import estimate_from_report

        folder = self.sessions.name_temporary()
        folder.mkdir()
        try:
            path = folder / f"vocal{choose_suffix(label)}"
            os.rename(upload, path)
            try:
                file = SoundFile(path, longest=60 * self.minutes)
                seconds = file.samples / file.sample_rate
                check_recording(seconds, 0.0, label)
                report = analyse_file(file)
                check_recording(seconds, report.stereo_loudness, label)
                estimate = estimate_from_report(report)
                _write_playable(file, folder / PLAYABLE)
            except SamuelError as error:  # the path is no business of the page
                raise SamuelError(str(error).replace(str(path), label)) from error
            record = {
                "name": label,
                "upload": path.name,
                "seconds": round(seconds, 4),
                "sample_rate": file.sample_rate,
                "hints": list(report.hints),
                "report": report.lines(),
                "given": {},
            }
            session = self.sessions.add(folder, record | self._describe(estimate, report))
            self._keep(session.id, report)
            return session
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def give(self, session: Session, given: dict[str, Any]) -> None:
        """Estimate the lead sheet of a session anew around what is given.

        Args:
            session: the session.
            given: the parts by their names in GIVEN; those that are None are estimated.

        Raises:
            SamuelError: something cannot be read, or does not fit.
        """
        from samuel_gen.estimation.estimate import estimate_from_report

        seconds = session.read()["seconds"]
        parsed = parse_body(given, seconds)
        report = self.report(session)
        estimate = estimate_from_report(report, parsed)
        described = self._describe(estimate, report)
        own = {name: value for name, value in given.items() if value is not None}
        session.revise({"given": own, **described})

    def report(self, session: Session) -> Any:
        """Return the analysis of a session's recording, from memory or made again."""
        from samuel_gen.analysis.file_report import analyse_file
        from samuel_gen.audio.recording import SoundFile

        with self._lock:
            if session.id in self._reports:
                self._reports.move_to_end(session.id)
                return self._reports[session.id]
        report = analyse_file(SoundFile(session.folder / session.read()["upload"]))
        self._keep(session.id, report)
        return report

    def _keep(self, session_id: str, report: Any) -> None:
        with self._lock:
            self._reports[session_id] = report
            while len(self._reports) > _MOST_REPORTS:
                self._reports.popitem(last=False)

    def _describe(self, estimate: Any, report: Any) -> dict[str, Any]:
        from samuel_gen.estimation.bar_choices import find_bar_choices
        from samuel_gen.web.sheet_view import describe_confidence, describe_sheet

        confidence = describe_confidence(estimate, find_bar_choices(report, estimate))
        return {"sheet": describe_sheet(estimate), "confidence": confidence}


def parse_body(given: dict[str, Any], seconds: float | int) -> GivenSheet:
    """Turn a body of JSON into the given parts of a lead sheet.

    Args:
        given: the parts by their names in GIVEN.
        seconds: the length of the recording.

    Raises:
        SamuelError: a part is of the wrong kind, cannot be read, or does not fit.
    """
    unknown = sorted(set(given) - set(GIVEN))
    if unknown:
        raise SamuelError(f"{unknown[0][:40]!r} cannot be given; use {', '.join(GIVEN)}")
    parts = {name: value for name, value in given.items() if value is not None}
    for name, longest in _TEXTS.items():
        value = parts.get(name)
        if name == "tempo" and is_finite_number(value):
            continue
        if value is not None and not (isinstance(value, str) and len(value) <= longest):
            raise SamuelError(f"{name}: write at most {longest} characters")
    at = parts.get("bar_1_at")
    if at is not None and not (is_finite_number(at) and 0 <= at <= seconds):
        raise SamuelError(f"bar_1_at: name a time from 0 to {seconds:.2f} s")
    beats = parts.get("beats")
    if beats is not None:
        is_list = isinstance(beats, list) and 2 <= len(beats) <= _MOST_BEATS
        if not is_list or not all(is_finite_number(beat) for beat in beats):
            raise SamuelError(f"beats: give 2 to {_MOST_BEATS} times in seconds")
        parts["beats"] = [float(beat) for beat in beats]
    return parse_given(**parts)


def clean_label(name: str) -> str:
    """Return the last part of a file's name without odd characters, for people to read.

    Args:
        name: the name as the browser has it.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable()).strip()[:100] or "recording"


def choose_suffix(label: str) -> str:
    """Return the suffix of a label if sound files have it, else none."""
    from samuel_gen.audio.files import SOUND_SUFFIXES, VIDEO_SUFFIXES

    suffix = Path(label).suffix.lower()
    return suffix if suffix in (*SOUND_SUFFIXES, *VIDEO_SUFFIXES) else ""


def _write_playable(file: Any, path: Path) -> None:
    """Write a recording as FLAC of 16 bits, which every browser plays and seeks in."""
    from samuel_gen.audio.files import write_blocks

    rate = file.sample_rate
    write_blocks(path, file.blocks(rate), 2, rate, "PCM_16")
