"""Reads a SoundFont 2 file: presets, zones, generators and samples.

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

from samuel_gen.errors import SamuelError

ATTENUATION_SCALE = 0.4
"""What one decibel written in a font is worth; EMU's own hardware made this the custom."""

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
_KEY_RANGE, _VELOCITY_RANGE, _INSTRUMENT, _SAMPLE = 43, 44, 41, 53


@dataclass(frozen=True)
class Envelope:
    """Six stages. Times in seconds; `sustain` in dB below full for volume, a share of 1 else."""

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float


@dataclass(frozen=True)
class Zone:
    """One sample with everything that the font says about playing it.

    `index` is the zone's own within its font. Pitches in semitones (MIDI), `cents_per_key` 100
    for a tempered instrument, `cutoff_cents` above 8.176 Hz, `resonance_db` of the low-pass,
    `pan` from -1 (left) to 1.
    """

    index: int
    keys: tuple[int, int]
    velocities: tuple[int, int]
    start: int
    end: int
    loop: tuple[int, int] | None
    rate: int
    root: float
    cents_per_key: float
    attenuation_db: float
    pan: float
    cutoff_cents: float
    resonance_db: float
    volume: Envelope
    modulation: Envelope
    modulation_to_pitch: float
    modulation_to_cutoff: float

    def sounds(self, key: int, velocity: int) -> bool:
        """Whether a note of this key and velocity (0-127) uses the zone."""
        in_keys = self.keys[0] <= key <= self.keys[1]
        return in_keys and self.velocities[0] <= velocity <= self.velocities[1]


@dataclass(frozen=True)
class SoundFont:
    """The samples (int16, one channel) and the zones per (bank, program)."""

    samples: NDArray[np.int16]
    presets: Mapping[tuple[int, int], tuple[Zone, ...]]

    def zones(self, bank: int, program: int, key: int, velocity: int) -> list[Zone]:
        """The zones of one note; of the bank's first program where the preset is missing.

        Where a melodic preset has a hole in its keyboard, those of the nearest key serve.
        """
        preset = self.presets[(bank, program if (bank, program) in self.presets else 0)]
        nearby = (0,) if bank == 128 else (0, -1, 1, -2, 2, -3, 3)
        for distance in nearby:
            found = [zone for zone in preset if zone.sounds(key + distance, velocity)]
            if found:
                return found
        return []


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -12000 else float(2.0 ** (timecents / 1200))


def _chunks(data: bytes) -> dict[str, bytes]:
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


def _range(amount: int) -> tuple[int, int]:
    word = amount & 0xFFFF
    return word & 0xFF, word >> 8


class _Tables:
    """The font's tables, and how a bag becomes a dict of generators."""

    def __init__(self, data: bytes) -> None:
        chunks = _chunks(data)

        def table(name: str, kind: str) -> NDArray[Any]:
            return np.frombuffer(chunks[name], dtype=np.dtype(_HEADER[kind]))  # type: ignore[call-overload]

        self.presets, self.preset_bags = table("phdr", "phdr"), table("pbag", "bag")
        self.instruments, self.instrument_bags = table("inst", "inst"), table("ibag", "bag")
        self.preset_generators = table("pgen", "gen")
        self.instrument_generators = table("igen", "gen")
        self.headers = table("shdr", "shdr")
        self.samples = np.frombuffer(chunks["smpl"], dtype="<i2")

    @staticmethod
    def bags(
        owners: NDArray[Any], row: int, bags: NDArray[Any], generators: NDArray[Any], terminal: int
    ) -> list[dict[int, int]]:
        """The zones of one preset or instrument, with the global zone's generators beneath."""
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


def _zone(index: int, own: dict[int, int], preset: dict[int, int], header: Any) -> Zone:
    def value(operator: int, default: int = 0) -> int:
        return own.get(operator, default) + preset.get(operator, 0)

    def envelope(first: int, is_volume: bool) -> Envelope:
        delay, attack, hold, decay, release = (
            _seconds(value(first + stage, -12000)) for stage in (0, 1, 2, 3, 5)
        )
        sustain = value(first + 4)
        level = max(sustain, 0) / 10 if is_volume else 1 - min(max(sustain, 0), 1000) / 1000
        return Envelope(delay, attack, hold, decay, level, release)

    low, high = _range(own.get(_KEY_RANGE, 127 << 8))
    outer_low, outer_high = _range(preset.get(_KEY_RANGE, 127 << 8))
    root_key = own.get(58, -1)
    root = (header["key"] if root_key < 0 else root_key) - value(51)
    loop = (
        int(header["loop_start"]) + value(2) + 32768 * value(45),
        int(header["loop_end"]) + value(3) + 32768 * value(50),
    )
    return Zone(
        index=index,
        keys=(max(low, outer_low), min(high, outer_high)),
        velocities=_range(own.get(_VELOCITY_RANGE, 127 << 8)),
        start=int(header["start"]) + value(0) + 32768 * value(4),
        end=int(header["end"]) + value(1) + 32768 * value(12),
        loop=loop if value(54) & 1 and loop[1] - loop[0] > 8 else None,
        rate=int(header["rate"]),
        root=float(root) - (value(52) + int(header["correction"])) / 100,
        cents_per_key=float(value(56, 100)),
        attenuation_db=max(value(48), 0) / 10 * ATTENUATION_SCALE,
        pan=min(max(value(17) / 500, -1.0), 1.0),
        cutoff_cents=float(min(max(value(8, 13500), 1500), 13500)),
        resonance_db=min(max(value(9), 0), 960) / 10,
        volume=envelope(33, True),
        modulation=envelope(25, False),
        modulation_to_pitch=float(value(7)),
        modulation_to_cutoff=float(value(11)),
    )


class _Presets(Mapping[tuple[int, int], tuple[Zone, ...]]):
    """A font's presets, each read when it is first asked for: a song uses a handful of 200."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
        entries = tables.presets[:-1]
        self._rows = {(int(e["bank"]), int(e["preset"])): row for row, e in enumerate(entries)}
        self._read: dict[tuple[int, int], tuple[Zone, ...]] = {}

    def __getitem__(self, preset: tuple[int, int]) -> tuple[Zone, ...]:
        if preset not in self._read:
            self._read[preset] = self._zones(self._rows[preset])
        return self._read[preset]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _zones(self, row: int) -> tuple[Zone, ...]:
        tables = self._tables
        zones: list[Zone] = []
        outer = (tables.presets, row, tables.preset_bags, tables.preset_generators, _INSTRUMENT)
        for preset in tables.bags(*outer):
            inner = (tables.instruments, preset[_INSTRUMENT], tables.instrument_bags)
            for own in tables.bags(*inner, tables.instrument_generators, _SAMPLE):
                index = 1000 * row + len(zones)
                zones.append(_zone(index, own, preset, tables.headers[own[_SAMPLE]]))
        return tuple(zones)


@lru_cache(maxsize=2)
def read_soundfont(path: Path) -> SoundFont:
    """Reads a font; the same object for the same path within a process.

    Raises:
        SamuelError: if there is no such file or it is no SoundFont 2.
    """
    if not path.is_file():
        raise SamuelError(f"{path}: no such file; expected a SoundFont 2; reinstall pretty_midi")
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise SamuelError(f"{path}: not a SoundFont 2; expected RIFF sfbk; reinstall pretty_midi")
    tables = _Tables(data)
    return SoundFont(tables.samples, _Presets(tables))
