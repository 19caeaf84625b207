"""Two agreements of a voice with a band: their pitch classes, and when their notes begin."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

LISTENING_RATE = 22_050
"""Hz, of what is listened to."""
_SPAN = 2.0  # s around each sung frame: a chord or two, so that unison is not asked for
_NOTES_WINDOW, _NOTES_HOP = 8192, 1024  # samples: tells semitones apart from C3 on
_LOWEST, _OCTAVES = 48, 4  # MIDI C3; deeper there are drums, and every tone has its octaves above
_WIDTH = 0.3  # semitones: the Gaussian in which power is collected
_AUDIBLE = 10 ** (-50 / 20)  # against the loudest frame

_ONSET_WINDOW, _ONSET_HOP = 1024, 256  # samples
_BANDS = torch.logspace(np.log10(60.0), 4.0, 29)  # Hz, their edges
_RISE = 4  # frames over which loudness rises: 46 ms
_FAINTEST = 1e-5  # power against the loudest: what is fainter begins nothing
_PITCH_RISE = 0.5  # weight of a new pitch beside that of an onset
_BLOCK = 512  # frames whose spectra are held at a time
_REACH, _STEP = 2.0, 0.01  # s: the other places at which the same notes might begin

CHROMA_SECONDS = _NOTES_HOP / LISTENING_RATE
"""From one frame of `Played.chroma` to the next; frame 0 is centred on 0 s."""
ONSET_SECONDS = _ONSET_HOP / LISTENING_RATE
"""From one frame of `Played.onset_strength` to the next; frame 0 is centred on 0 s."""

Melody = Float[np.ndarray, "14 frames"]
Sound = Float[Tensor, " samples"]


@dataclass(frozen=True, eq=False)
class Played:
    """What is heard of a band.

    Attributes:
        chroma: root power by pitch class, C first, each CHROMA_SECONDS from 0 s on.
        onset_strength: rise of its level, each ONSET_SECONDS from 0 s on.
        seconds: its length.
    """

    chroma: Float[np.ndarray, "12 frames"]
    onset_strength: Float[np.ndarray, " instants"]
    seconds: float


def listen(blocks: Iterable[Float[Tensor, " _"]], tuning_cents: float) -> Played:
    """Hear a band once, in memory that hardly grows with its length.

    Args:
        blocks: mono, in order, of any lengths, at the listening rate.
        tuning_cents: how far above A = 440 Hz its semitones lie.
    """
    notes = _Collected(_NOTES_WINDOW, _NOTES_HOP, _semitones(tuning_cents))
    bands = _Collected(_ONSET_WINDOW, _ONSET_HOP, _onset_bands())
    samples = 0
    for block in blocks:
        notes.add(block)
        bands.add(block)
        samples += block.shape[0]
    return Played(_chroma(notes.ended()), _rise(bands.ended()), samples / LISTENING_RATE)


def harmony(melody: Melody, frame_seconds: float, band: Played) -> float:
    """Correlation over the twelve pitch classes, averaged over what is sung; 0 for silence.

    Both are first averaged over two seconds around each frame. The band's power is that of Fourier
    spectra, collected by semitone: on rendered songs it tells true bands from foreign ones better
    than a constant-Q transform does (3.4 against 3.0 standard deviations), and needs no warm-up.

    Args:
        melody: `MelodyTrack.features`.
        frame_seconds: length of its frames.
        band: what is heard of it.
    """
    seconds = min(melody.shape[1] * frame_seconds, band.seconds)
    centres = (np.arange(round(seconds / frame_seconds)) + 0.5) * frame_seconds
    played = _around(band.chroma, CHROMA_SECONDS, centres)
    sung = _around(melody[:13], frame_seconds, centres)
    played, classes = played - played.mean(0), sung[:12] - sung[:12].mean(0)
    norms = np.sqrt((played**2).sum(0) * (classes**2).sum(0))
    likeness = (played * classes).sum(0) / np.maximum(norms, 1e-9)
    return float((likeness * sung[12]).sum() / max(sung[12].sum(), 1e-9))


def pulse(melody: Melody, frame_seconds: float, band: Played) -> float:
    """Does more begin in the band when the singer's notes begin than shortly before and after?

    The band's onset strength at the sung onsets is compared with that at the same onsets moved by
    up to two seconds either way, in standard deviations z; returned is tanh(z / 2).

    Args:
        melody, frame_seconds, band: see `harmony`.
    """
    strength = band.onset_strength
    heard = np.arange(strength.size) * ONSET_SECONDS
    rise = np.maximum(np.diff(melody[:12], axis=1, prepend=0.0), 0).sum(0)
    notes = np.pad(melody[13] + _PITCH_RISE * rise, 1)
    begins = np.flatnonzero((notes[1:-1] >= notes[:-2]) & (notes[1:-1] > notes[2:]))
    weight, times = notes[begins + 1], (begins + 0.5) * frame_seconds
    end = band.seconds
    weight, times = weight[times < end], times[times < end]
    steps = int(min(_REACH, end / 4) / _STEP)
    means = np.zeros(2 * steps + 1)
    for at in range(means.size):
        moved = times + (at - steps) * _STEP
        inside = weight * ((moved >= 0) & (moved < end))
        means[at] = inside @ np.interp(moved, heard, strength) / max(inside.sum(), 1e-9)
    spread = float(means.std())
    return float(np.tanh((means[steps] - means.mean()) / spread / 2)) if spread > 1e-9 else 0.0


class _Collected:
    """Weighted sums of the power spectra of frames centred on every `hop` samples, from 0 on."""

    def __init__(self, window: int, hop: int, collect: Float[Tensor, "rows bins"]) -> None:
        self.window, self.hop, self.collect = window, hop, collect
        self._shape = torch.hann_window(window)
        self._rest = torch.zeros(window // 2)
        # One block that grows: small tensors in a list would pin the heap between large ones, and
        # half an hour take 0.8 GB instead of 0.1.
        self._found = bytearray()

    def add(self, block: Sound) -> None:
        samples = torch.cat([self._rest, block])
        if samples.shape[0] >= self.window:
            frames = samples.unfold(0, self.window, self.hop)
            for some in torch.split(frames, _BLOCK):
                power = torch.fft.rfft(some * self._shape).abs().square()
                self._found += (power @ self.collect.T).numpy().tobytes()
            samples = samples[frames.shape[0] * self.hop :].clone()
        self._rest = samples

    def ended(self) -> Float[Tensor, "rows frames"]:
        """All that was found, once the last block is in."""
        self.add(torch.zeros(self.window // 2))
        found = np.frombuffer(self._found, np.float32).reshape(-1, self.collect.shape[0])
        return torch.from_numpy(found.copy()).T


def _semitones(tuning_cents: float) -> Float[Tensor, "semitones bins"]:
    """What collects the power around each semitone that counts."""
    frequency = torch.fft.rfftfreq(_NOTES_WINDOW, 1 / LISTENING_RATE)
    semitone = 69 + 12 * torch.log2(frequency.clamp(min=1.0) / 440) - tuning_cents / 100
    notes = torch.arange(_LOWEST, _LOWEST + 12 * _OCTAVES)
    collect = torch.exp(-0.5 * ((semitone - notes[:, None]) / _WIDTH) ** 2)
    return collect / collect.sum(1, keepdim=True)


def _chroma(powers: Float[Tensor, "semitones frames"]) -> Float[np.ndarray, "12 frames"]:
    """Root power by pitch class, of what stands out from the six semitones on either side."""
    level = powers.sqrt()
    padded = torch.nn.functional.pad(level.T[:, None], (6, 6), mode="replicate")
    tones = (level - torch.nn.functional.avg_pool1d(padded, 13, 1)[:, 0].T).clamp(min=0)
    loudness = level.amax(0)
    tones = tones * (loudness > _AUDIBLE * loudness.max())
    return np.asarray(tones.reshape(_OCTAVES, 12, -1).sum(0).double().numpy())


def _onset_bands() -> Float[Tensor, "bands bins"]:
    """What collects the power of each band."""
    frequency = torch.fft.rfftfreq(_ONSET_WINDOW, 1 / LISTENING_RATE)
    place = torch.bucketize(frequency, _BANDS, right=True)
    collect = (place == torch.arange(1, _BANDS.numel())[:, None]).float()
    return collect[collect.any(1)]  # the lowest bands are narrower than a bin


def _rise(powers: Float[Tensor, "bands frames"]) -> Float[np.ndarray, " frames"]:
    """Rise of the level in 46 ms, averaged over bands and smoothed a little."""
    floor = float(powers.max()) * _FAINTEST + 1e-20
    total = np.zeros(powers.shape[1])
    for band in powers:  # one by one: of half an hour all together would take 150 MB
        level = np.log10(np.maximum(band.double().numpy(), floor))
        before = np.pad(level, (_RISE, 0), mode="edge")[: level.size]
        total += np.maximum(level - before, 0)
    return np.convolve(total / powers.shape[0], [0.06, 0.24, 0.4, 0.24, 0.06])[2:-2]


def _around(
    values: Float[np.ndarray, "rows frames"], seconds: float, centres: Float[np.ndarray, " at"]
) -> Float[np.ndarray, "rows at"]:
    """Means over the span around each time, of frames of so many seconds from 0 on."""
    sums = np.pad(values.cumsum(1), ((0, 0), (1, 0)))
    edges = np.arange(sums.shape[1]) * seconds
    ends = centres[:, None] + np.array([-0.5, 0.5]) * _SPAN
    parts = np.stack([np.interp(ends, edges, row) for row in sums])
    return np.asarray((parts[..., 1] - parts[..., 0]) * (seconds / _SPAN))
