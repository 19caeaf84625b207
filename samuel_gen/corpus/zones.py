"""Zones of a soundfont: a sample each, with the instructions for playing it.

Source: E-mu Systems, "SoundFont Technical Specification" 2.04 (2006), section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from samuel_gen.corpus.modulators import ATTENUATION, Modulator

ATTENUATION_SCALE = 0.4
"""The true attenuation per decibel that a font states: a convention set by E-mu's own hardware."""

_KEY_RANGE, _VELOCITY_RANGE = 43, 44
LOWEST_CUTOFF, HIGHEST_CUTOFF = 1500.0, 13500.0
"""The range of the cutoff of a filter [cents above 8.176 Hz]."""
_CUTOFF, _RESONANCE, _MODULATION_TO_CUTOFF = 8, 9, 11
_ATTACK, _DECAY, _RELEASE = 34, 36, 38
_VELOCITY_STEP = 8
"""Velocities that sound alike, so that a note can be used again."""


@dataclass(frozen=True)
class Envelope:
    """An envelope of six stages.

    Attributes:
        delay, attack, hold, decay, release: the lengths of the stages [s].
        sustain: the sustained value: dB below the maximum for a volume envelope, 0-1 for a
            modulation envelope.
    """

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float


@dataclass(frozen=True)
class Zone:
    """One sample with the instructions for playing it.

    Attributes:
        index: the number of the zone, unique within its font.
        keys: the lowest and the highest key that uses the zone (MIDI).
        velocities: the lowest and the highest velocity that uses the zone (0-127).
        samples: the points that the sample is a part of; (points,).
        start, end: the range of the sample within these points.
        loop: the range of the loop within these points; None without a loop.
        rate: the sample rate of the sample [Hz].
        root: the pitch of the sample (MIDI, fractions included).
        cents_per_key: the pitch difference of neighbouring keys; 100 for a tempered instrument.
        attenuation_db: the attenuation of the zone [dB].
        pan: the position from -1 (left) to 1 (right).
        cutoff_cents: the cutoff of the low-pass filter [cents above 8.176 Hz].
        resonance_db: the resonance of the low-pass filter [dB].
        volume, modulation: the two envelopes.
        modulation_to_pitch: the effect of the modulation envelope on the pitch [cents].
        modulation_to_cutoff: the effect of the modulation envelope on the cutoff [cents].
        modulators: the changes of the zone with velocity and key.
    """

    index: int
    keys: tuple[int, int]
    velocities: tuple[int, int]
    samples: NDArray[np.int16] = field(repr=False, compare=False)
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
    modulators: tuple[Modulator, ...] = ()

    def has(self, key: int, velocity: int) -> bool:
        """Return whether a note of this key and velocity (0-127) uses the zone."""
        in_keys = self.keys[0] <= key <= self.keys[1]
        return in_keys and self.velocities[0] <= velocity <= self.velocities[1]

    def adapt(self, key: int, velocity: int) -> "Zone":
        """Return the zone as its modulators make it for one note, with an index of its own.

        Args:
            key, velocity: the key and the velocity of the note (MIDI, 0-127).
        """
        if not self.modulators:
            return self
        step = velocity // _VELOCITY_STEP
        changes: dict[int, float] = {}
        for modulator in self.modulators:
            change = modulator.change(key, step * _VELOCITY_STEP + _VELOCITY_STEP // 2)
            changes[modulator.generator] = changes.get(modulator.generator, 0.0) + change

        def factor(operator: int) -> float:
            return float(2.0 ** (changes.get(operator, 0.0) / 1200))

        volume = replace(
            self.volume,
            attack=self.volume.attack * factor(_ATTACK),
            decay=self.volume.decay * factor(_DECAY),
            release=self.volume.release * factor(_RELEASE),
        )
        cutoff = self.cutoff_cents + changes.get(_CUTOFF, 0.0)
        return replace(
            self,
            index=-1 - 16 * self.index - step,
            attenuation_db=self.attenuation_db + changes.get(ATTENUATION, 0.0) / 10,
            cutoff_cents=min(max(cutoff, LOWEST_CUTOFF), HIGHEST_CUTOFF),
            resonance_db=max(self.resonance_db + changes.get(_RESONANCE, 0.0) / 10, 0.0),
            volume=volume,
            modulation_to_cutoff=self.modulation_to_cutoff
            + changes.get(_MODULATION_TO_CUTOFF, 0.0),
        )


def _timecents_to_seconds(timecents: int) -> float:
    """Convert timecents to seconds; -12000 and less mean 0 s."""
    return 0.0 if timecents <= -12000 else float(2.0 ** (timecents / 1200))


def _unpack_range(amount: int) -> tuple[int, int]:
    """Split a generator's amount into the lowest and the highest value of a range."""
    word = amount & 0xFFFF
    return word & 0xFF, word >> 8


def make_zone(
    index: int,
    own: dict[int, int],
    preset: dict[int, int],
    header: Mapping[str, int],
    samples: NDArray[np.int16],
    modulators: tuple[Modulator, ...] = (),
) -> Zone:
    """Make a zone from the tables of a font.

    Args:
        index: the number of the zone, unique within its font.
        own: the generators of the instrument: amounts by operator number.
        preset: the generators of the preset, added to those of the instrument.
        header: the header of the sample, a row of the font's `shdr` table.
        samples: the points that the positions of the header refer to; (points,).
        modulators: the changes of the zone with velocity and key.
    """

    def value(operator: int, default: int = 0) -> int:
        return own.get(operator, default) + preset.get(operator, 0)

    def envelope(first: int, is_volume: bool) -> Envelope:
        delay, attack, hold, decay, release = (
            _timecents_to_seconds(value(first + stage, -12000)) for stage in (0, 1, 2, 3, 5)
        )
        sustain = value(first + 4)
        level = max(sustain, 0) / 10 if is_volume else 1 - min(max(sustain, 0), 1000) / 1000
        return Envelope(delay, attack, hold, decay, level, release)

    def common_range(operator: int) -> tuple[int, int]:
        low, high = _unpack_range(own.get(operator, 127 << 8))
        outer_low, outer_high = _unpack_range(preset.get(operator, 127 << 8))
        return max(low, outer_low), min(high, outer_high)

    root_key = own.get(58, -1)
    root = (header["key"] if root_key < 0 else root_key) - value(51)
    loop = (
        header["loop_start"] + value(2) + 32768 * value(45),
        header["loop_end"] + value(3) + 32768 * value(50),
    )
    return Zone(
        index=index,
        keys=common_range(_KEY_RANGE),
        velocities=common_range(_VELOCITY_RANGE),
        samples=samples,
        start=header["start"] + value(0) + 32768 * value(4),
        end=header["end"] + value(1) + 32768 * value(12),
        loop=loop if value(54) & 1 and loop[1] - loop[0] > 8 else None,
        rate=header["rate"],
        root=float(root) - (value(52) + header["correction"]) / 100,
        cents_per_key=float(value(56, 100)),
        attenuation_db=max(value(ATTENUATION), 0) / 10 * ATTENUATION_SCALE,
        pan=min(max(value(17) / 500, -1.0), 1.0),
        cutoff_cents=float(min(max(value(_CUTOFF, 13500), LOWEST_CUTOFF), HIGHEST_CUTOFF)),
        resonance_db=min(max(value(_RESONANCE), 0), 960) / 10,
        volume=envelope(33, True),
        modulation=envelope(25, False),
        modulation_to_pitch=float(value(7)),
        modulation_to_cutoff=float(value(_MODULATION_TO_CUTOFF)),
        modulators=modulators,
    )
