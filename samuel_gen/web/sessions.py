"""Sessions on disk: one folder each, whose files appear whole or not at all.

FOLDER/ID/session.json          what is given, the lead sheet, the history
FOLDER/ID/vocal.webm            the recording as it came
FOLDER/ID/playable.flac         the same for browsers
FOLDER/ID/results/N/...         one result, with result.json
FOLDER/.temporary/              uploads and archives in progress, emptied at each start
"""

import json
import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from samuel_gen.errors import SamuelError
from samuel_gen.storage import explain_write_errors, write_json

SESSION_ID = re.compile(r"[0-9a-f]{16}")
RESULT_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
PLAYABLE = "playable.flac"
_RECORD, _RESULT = "session.json", "result.json"
_TEMPORARY = ".temporary"
_REVISED = ("given", "sheet", "confidence")
_MOST_HISTORY = 30


class Sessions:
    """The sessions in a folder of the user's.

    Args:
        folder: the folder, which is made.

    Raises:
        SamuelError: the folder cannot be written, or another server uses it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / _TEMPORARY
        with explain_write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / ".lock", thread_local=False)
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise SamuelError(
                    f"{folder}: another samuel-web uses this folder; stop it, or name another "
                    "with --folder"
                ) from None
            self._remove_leftovers()
            self.temporary.mkdir(exist_ok=True)
        self._guards: dict[str, AbstractContextManager[Any]] = {}
        self._guards_lock = threading.Lock()

    def close(self) -> None:
        """Let another server use the folder."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self._lock.release()

    def _remove_leftovers(self) -> None:
        """Remove what a killed server left half-done."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        for session in self.folder.iterdir():
            if SESSION_ID.fullmatch(session.name):
                for part in (*session.glob(".*"), *(session / "results").glob(".*")):
                    shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)

    def name_temporary(self, suffix: str = "") -> Path:
        """Return the path of a new temporary file or folder."""
        return self.temporary / f"{secrets.token_hex(8)}{suffix}"

    def add(self, folder: Path, record: dict[str, Any]) -> "Session":
        """Add a session, whose files are in a temporary folder.

        Args:
            folder: the temporary folder, which becomes the session's.
            record: the content of session.json.
        """
        session_id = secrets.token_hex(8)
        record |= {"format": 1, "id": session_id, "created": now()}
        record |= {"history": [], "next_result": 1}
        (folder / "results").mkdir()
        write_json(folder / _RECORD, record)
        os.rename(folder, self.folder / session_id)
        return self.find(session_id)

    def find(self, session_id: str) -> "Session":
        """Return a session.

        Raises:
            KeyError: there is no such session.
        """
        folder = self.folder / session_id
        if not SESSION_ID.fullmatch(session_id) or not (folder / _RECORD).is_file():
            raise KeyError(session_id)
        with self._guards_lock:
            guard = self._guards.setdefault(session_id, threading.RLock())
        return Session(session_id, folder, guard)

    def list_all(self) -> list["Session"]:
        """Return all sessions, the newest first."""
        found = []
        for path in self.folder.iterdir():
            try:
                session = self.find(path.name)
                found.append((session.read()["created"], session))
            except (KeyError, OSError, TypeError, ValueError):
                continue  # it has just been deleted, or it is not ours
        return [session for _, session in sorted(found, key=lambda each: each[0], reverse=True)]

    def delete(self, session: "Session") -> None:
        """Delete a session with everything in it."""
        with session.guard:
            doomed = self.name_temporary()
            try:
                os.rename(session.folder, doomed)
            except FileNotFoundError:
                raise KeyError(session.id) from None
        shutil.rmtree(doomed, ignore_errors=True)
        with self._guards_lock:
            self._guards.pop(session.id, None)


class Session:
    """One recording with its lead sheet and its results.

    Args:
        session_id: the id.
        folder: the folder of the session.
        guard: held by whoever changes the session.
    """

    def __init__(self, session_id: str, folder: Path, guard: AbstractContextManager[Any]) -> None:
        self.id, self.folder, self.guard = session_id, folder, guard

    def read(self) -> dict[str, Any]:
        """Return the content of session.json."""
        record: dict[str, Any] = json.loads((self.folder / _RECORD).read_text("utf-8"))
        return record

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield the content of session.json, and write it when the block succeeds.

        Raises:
            KeyError: the session has been deleted.
        """
        with self.guard:
            try:
                record = self.read()
            except FileNotFoundError:
                raise KeyError(self.id) from None
            yield record
            del record["history"][:-_MOST_HISTORY]
            write_json(self.folder / _RECORD, record)

    @property
    def results_folder(self) -> Path:
        """The folder of the results."""
        return self.folder / "results"

    def list_results(self) -> list[dict[str, Any]]:
        """Return the results in the order in which they were made."""
        try:
            names = [path.name for path in self.results_folder.iterdir()]
        except FileNotFoundError:
            raise KeyError(self.id) from None
        numbers = sorted(int(name) for name in names if RESULT_NUMBER.fullmatch(name))
        found = []
        for number in numbers:
            try:
                found.append(self.read_result(number))
            except KeyError:  # deleted at this moment
                continue
        return found

    def read_result(self, number: int) -> dict[str, Any]:
        """Return what is known of a result.

        Raises:
            KeyError: there is no such result.
        """
        try:
            text = (self.results_folder / str(number) / _RESULT).read_text("utf-8")
        except FileNotFoundError:
            raise KeyError(number) from None
        result: dict[str, Any] = json.loads(text)
        return result

    @contextmanager
    def add_result(self, job: str, result: dict[str, Any]) -> Iterator[Path]:
        """Yield a folder for the files of a new result, which appears when the block succeeds.

        Args:
            job: the id of the job, whose results are undone together.
            result: the facts about it, which the block may complete; it gets its number.
        """
        with self.change() as record:
            number = record["next_result"]
            record["next_result"] += 1
        temporary = self.results_folder / f".{number}"
        temporary.mkdir()
        try:
            yield temporary
            result |= {"number": number, "created": now()}
            write_json(temporary / _RESULT, result)
            with self.change() as record:
                os.rename(temporary, self.results_folder / str(number))
                last = record["history"][-1] if record["history"] else {}
                if last.get("job") == job:
                    last["results"].append(number)
                else:
                    record["history"].append({"job": job, "results": [number]})
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def revise(self, content: dict[str, Any]) -> None:
        """Replace what is given and the lead sheet, so that it can be undone.

        Args:
            content: the new values of "given", "sheet" and "confidence".
        """
        with self.change() as record:
            record["history"].append({name: record[name] for name in _REVISED})
            record |= {name: content[name] for name in _REVISED}

    def delete_result(self, number: int) -> None:
        """Delete a result; undoing does not bring it back.

        Raises:
            KeyError: there is no such result.
        """
        with self.change() as record:
            self._remove_result(number)
            for entry in record["history"]:
                if number in entry.get("results", ()):
                    entry["results"].remove(number)
            record["history"] = [e for e in record["history"] if e.get("results") != []]

    def undo(self) -> None:
        """Undo the last change: what was given, or the results of the last job.

        Raises:
            SamuelError: nothing has been changed.
        """
        with self.change() as record:
            if not record["history"]:
                raise SamuelError("there is nothing to undo")
            last = record["history"].pop()
            if "results" in last:
                for number in last["results"]:
                    with suppress(KeyError):  # somebody may tidy up in the folder
                        self._remove_result(number)
            else:
                record |= {name: last[name] for name in _REVISED}

    def _remove_result(self, number: int) -> None:
        doomed = self.results_folder / f".deleted{number}"
        try:
            os.rename(self.results_folder / str(number), doomed)
        except FileNotFoundError:
            raise KeyError(number) from None
        shutil.rmtree(doomed, ignore_errors=True)


def now() -> str:
    """Return the time in UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
