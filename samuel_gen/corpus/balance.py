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
    """A vocal and a band of one length, each (2, samples)."""

    vocal: Signal
    band: Signal

    def loudness(self) -> tuple[float, float]:
        """Integrated loudness of vocal and band [LUFS]."""
        vocal, band = (torch.from_numpy(stem) for stem in (self.vocal, self.band))
        return integrated_loudness(vocal, SAMPLE_RATE), integrated_loudness(band, SAMPLE_RATE)

    def balanced(self, lift: float) -> "Stems":
        """The band at `BAND_LUFS`, the voice `lift` LU above it; both lower if one would clip."""
        levels = self.loudness()
        stems = []
        for stem, level, target in zip(
            (self.vocal, self.band), levels, (BAND_LUFS + lift, BAND_LUFS), strict=True
        ):
            gain = 10 ** ((target - level) / 20) if np.isfinite(level) else 1.0
            stem = stem * np.float32(gain)
            fade = np.linspace(1, 0, int(_FADE_SECONDS * SAMPLE_RATE), dtype=np.float32)
            stem[:, -len(fade) :] *= fade
            stems.append(stem)
        peak = max(float(np.abs(stem).max()) for stem in stems)
        if peak > _PEAK_AIM:
            stems = [stem * np.float32(_PEAK_AIM / peak) for stem in stems]
        return Stems(*stems)

    def fault(self) -> str | None:
        """What is wrong with the pair, in words; None if nothing is."""
        for name, stem in (("vocal", self.vocal), ("accompaniment", self.band)):
            if not np.isfinite(stem).all():
                return f"{name} has NaN or infinite samples"
            if np.abs(stem).max() > HIGHEST_PEAK:
                return f"{name} clips"
        vocal, band = self.loudness()
        if min(vocal, band) < QUIETEST_LUFS:
            return f"a silent stem (vocal {vocal:.1f}, accompaniment {band:.1f} LUFS)"
        if not LIFT_RANGE[0] <= vocal - band <= LIFT_RANGE[1]:
            return f"voice {vocal - band:.1f} LU above the band"
        return None
