"""A source of songs that are listed in a table."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samuel_gen.data.sources.files import FilesItem, make_readable, strip_suffix
from samuel_gen.data.sources.song import SongItem, UnusableSong
from samuel_gen.data.splitting import SPLITS
from samuel_gen.errors import SamuelError

_PATHS = ("vocal", "accompaniment")


class ManifestSource:
    """Songs in a CSV file with a header, or in JSON Lines.

    The columns `vocal` and `accompaniment` name the files; `name` and `split` are optional. All
    other columns are kept as metadata. Relative paths start from the manifest's folder. Wrong rows
    are listed too; their `load` raises the reason with the line number.

    Args:
        path: the .csv or .jsonl file, in UTF-8.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._folder = str(self.path.parent)

    def songs(self) -> list[SongItem]:
        """List all rows in the order of the file.

        Raises:
            SamuelError: there is no such file or no row, the suffix is wrong, or the CSV file
                lacks a column or has an open quote.
        """
        read_rows = {".csv": _read_csv, ".jsonl": _read_json_lines}.get(self.path.suffix.lower())
        if read_rows is None:
            raise SamuelError(
                f"{self.path}: not a .csv or .jsonl file; save the manifest in one of the formats"
            )
        try:
            # The name of a file may be any bytes, and a manifest may contain it.
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                songs = [self._make_item(*row) for row in read_rows(self.path, file)]
        except OSError as error:
            raise SamuelError(
                f"{self.path}: {error.strerror or error}; check source.path"
            ) from error
        if not songs:
            raise SamuelError(f"{self.path}: the manifest has no row; add one for each song")
        return songs

    def _make_item(self, line: int, row: dict[str, Any] | str) -> SongItem:
        try:
            return self._parse(row)
        except ValueError as error:
            reason = f"{self.path}, line {line}: {error}; correct the line"
            return UnusableSong(f"{self.path.name}, line {line}", reason)

    def _parse(self, row: dict[str, Any] | str) -> FilesItem:
        """Return the song in a row.

        Raises:
            ValueError: the row is wrong, or the reader has found it wrong (text instead of a row).
        """
        if isinstance(row, str):
            raise ValueError(row)
        vocal, accompaniment = (self._resolve(column, row.get(column)) for column in _PATHS)
        split = row.get("split") or None
        if split not in (None, *SPLITS):
            raise ValueError(f"split {split!r} is not {', '.join(SPLITS)} or empty")
        name = make_readable(str(row.get("name") or "")) or strip_suffix(row["vocal"])
        metadata = {
            make_readable(key): _make_readable(value)
            for key, value in row.items()
            if key not in (*_PATHS, "name", "split") and value not in ("", None)
        }
        return FilesItem(name, (vocal,), (accompaniment,), split, metadata)

    def _resolve(self, column: str, value: Any) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError(f"{column} is {value!r}, not the path of a sound file")
        try:
            os.fsencode(value)
        except UnicodeEncodeError:
            raise ValueError(f"{column} is {value!r}, not a path in UTF-8") from None
        return os.path.join(self._folder, value)


def _read_csv(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
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
                        f"{path}, line {line}: no column {' or '.join(missing)}; the first line "
                        "must be a header such as vocal,accompaniment,name,split"
                    )
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                yield line, f"{len(cells)} cells instead of {len(header)}, as in the header"
            line = reader.line_num + 1
    except csv.Error as error:
        raise SamuelError(
            f"{path}, line {line}: {error}; close all quotes and correct the line"
        ) from error


def _read_json_lines(
    path: Path, lines: Iterator[str]
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_refuse_constant)
        except ValueError as error:
            yield number, f"not valid JSON ({error})"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object {...}"


def _make_readable(value: Any) -> Any:
    """Return the same JSON value with text that can be encoded."""
    if isinstance(value, str):
        return make_readable(value)
    if isinstance(value, list):
        return [_make_readable(item) for item in value]
    if isinstance(value, dict):
        return {make_readable(key): _make_readable(item) for key, item in value.items()}
    return value


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")
