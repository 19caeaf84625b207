"""Songs listed in a table."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samuel_gen.data.sources.files import FilesItem, readable, without_suffix
from samuel_gen.data.sources.song import SongItem, UnusableSong
from samuel_gen.data.splitting import SPLITS
from samuel_gen.errors import SamuelError

_PATHS = ("vocal", "accompaniment")


class ManifestSource:
    """A CSV file with a header, or JSON Lines: `vocal` and `accompaniment` name the files.

    `name` and `split` may be there; every other column is kept as metadata. Relative paths start
    from the manifest's folder. A row in which something is wrong is listed too: its `load` says
    what, with the number of its line.

    Args:
        path: a .csv or .jsonl file in UTF-8.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._folder = str(self.path.parent)

    def songs(self) -> list[SongItem]:
        """All rows, in the order of the file.

        Raises:
            SamuelError: no such file, a suffix that names neither format, a CSV file without these
                columns or with a quote that is never closed, or no row.
        """
        rows = {".csv": _csv_rows, ".jsonl": _json_rows}.get(self.path.suffix.lower())
        if rows is None:
            raise SamuelError(
                f"{self.path}: neither .csv nor .jsonl; expected one of the two; rename the file"
            )
        try:
            # A file's name may be any bytes, and a manifest may name it.
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                songs = [self._song(line, row) for line, row in rows(self.path, file)]
        except OSError as error:
            raise SamuelError(
                f"{self.path}: {error.strerror or error}; expected a manifest that can be read; "
                "check source.path"
            ) from error
        if not songs:
            raise SamuelError(f"{self.path}: no row; expected one for each song; add them")
        return songs

    def _song(self, line: int, row: dict[str, Any] | str) -> SongItem:
        try:
            return self._read(row)
        except ValueError as error:
            reason = f"{self.path}, line {line}: {error}; mend the line"
            return UnusableSong(f"{self.path.name}, line {line}", reason)

    def _read(self, row: dict[str, Any] | str) -> FilesItem:
        """One song.

        Raises:
            ValueError: what was found and what was expected.
        """
        if isinstance(row, str):
            raise ValueError(row)
        vocal, band = (self._file(column, row.get(column)) for column in _PATHS)
        split = row.get("split") or None
        if split not in (None, *SPLITS):
            raise ValueError(f"split {split!r}; expected {', '.join(SPLITS)}, or nothing")
        name = readable(str(row.get("name") or "")) or without_suffix(row["vocal"])
        metadata = {
            readable(key): _readable(value)
            for key, value in row.items()
            if key not in (*_PATHS, "name", "split") and value not in ("", None)
        }
        return FilesItem(name, (vocal,), (band,), split, metadata)

    def _file(self, column: str, value: Any) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError(f"{column} is {value!r}; expected the path of a sound file")
        try:
            os.fsencode(value)
        except UnicodeEncodeError:
            raise ValueError(f"{column} is {value!r}; expected a path in UTF-8") from None
        return os.path.join(self._folder, value)


def _csv_rows(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    reader = csv.reader(lines, strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not header:
                header = [cell.strip() for cell in cells]
                missing = [column for column in _PATHS if column not in header]
                if missing:
                    raise SamuelError(
                        f"{path}, line {line}: no column {' nor '.join(missing)}; expected a "
                        "header such as vocal,accompaniment,name,split; add it"
                    )
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                yield line, f"{len(cells)} cells; expected {len(header)}, as in the header"
            line = reader.line_num + 1
    except csv.Error as error:
        raise SamuelError(
            f"{path}, line {line}: {error}; expected CSV whose quotes are closed; mend the line"
        ) from error


def _json_rows(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_refuse)
        except ValueError as error:
            yield number, f"not JSON ({error}); expected one object"
            continue
        yield number, row if isinstance(row, dict) else "not an object; expected {...}"


def _readable(value: Any) -> Any:
    """The same, all of its text such that it can be encoded."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, dict):
        return {readable(key): _readable(item) for key, item in value.items()}
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
