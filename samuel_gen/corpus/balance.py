"""Levels that fit each other, and the check that no song escapes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.corpus.player import SAMPLE_RATE

Signal = NDArray[np.float32]

BAND_LUFS = -20.0
HIGHEST_PEAK = 0.99
QUIETEST_LUFS = -30.0
LIFT_RANGE = (-0.5, 4.5)
"""How far the voice may stand above the band [LU]."""

_PEAK_AIM = 0.97
_FADE_SECONDS = 0.03


@dataclass(frozen=True)
class Stems:
    """A vocal and a band of one length, each (2, samples), and their loudness [LUFS]."""

    vocal: Signal
    band: Signal
    vocal_lufs: float
    band_lufs: float

    @staticmethod
    def measured(vocal: Signal, band: Signal) -> "Stems":
        """The stems with their integrated loudness; NaN where samples are."""
        lufs = (integrated_loudness(torch.from_numpy(x), SAMPLE_RATE) for x in (vocal, band))
        return Stems(vocal, band, *lufs)

    def balanced(self, lift: float) -> "Stems":
        """The band at `BAND_LUFS`, the voice `lift` LU above it; both lower if one would clip.

        A silent stem stays silent.
        """
        vocal_db, band_db = BAND_LUFS + lift - self.vocal_lufs, BAND_LUFS - self.band_lufs
        vocal, band = _faded(self.vocal, vocal_db), _faded(self.band, band_db)
        over = 20 * np.log10(max(float(np.abs(vocal).max()), float(np.abs(band).max()), 1e-9))
        down = min(0.0, 20 * np.log10(_PEAK_AIM) - over)
        if down < 0:
            vocal, band = (stem * np.float32(10 ** (down / 20)) for stem in (vocal, band))
        return Stems(
            vocal, band, self.vocal_lufs + vocal_db + down, self.band_lufs + band_db + down
        )

    def fault(self) -> str | None:
        """What is wrong with the pair, in words; None if nothing is."""
        for name, stem in (("vocal", self.vocal), ("accompaniment", self.band)):
            if not np.isfinite(stem).all():
                return f"{name} has NaN or infinite samples"
            if np.abs(stem).max() > HIGHEST_PEAK:
                return f"{name} clips"
            if not stem.any():
                return f"{name} is silent"
        levels = f"vocal {self.vocal_lufs:.1f}, accompaniment {self.band_lufs:.1f} LUFS"
        if not min(self.vocal_lufs, self.band_lufs) >= QUIETEST_LUFS:
            return f"too quiet: {levels}"
        if not LIFT_RANGE[0] <= self.vocal_lufs - self.band_lufs <= LIFT_RANGE[1]:
            return f"out of balance: {levels}"
        return None


def _faded(stem: Signal, gain_db: float) -> Signal:
    """The stem after a gain, with its last moment faded out."""
    scaled = stem * np.float32(10 ** (gain_db / 20) if np.isfinite(gain_db) else 1.0)
    fade = np.linspace(1, 0, int(_FADE_SECONDS * SAMPLE_RATE), dtype=np.float32)
    scaled[:, -len(fade) :] *= fade
    return np.asarray(scaled, dtype=np.float32)
