"""The balance of vocal and accompaniment, and the check of finished songs for faults."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.corpus import SAMPLE_RATE

Signal = NDArray[np.float32]

ACCOMPANIMENT_LUFS = -20.0
HIGHEST_PEAK = 0.99
QUIETEST_LUFS = -30.0
LIFT_RANGE = (-0.5, 4.5)
"""The allowed loudness of the vocal relative to the accompaniment [LU]."""

_HIGHEST_BALANCED_PEAK = 0.97
_FADE_SECONDS = 0.03


@dataclass(frozen=True)
class MeasuredStems:
    """A vocal and an accompaniment of the same length, with their loudness.

    Attributes:
        vocal, accompaniment: the signals; each (2, samples).
        vocal_lufs, accompaniment_lufs: the integrated loudness of each [LUFS].
    """

    vocal: Signal
    accompaniment: Signal
    vocal_lufs: float
    accompaniment_lufs: float

    @staticmethod
    def measure(vocal: Signal, accompaniment: Signal) -> "MeasuredStems":
        """Measure the loudness of both stems; it is NaN if any sample is."""
        stems = (vocal, accompaniment)
        lufs = (integrated_loudness(torch.from_numpy(x), SAMPLE_RATE) for x in stems)
        return MeasuredStems(vocal, accompaniment, *lufs)

    def balance(self, lift: float) -> "MeasuredStems":
        """Bring the accompaniment to `ACCOMPANIMENT_LUFS` and the vocal `lift` LU above it.

        Both get quieter by the same amount if one would clip. A silent stem stays silent.
        """
        vocal_db = ACCOMPANIMENT_LUFS + lift - self.vocal_lufs
        accompaniment_db = ACCOMPANIMENT_LUFS - self.accompaniment_lufs
        vocal = _scale_and_fade(self.vocal, vocal_db)
        accompaniment = _scale_and_fade(self.accompaniment, accompaniment_db)
        peak = max(float(np.abs(vocal).max()), float(np.abs(accompaniment).max()), 1e-9)
        peak_db = 20 * np.log10(peak)
        reduction_db = min(0.0, 20 * np.log10(_HIGHEST_BALANCED_PEAK) - peak_db)
        if reduction_db < 0:
            gain = np.float32(10 ** (reduction_db / 20))
            vocal, accompaniment = vocal * gain, accompaniment * gain
        return MeasuredStems(
            vocal,
            accompaniment,
            self.vocal_lufs + vocal_db + reduction_db,
            self.accompaniment_lufs + accompaniment_db + reduction_db,
        )

    def find_fault(self) -> str | None:
        """Return a description of the first fault; None if there is none."""
        for name, stem in (("vocal", self.vocal), ("accompaniment", self.accompaniment)):
            if not np.isfinite(stem).all():
                return f"{name} has NaN or infinite samples"
            if np.abs(stem).max() > HIGHEST_PEAK:
                return f"{name} clips"
            if not stem.any():
                return f"{name} is silent"
        loudness = f"vocal {self.vocal_lufs:.1f}, accompaniment {self.accompaniment_lufs:.1f} LUFS"
        if not min(self.vocal_lufs, self.accompaniment_lufs) >= QUIETEST_LUFS:
            return f"too quiet: {loudness}"
        if not LIFT_RANGE[0] <= self.vocal_lufs - self.accompaniment_lufs <= LIFT_RANGE[1]:
            return f"out of balance: {loudness}"
        return None


def _scale_and_fade(stem: Signal, gain_db: float) -> Signal:
    """Apply a gain and fade out the last 30 ms; an infinite gain, that of silence, is ignored."""
    scaled = stem * np.float32(10 ** (gain_db / 20) if np.isfinite(gain_db) else 1.0)
    fade = np.linspace(1, 0, int(_FADE_SECONDS * SAMPLE_RATE), dtype=np.float32)
    scaled[:, -len(fade) :] *= fade
    return np.asarray(scaled, dtype=np.float32)
