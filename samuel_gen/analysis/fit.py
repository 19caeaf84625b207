"""How well a band fits a voice: what several accompaniments of one take are ranked by."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.agreement import LISTENING_RATE, harmony, listen, pulse
from samuel_gen.analysis.faults import SILENCE_BLOCK, clipped_samples, silent_blocks
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.audio.recording import Recording

HARMONY_SHARE = 0.75  # in the score: by how far true and foreign bands lie apart in either figure
_PAUSES = 0.1  # share of silence that any arrangement may have
_SILENCE_COST = 2.0  # per share of silence beyond
_CLIPPING_COST, _RUINED = 2.0, 5000  # at most, and from so many clipped samples on


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
        music = HARMONY_SHARE * self.harmony + (1 - HARMONY_SHARE) * self.pulse
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
    band: Recording,
    melody: MelodyTrack,
    frame_seconds: float,
    tuning_cents: float | None = None,
) -> Fit:
    """How well a band fits a voice; its level does not matter, and it is never in memory whole.

    The voice is measured once, by `melody_track` or `read_take`, for any number of bands. What one
    of the two is longer at its end is left out of `harmony` and `pulse`.

    Args:
        band: its channels are averaged, and full scale is 1.
        melody: of the voice, which begins when the band does.
        frame_seconds: length of the melody's frames.
        tuning_cents: how far above A = 440 Hz the band plays; None: as far as the voice sings.
    """
    watch = _Watch(round(SILENCE_BLOCK * band.sample_rate))
    for block in band.blocks(band.sample_rate):
        watch.add(block)
    silent = watch.silent_share()
    features = melody.features.double().cpu().numpy()
    if silent == 1 or features.shape[1] == 0:
        return Fit(0.0, 0.0, silent, watch.clipped)
    tuning = melody.tuning_cents if tuning_cents is None else tuning_cents
    played = listen((block.mean(0) for block in band.blocks(LISTENING_RATE)), tuning)
    return Fit(
        harmony(features, frame_seconds, played),
        pulse(features, frame_seconds, played),
        silent,
        watch.clipped,
    )


def _word(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    """One of three words; none for exactly 0, which stands for what cannot be told."""
    return words[(value >= low) + (value >= high)] if value else ""


class _Watch:
    """Level and clipping of a sound that passes by."""

    def __init__(self, block_samples: int) -> None:
        self.block_samples = block_samples
        self.clipped = 0
        self._power: list[float] = []
        self._rest = torch.zeros(0, dtype=torch.float64)

    def add(self, sound: Float[Tensor, "channels samples"]) -> None:
        self.clipped += clipped_samples(sound)
        power = torch.cat([self._rest, sound.double().square().mean(0)])
        whole = power.shape[0] // self.block_samples * self.block_samples
        self._power += power[:whole].reshape(-1, self.block_samples).mean(1).tolist()
        self._rest = power[whole:].clone()

    def silent_share(self) -> float:
        """See `sound.silent_share`."""
        last = [float(self._rest.mean())] if self._rest.numel() else []
        return silent_blocks([*self._power, *last])
