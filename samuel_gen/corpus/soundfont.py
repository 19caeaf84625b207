"""Reading of SoundFont 2 files: presets, zones, generators and samples.

Source: E-mu Systems, "SoundFont Technical Specification" 2.04 (2006).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samuel_gen.corpus.zones import Zone, make_zone
from samuel_gen.errors import SamuelError

_HEADER = {
    "phdr": [("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("x", "<u4", 3)],
    "bag": [("generator", "<u2"), ("modulator", "<u2")],
    "gen": [("operator", "<u2"), ("amount", "<i2")],
    "inst": [("name", "S20"), ("bag", "<u2")],
    "shdr": [
        ("name", "S20"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("loop_start", "<u4"),
        ("loop_end", "<u4"),
        ("rate", "<u4"),
        ("key", "u1"),
        ("correction", "i1"),
        ("link", "<u2"),
        ("type", "<u2"),
    ],
}
_INSTRUMENT, _SAMPLE = 41, 53


@dataclass(frozen=True)
class SoundFont:
    """A soundfont.

    Attributes:
        samples: all samples of the font, one after the other; (samples,).
        presets: the zones of each instrument by (bank, program).
    """

    samples: NDArray[np.int16]
    presets: Mapping[tuple[int, int], tuple[Zone, ...]]

    def find_zones(self, bank: int, program: int, key: int, velocity: int) -> list[Zone]:
        """Return the zones of one note, or none if there is no zone for it.

        Program 0 of the bank stands in for a missing preset, and the nearest key, at most three
        keys away, for a key that a melodic preset lacks.
        """
        preset = self.presets[(bank, program if (bank, program) in self.presets else 0)]
        nearby = (0,) if bank == 128 else (0, -1, 1, -2, 2, -3, 3)
        for distance in nearby:
            found = [zone for zone in preset if zone.has(key + distance, velocity)]
            if found:
                return found
        return []


def _read_chunks(data: bytes) -> dict[str, bytes]:
    """Return the chunks of a RIFF file by name, those within lists included."""
    found: dict[str, bytes] = {}
    stack = [(12, len(data))]
    while stack:
        at, stop = stack.pop()
        while at + 8 <= stop:
            name, size = struct.unpack_from("<4sI", data, at)
            if name == b"LIST":
                stack.append((at + 12, at + 8 + size))
            else:
                found[name.decode("latin-1")] = data[at + 8 : at + 8 + size]
            at += 8 + size + (size & 1)
    return found


class _Tables:
    """The tables of a font, as they are in the file."""

    def __init__(self, data: bytes) -> None:
        chunks = _read_chunks(data)

        def table(name: str, kind: str) -> NDArray[Any]:
            return np.frombuffer(chunks[name], dtype=np.dtype(_HEADER[kind]))  # type: ignore[call-overload]

        self.presets, self.preset_bags = table("phdr", "phdr"), table("pbag", "bag")
        self.instruments, self.instrument_bags = table("inst", "inst"), table("ibag", "bag")
        self.preset_generators = table("pgen", "gen")
        self.instrument_generators = table("igen", "gen")
        self.headers = table("shdr", "shdr")
        self.samples = np.frombuffer(chunks["smpl"], dtype="<i2")

    @staticmethod
    def read_zones(
        owners: NDArray[Any], row: int, bags: NDArray[Any], generators: NDArray[Any], terminal: int
    ) -> list[dict[int, int]]:
        """Return the generators of each zone of one preset or instrument, amounts by operator.

        The generators of the global zone apply to all zones that do not set them.

        Args:
            owners: the table of presets or of instruments.
            row: the row of the preset or instrument in `owners`.
            bags: the table that assigns generators to zones.
            generators: the table of generators.
            terminal: the operator that names an instrument or a sample; zones without it are
                global or empty.
        """
        common: dict[int, int] = {}
        zones = []
        first, last = int(owners[row]["bag"]), int(owners[row + 1]["bag"])
        for bag in range(first, last):
            start, stop = int(bags[bag]["generator"]), int(bags[bag + 1]["generator"])
            own = {int(g["operator"]): int(g["amount"]) for g in generators[start:stop]}
            if terminal in own:
                zones.append(common | own)
            elif bag == first:
                common = own
        return zones


class _Presets(Mapping[tuple[int, int], tuple[Zone, ...]]):
    """The presets of a font, each read at its first use: a song uses a handful of about 200."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
        entries = tables.presets[:-1]
        self._rows = {(int(e["bank"]), int(e["preset"])): row for row, e in enumerate(entries)}
        self._cache: dict[tuple[int, int], tuple[Zone, ...]] = {}

    def __getitem__(self, preset: tuple[int, int]) -> tuple[Zone, ...]:
        if preset not in self._cache:
            self._cache[preset] = self._read_zones(self._rows[preset])
        return self._cache[preset]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _read_zones(self, row: int) -> tuple[Zone, ...]:
        """Return the zones of all instruments of the preset in a row of the preset table."""
        tables = self._tables
        zones: list[Zone] = []
        outer = (tables.presets, row, tables.preset_bags, tables.preset_generators, _INSTRUMENT)
        for preset in tables.read_zones(*outer):
            inner = (tables.instruments, preset[_INSTRUMENT], tables.instrument_bags)
            for own in tables.read_zones(*inner, tables.instrument_generators, _SAMPLE):
                index = 1000 * row + len(zones)
                zones.append(make_zone(index, own, preset, tables.headers[own[_SAMPLE]]))
        return tuple(zones)


@lru_cache(maxsize=2)
def read_soundfont(path: Path) -> SoundFont:
    """Read a font; within a process, the same path gives the same object.

    Args:
        path: the SoundFont 2 file.

    Raises:
        SamuelError: if the file does not exist or is not a SoundFont 2.
    """
    if not path.is_file():
        raise SamuelError(f"{path} does not exist; reinstall pretty_midi")
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise SamuelError(f"{path} is not a SoundFont 2; reinstall pretty_midi")
    tables = _Tables(data)
    return SoundFont(tables.samples, _Presets(tables))
