"""How well a band fits a voice: what several accompaniments of one take are ranked by."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.melody import MelodyTrack
from samuel_gen.audio.resample import resample
from samuel_gen.evaluation.agreement import LISTENING_RATE, harmony, pulse

_HARMONY_SHARE = 0.75  # in the score: by how far true and foreign bands lie apart in either figure
_PAUSES = 0.1  # share of silence that any arrangement may have
_SILENCE_COST = 2.0  # per share of silence beyond
_CLIPPING_COST, _RUINED = 2.0, 5000  # at most, and from so many clipped samples on
_FULL_SCALE = 0.999
_SILENCE_BLOCK = 0.5  # s: longer than the rests between beats
_SILENCE_BELOW = 40.0  # dB below the band's loudest block
_NOTHING = 10 ** (-70 / 20)  # an RMS of -70 dBFS is silent whatever the rest


@dataclass(frozen=True)
class Fit:
    """How one band fits the voice that it was made for.

    Attributes:
        harmony: how alike are the pitch classes that are sung and those that are played around
            them, -1 to 1; 0 is chance, and also where nothing is sung.
        pulse: do the singer's notes begin where the band's do, rather than a little earlier or
            later, -1 to 1; 0 is chance, and also where nothing begins.
        silent_share: 0 to 1 of the band's time, in blocks of 0.5 s.
        clipped: instants at which some channel is at full scale [samples].
    """

    harmony: float
    pulse: float
    silent_share: float
    clipped: int

    @property
    def score(self) -> float:
        """What takes are ranked by: 1 at best, 0 for chance, less for silence and clipping."""
        music = _HARMONY_SHARE * self.harmony + (1 - _HARMONY_SHARE) * self.pulse
        silence = _SILENCE_COST * max(0.0, self.silent_share - _PAUSES)
        return music - silence - _CLIPPING_COST * min(1.0, self.clipped / _RUINED)

    def reasons(self) -> str:
        """The score in words: `in key, off the beat; 30 % silent`."""
        if self.silent_share == 1:
            return "silent"
        music = [
            _word(self.harmony, 0.1, 0.25, ("out of key", "loosely in key", "in key")),
            _word(self.pulse, 0.0, 0.45, ("off the beat", "loosely on the beat", "on the beat")),
        ]
        faults = [f"{100 * self.silent_share:.0f} % silent"] * (self.silent_share > _PAUSES)
        faults += [f"{self.clipped} samples clipped"] * (self.clipped > 0)
        told = [", ".join(filter(None, music)) or "nothing to compare with", *faults]
        return "; ".join(told)


def fit(
    band: Float[Tensor, "channels samples"],
    sample_rate: int,
    melody: MelodyTrack,
    tuning_cents: float | None = None,
    hop_length: int = 2048,
) -> Fit:
    """How well a band fits a voice; its level does not matter.

    The voice is measured once, by `melody_track(vocal, sample_rate, hop_length)`, for any number of
    bands. What one of the two is longer at its end is left out of `harmony` and `pulse`.

    Args:
        band: its channels are averaged, and full scale is 1.
        sample_rate: Hz.
        melody: of the voice, which begins when the band does.
        tuning_cents: how far above A = 440 Hz the band plays; None: as far as the voice sings.
        hop_length: samples of the band to a frame of the melody.
    """
    clipped = int((band.abs() >= _FULL_SCALE).any(0).sum())
    mono = band.detach().float().mean(0, keepdim=True)
    silent = _silent_share(mono[0].cpu().numpy(), round(_SILENCE_BLOCK * sample_rate))
    if silent == 1 or melody.features.shape[1] == 0:
        return Fit(0.0, 0.0, silent, clipped)
    heard = resample(mono, sample_rate, LISTENING_RATE)[0].cpu()
    features = melody.features.double().cpu().numpy()
    frame_seconds = hop_length / sample_rate
    tuning = melody.tuning_cents if tuning_cents is None else tuning_cents
    return Fit(
        harmony(features, frame_seconds, heard, tuning),
        pulse(features, frame_seconds, heard),
        silent,
        clipped,
    )


def _word(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    """One of three words; none for exactly 0, which stands for what cannot be told."""
    return words[(value >= low) + (value >= high)] if value else ""


def _silent_share(samples: Float[np.ndarray, " samples"], block: int) -> float:
    """Share of blocks far below the loudest one; 1 for no samples."""
    if samples.size == 0:
        return 1.0
    starts = np.arange(0, samples.size, block)
    energy = np.add.reduceat(samples.astype(np.float64) ** 2, starts)
    rms = np.sqrt(energy / np.diff(starts, append=samples.size))
    threshold = max(_NOTHING, rms.max() * 10 ** (-_SILENCE_BELOW / 20))
    return float((rms < threshold).mean())
