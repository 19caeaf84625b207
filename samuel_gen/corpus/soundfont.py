"""Reading of SoundFont 2 and 3 files: presets, zones, generators and samples.

Sources: E-mu Systems, "SoundFont Technical Specification" 2.04 (2006). MuseScore's SoundFont 3 is
the same with each sample compressed by Ogg Vorbis.
"""

import io
import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samuel_gen.corpus.modulators import Modulator, combine
from samuel_gen.corpus.zones import Zone, make_zone
from samuel_gen.errors import SamuelError

_HEADER = {
    "phdr": [("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("x", "<u4", 3)],
    "bag": [("generator", "<u2"), ("modulator", "<u2")],
    "gen": [("operator", "<u2"), ("amount", "<i2")],
    "mod": [
        ("source", "<u2"),
        ("generator", "<u2"),
        ("amount", "<i2"),
        ("scale", "<u2"),
        ("x", "<u2"),
    ],
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
_COMPRESSED = 16
"""The bit of a sample's type that says that it is an Ogg Vorbis file."""
_NUMBERS = ("start", "end", "loop_start", "loop_end", "rate", "key", "correction", "type")


@dataclass(frozen=True)
class SoundFont:
    """A soundfont.

    Attributes:
        presets: the zones of each instrument by (bank, program).
        tuning_cents: the correction that brings its notes to A = 440 Hz [cents].
    """

    presets: Mapping[tuple[int, int], tuple[Zone, ...]]
    tuning_cents: float = 0.0

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
                return [zone.adapt(key, velocity) for zone in found]
        return []


def _read_chunks(data: memoryview) -> dict[str, memoryview]:
    """Return the chunks of a RIFF file by name, those within lists included."""
    found: dict[str, memoryview] = {}
    stack = [(12, len(data))]
    while stack:
        at, stop = stack.pop()
        while at + 8 <= stop:
            name, size = struct.unpack_from("<4sI", data, at)
            if name == b"LIST":
                stack.append((at + 12, at + 8 + size))
            else:
                found[name.decode("latin-1")] = data[at + 8 : at + 8 + size]
            at += 8 + size
            if size & 1 and at < stop and data[at] == 0:  # fonts of MuseScore lack the padding
                at += 1
    return found


class _Tables:
    """The tables of a font, as they are in the file."""

    def __init__(self, data: memoryview) -> None:
        chunks = _read_chunks(data)

        def table(name: str, kind: str) -> NDArray[Any]:
            return np.frombuffer(chunks[name], dtype=np.dtype(_HEADER[kind]))  # type: ignore[call-overload]

        self.presets, self.preset_bags = table("phdr", "phdr"), table("pbag", "bag")
        self.instruments, self.instrument_bags = table("inst", "inst"), table("ibag", "bag")
        self.preset_generators, self.preset_modulators = table("pgen", "gen"), table("pmod", "mod")
        self.instrument_generators = table("igen", "gen")
        self.instrument_modulators = table("imod", "mod")
        self.headers = table("shdr", "shdr")
        self._data = chunks["smpl"]
        self._samples = np.frombuffer(self._data[: len(self._data) // 2 * 2], dtype="<i2")
        self._decoded: dict[int, tuple[dict[str, int], NDArray[np.int16]]] = {}

    def read_sample(self, row: int) -> tuple[dict[str, int], NDArray[np.int16]]:
        """Return the header of a sample, and the points that its positions refer to.

        Args:
            row: the row of the sample in the table of headers.
        """
        header = {name: int(self.headers[row][name]) for name in _NUMBERS}
        if not header["type"] & _COMPRESSED:
            return header, self._samples
        if row not in self._decoded:
            import soundfile

            file = io.BytesIO(self._data[header["start"] : header["end"]])
            points, rate = soundfile.read(file, dtype="int16")
            # The loop of a compressed sample is counted from the beginning of that sample.
            header |= {"start": 0, "end": len(points), "rate": rate}
            self._decoded[row] = header, points
        return self._decoded[row]

    def read_preset(self, row: int) -> "list[_TableZone]":
        """Return the zones of the preset in a row of the preset table."""
        tables = (self.preset_bags, self.preset_generators, self.preset_modulators)
        return _read_zones(self.presets, row, *tables, _INSTRUMENT)

    def read_instrument(self, row: int) -> "list[_TableZone]":
        """Return the zones of the instrument in a row of the instrument table."""
        tables = (self.instrument_bags, self.instrument_generators, self.instrument_modulators)
        return _read_zones(self.instruments, row, *tables, _SAMPLE)


@dataclass(frozen=True)
class _TableZone:
    """A zone of a preset or instrument: generators by operator, modulators by what they do."""

    generators: dict[int, int]
    modulators: dict[tuple[int, int, int], Modulator]


def _read_zones(
    owners: NDArray[Any],
    row: int,
    bags: NDArray[Any],
    generators: NDArray[Any],
    modulators: NDArray[Any],
    terminal: int,
) -> list[_TableZone]:
    """Return the zones of one preset or instrument.

    What the global zone says applies to all zones that do not say otherwise.

    Args:
        owners: the table of presets or of instruments.
        row: the row of the preset or instrument in `owners`.
        bags: the table that assigns generators and modulators to zones.
        generators: the table of generators.
        modulators: the table of modulators.
        terminal: the operator that names an instrument or a sample; zones without it are
            global or empty.
    """
    common = _TableZone({}, {})
    zones = []
    first, last = int(owners[row]["bag"]), int(owners[row + 1]["bag"])
    for bag in range(first, last):
        start, stop = int(bags[bag]["generator"]), int(bags[bag + 1]["generator"])
        own = {int(g["operator"]): int(g["amount"]) for g in generators[start:stop]}
        start, stop = int(bags[bag]["modulator"]), int(bags[bag + 1]["modulator"])
        changes = {}
        for entry in modulators[start:stop]:
            kind = (int(entry["source"]), int(entry["generator"]), int(entry["scale"]))
            changes[kind] = Modulator(kind[0], kind[1], int(entry["amount"]), kind[2])
        if terminal in own:
            zones.append(_TableZone(common.generators | own, common.modulators | changes))
        elif bag == first:
            common = _TableZone(own, changes)
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
        for preset in tables.read_preset(row):
            for own in tables.read_instrument(preset.generators[_INSTRUMENT]):
                zone = make_zone(
                    1000 * row + len(zones),
                    own.generators,
                    preset.generators,
                    *tables.read_sample(own.generators[_SAMPLE]),
                    combine(own.modulators.values(), preset.modulators.values()),
                )
                zones.append(zone)
        return tuple(zones)


@lru_cache(maxsize=4)
def read_soundfont(path: Path, tuning_cents: float = 0.0) -> SoundFont:
    """Read a font; within a process, the same arguments give the same object.

    Args:
        path: the SoundFont 2 or 3 file.
        tuning_cents: the correction that brings its notes to A = 440 Hz [cents].

    Raises:
        SamuelError: if the file does not exist or is not a soundfont.
    """
    if not path.is_file():
        raise SamuelError(f"{path} does not exist; choose another soundfont")
    with path.open("rb") as file:
        beginning = file.read(12)
        if beginning[:4] != b"RIFF" or beginning[8:] != b"sfbk":
            raise SamuelError(f"{path} is not a SoundFont 2 or 3; choose another soundfont")
        # Mapped, so that processes share the memory of a large font.
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        tables = _Tables(data)
    except (KeyError, ValueError, struct.error) as error:
        raise SamuelError(f"{path} is cut short or damaged; choose another soundfont") from error
    return SoundFont(_Presets(tables), tuning_cents)
