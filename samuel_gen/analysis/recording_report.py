"""What can be told of a recorded voice before anything is made for it, and what to mend first."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.key import Key, likely_keys
from samuel_gen.analysis.melody import MelodyTrack, track_melody
from samuel_gen.analysis.tempo import Tempo, tempo
from samuel_gen.audio.loudness import LoudnessMeter

FRAME_SECONDS = 2048 / 44100
SURE_OF_TUNING = 0.5  # confidence below which a take keeps its own tuning: it may have none
_BLOCK = 2**18
_FULL_SCALE = 0.999
_VIBRATO = 4  # frames in a period of 5.5 Hz
_DARK = 1e-5  # -100 dBFS: nothing at all


@dataclass(frozen=True)
class TakeReport:
    """What a recording holds.

    Attributes:
        seconds: its length.
        key: the likeliest key; None where nothing is sung.
        or_key: the next likeliest.
        tuning_cents: how far the singer's semitones lie above those of A = 440 Hz, -50 to 50.
        tuning_confidence: 1 where all held notes lie on one grid, 0 where they lie anywhere.
        tempo: of the sung notes; None where they keep no pulse.
        voiced_share, sung_seconds: how much of it has a pitch.
        loudness_lufs: gated (ITU-R BS.1770); -inf for silence.
        peak_dbfs: of the samples; -inf for silence.
        hints: what might be mended, in plain English.
        melody: what is sung.
        frame_seconds: length of its frames; about FRAME_SECONDS.
    """

    seconds: float
    key: Key | None
    or_key: Key | None
    tuning_cents: float
    tuning_confidence: float
    tempo: Tempo | None
    voiced_share: float
    sung_seconds: float
    loudness_lufs: float
    peak_dbfs: float
    melody: MelodyTrack = field(repr=False)
    frame_seconds: float
    hints: tuple[str, ...] = ()

    @property
    def sure_tuning(self) -> float:
        """In cents, but 0 where the take may have none."""
        return self.tuning_cents if self.tuning_confidence >= SURE_OF_TUNING else 0.0

    def lines(self) -> list[str]:
        """The report for a terminal."""
        key = "none: nothing is sung"
        if self.key is not None and self.or_key is not None:
            key = f"{_likely(self.key)}, or {_likely(self.or_key)}"
        pulse = "no steady pulse"
        if self.tempo is not None:
            share = f"{self.tempo.confidence:.0%}"
            pulse = f"{self.tempo.bpm:.0f} BPM, or its half or double ({share})"
        cents = round(self.tuning_cents)
        side = "above" if cents > 0 else "below"
        pitch = f"{abs(cents)} cents {side} A = 440 Hz" if cents else "A = 440 Hz"
        rows = {
            "key": key,
            "tempo": pulse,
            "tuning": f"{pitch} ({self.tuning_confidence:.0%})",
            "sung": f"{self.sung_seconds:.1f} of {self.seconds:.1f} s ({self.voiced_share:.0%})",
            "loudness": f"{self.loudness_lufs:.1f} LUFS, peak {self.peak_dbfs:.1f} dBFS",
        }
        told = [f"{name:<10}{text}" for name, text in rows.items()]
        return told + [f"{'hint':<10}{hint}" for hint in self.hints]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON has them: None for what is infinite."""
        inner = ("melody", "frame_seconds")
        values = {name: value for name, value in vars(self).items() if name not in inner}
        for name, key in (("key", self.key), ("or_key", self.or_key)):
            if key is not None:
                values[name] = asdict(key) | {"name": key.name}
        if self.tempo is not None:
            values["tempo"] = asdict(self.tempo)
        finite = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }
        return {**finite, "hints": list(self.hints)}


def read_take(
    sound: Float[Tensor, "channels samples"] | Iterable[Float[Tensor, "channels _"]],
    sample_rate: int,
) -> TakeReport:
    """Listen to a recording once, from its beginning to its end.

    A stream takes hardly more memory than `track_melody`, however long it is.

    Args:
        sound: a voice, whole or in blocks of any lengths; full scale is 1.
        sample_rate: Hz.
    """
    blocks = torch.split(sound, _BLOCK, dim=-1) if isinstance(sound, Tensor) else sound
    watch = _Watch(blocks, sample_rate)
    track = track_melody(watch, sample_rate, watch.hop)
    frame_seconds = watch.hop / sample_rate
    keys = likely_keys(track.features, frame_seconds)
    seconds = watch.samples / sample_rate
    sung = min(seconds, float(track.features[12].sum()) * frame_seconds)
    peak = max(watch.peaks, default=0.0)
    report = TakeReport(
        seconds=seconds,
        key=keys[0] if keys else None,
        or_key=keys[1] if keys else None,
        tuning_cents=track.tuning_cents,
        tuning_confidence=tuning_confidence(track),
        tempo=tempo(track.features, frame_seconds),
        voiced_share=sung / seconds if seconds else 0.0,
        sung_seconds=sung,
        loudness_lufs=watch.meter.integrated(),
        peak_dbfs=20 * math.log10(peak) if peak > 0 else -math.inf,
        melody=track,
        frame_seconds=frame_seconds,
    )
    return replace(report, hints=tuple(_hints(report, watch, track)))


class _Watch:
    """Passes blocks on and takes down level, peaks and clipping of what goes by."""

    def __init__(self, blocks: Iterable[Float[Tensor, "channels _"]], sample_rate: int) -> None:
        self.blocks = blocks
        self.hop = max(4, round(FRAME_SECONDS * sample_rate))
        self.meter = LoudnessMeter(sample_rate)
        self.samples = self.clipped = 0
        self.peaks: list[float] = []  # per channel
        self._power: list[Float[np.ndarray, " _"]] = []  # per frame of `hop` samples
        self._rest = np.zeros(0, np.float32)

    def __iter__(self) -> Iterator[Float[Tensor, "channels _"]]:
        for block in self.blocks:
            self._see(block)
            yield block

    def _see(self, block: Float[Tensor, "channels _"]) -> None:
        if block.shape[-1] == 0:
            return
        self.meter.add(block)
        self.samples += block.shape[-1]
        level = block.detach().abs()
        self.clipped += int((level >= _FULL_SCALE).any(0).sum())
        peaks = level.amax(1).tolist()
        self.peaks = [max(pair) for pair in zip(self.peaks or peaks, peaks, strict=True)]
        power = block.detach().float().square().mean(0).cpu().numpy()
        power = np.concatenate([self._rest, power])
        whole = power.size // self.hop * self.hop
        self._power.append(power[:whole].reshape(-1, self.hop).mean(1))
        self._rest = power[whole:].copy()

    @property
    def level(self) -> Float[np.ndarray, " frames"]:
        """Of each whole frame, in dBFS."""
        power = np.concatenate([np.zeros(0), *self._power])
        return np.asarray(10 * np.log10(np.maximum(power, _DARK**2)))


def tuning_confidence(track: MelodyTrack) -> float:
    """How well the notes agree on the singer's tuning: length of the mean of their deviations.

    A frame's deviation is read from its strongest pitch class and the two beside it, which lie on
    a Gaussian, and averaged over a period of vibrato.
    """
    classes = track.features[:12].double().numpy()
    top = classes.argmax(0)
    below, here, above = (
        np.log(np.maximum(np.take_along_axis(classes, (top + step)[None] % 12, 0)[0], 1e-12))
        for step in (-1, 0, 1)
    )
    deviation = (above - below) / np.maximum(2 * (2 * here - above - below), 1e-9)
    if deviation.size < _VIBRATO:
        return 0.0
    window = np.lib.stride_tricks.sliding_window_view
    held = (window(top, _VIBRATO) == window(top, _VIBRATO)[:, :1]).all(1)
    steady = held & (window(track.features[12].numpy(), _VIBRATO) == 1).all(1)
    if not steady.any():
        return 0.0
    return float(abs(np.exp(2j * np.pi * window(deviation, _VIBRATO).mean(1)[steady]).mean()))


def _hints(report: TakeReport, watch: _Watch, track: MelodyTrack) -> Iterator[str]:
    if report.loudness_lufs == -math.inf:
        yield "there is no sound: is it the right track, and was the microphone on?"
        return
    if report.sung_seconds < 1:
        yield "hardly a note is sung: is it a voice?"
    elif report.voiced_share < 0.25:
        yield f"only {report.voiced_share:.0%} of the recording is sung: cut off what is not"
    if 1 <= report.sung_seconds < 8:
        yield f"only {report.sung_seconds:.0f} s are sung: too little to be sure of key and tempo"
    if report.loudness_lufs < -35:
        yield f"the voice is very quiet: {report.loudness_lufs:.0f} LUFS; about -20 is usual"
    if watch.clipped > 8:
        yield f"distorted: {watch.clipped} samples are at full scale; record it at a lower level"
    if len(watch.peaks) == 2 and min(watch.peaks) < 0.003 * max(watch.peaks):
        yield "one channel is silent: export the recording as mono"
    level = watch.level
    voiced = track.features[12, : level.size].numpy() > 0.5
    still = track.activity[: level.size].numpy() < 0.25
    if voiced.sum() * FRAME_SECONDS < 1:
        return
    loud = float(np.percentile(level[voiced], 90))
    if still.sum() * FRAME_SECONDS > 0.5 and loud - float(np.median(level[still])) < 25:
        yield "hum or noise between the notes: sing closer to the microphone"
    heard = level > loud - 10
    unpitched = float((~voiced & heard).sum() / max(1, heard.sum()))
    if unpitched > 0.3:
        yield f"{unpitched:.0%} of what is loud has no pitch: is there more than one voice?"


def _likely(key: Key) -> str:
    return f"{key.name} ({key.confidence:.0%})"
