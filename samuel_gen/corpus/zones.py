"""One zone of a soundfont: a sample and everything that the font says about playing it.

Source: E-mu Systems, "SoundFont Technical Specification" 2.04 (2006), section 8.
"""

from dataclasses import dataclass
from typing import Any

ATTENUATION_SCALE = 0.4
"""What one decibel written in a font is worth; EMU's own hardware made this the custom."""

_KEY_RANGE, _VELOCITY_RANGE = 43, 44


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


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -12000 else float(2.0 ** (timecents / 1200))


def _range(amount: int) -> tuple[int, int]:
    word = amount & 0xFFFF
    return word & 0xFF, word >> 8


def zone_of(index: int, own: dict[int, int], preset: dict[int, int], header: Any) -> Zone:
    """The zone that an instrument's generators, a preset's and a sample's header describe."""

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
