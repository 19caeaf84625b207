"""Archives of a session or of one result, from which `samuel-generate --from` works."""

import json
import zipfile
from pathlib import Path
from typing import Any

from samuel_gen.web.sessions import Session

RESULT_FILES = (
    *("accompaniment.wav", "mix.wav", "click.wav"),
    *("arrangement.mid", "lead_sheet.txt", "generation.json"),
)
_STORED = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".webm", ".m4a", ".mp4", ".aac")


def write_result_archive(session: Session, number: int, target: Path) -> None:
    """Write one result with its vocal, all files side by side.

    Args:
        session: the session.
        number: the number of the result.
        target: the file to write.

    Raises:
        KeyError: there is no such result.
    """
    session.read_result(number)
    vocal = session.folder / session.read()["upload"]
    with zipfile.ZipFile(target, "w") as archive:
        _add(archive, vocal, vocal.name)
        _add_result(archive, session, number, "", vocal.name)


def write_session_archive(session: Session, target: Path) -> None:
    """Write the vocal, the lead sheet, and each result in a folder of its own.

    Args:
        session: the session.
        target: the file to write.
    """
    record = session.read()
    vocal = session.folder / record["upload"]
    with zipfile.ZipFile(target, "w") as archive:
        _add(archive, vocal, vocal.name)
        archive.writestr("lead_sheet.txt", record["sheet"]["text"])
        for result in session.list_results():
            number = result["number"]
            _add_result(archive, session, number, f"result_{number}/", f"../{vocal.name}")


def _add_result(
    archive: zipfile.ZipFile, session: Session, number: int, place: str, vocal: str
) -> None:
    folder = session.results_folder / str(number)
    for name in RESULT_FILES:
        try:
            if name == "generation.json":
                archive.writestr(f"{place}{name}", _point_to(folder / name, vocal))
            else:
                _add(archive, folder / name, f"{place}{name}")
        except FileNotFoundError:
            raise KeyError(number) from None


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    is_stored = path.suffix in _STORED
    kind = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
    archive.write(path, name, kind)


def _point_to(recipe: Path, vocal: str) -> str:
    """Return a generation.json that names the vocal relative to itself."""
    record: dict[str, Any] = json.loads(recipe.read_text("utf-8"))
    record["recipe"]["vocal"]["path"] = vocal
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
