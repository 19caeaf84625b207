"""Short-time spectra of a vocal as it streams in, and their power in bands."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

VOCAL_RATE = 16_000
"""Hz: the sample rate at which vocals are analysed."""
FFT_SIZE = 2048
WINDOW = np.hanning(769)[:-1].astype(np.float32)  # 48 ms: three periods of a voice at 65 Hz
FREQUENCIES = np.fft.rfftfreq(FFT_SIZE, 1 / VOCAL_RATE)

_EDGES = np.geomspace(65.0, 7500.0, 25)  # Hz
BAND_CENTRES = np.sqrt(_EDGES[1:] * _EDGES[:-1])
_SLOPE = -9.0  # dB per octave: a typical spectrum of a singer close to the microphone
_STEEPEST, _FLATTEST = -18.0, 6.0  # dB per octave: limits of the slope that is corrected
_TILTED_ABOVE = 200.0  # Hz; below it there is little but hum and breath under a high voice
_FRAMES = 1024  # frames whose spectra are computed at a time
_BLOCK = 2**16


def compute_spectra(
    blocks: Iterable[Float[Tensor, "channels _"]], sample_rate: int, hop_length: int, per_hop: int
) -> Iterator[Float[np.ndarray, "frames bins"]]:
    """Compute magnitude spectra, `per_hop` frames spread evenly over each started hop.

    The result does not depend on the lengths of the blocks.

    Args:
        blocks: the sound, in order, in blocks of any lengths; the channels are averaged.
        sample_rate: the rate of the sound in Hz.
        hop_length: the samples per hop.
        per_hop: the frames per hop.

    Yields:
        The spectra of the next frames, at most 1,024 at a time.
    """
    sound = _MonoStream(blocks)
    half = WINDOW.size // 2
    period = VOCAL_RATE * hop_length / per_hop / sample_rate
    held, start, frame = np.zeros(half, np.float32), -half, 0  # the sound from sample `start` on

    def transform_until(stop: int) -> Float[np.ndarray, "frames bins"]:
        begins = np.round((np.arange(frame, stop) + 0.5) * period).astype(np.int64) - half - start
        windows = np.lib.stride_tricks.sliding_window_view(held, WINDOW.size)
        some = torch.from_numpy(windows[begins] * WINDOW)
        return np.asarray(torch.fft.rfft(some, FFT_SIZE).abs().numpy())

    for block in _resample(sound, sample_rate):
        held = np.concatenate([held, block])
        while (frame + _FRAMES) * period + WINDOW.size < start + held.size:
            yield transform_until(frame + _FRAMES)
            frame += _FRAMES
            passed = int(frame * period) - half - start
            held, start = held[passed:], start + passed
    total = -(-sound.samples // hop_length) * per_hop
    held = np.pad(held, (0, max(0, int(total * period) + WINDOW.size - start - held.size)))
    for stop in range(frame + _FRAMES, total + _FRAMES, _FRAMES):
        yield transform_until(min(stop, total))
        frame = stop


def band_powers(spectra: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, "frames bands"]:
    """Return the power in bands of a quarter of an octave or more around BAND_CENTRES."""
    edges = np.searchsorted(FREQUENCIES, _EDGES)
    return np.add.reduceat(spectra[:, : edges[-1]] ** 2, edges[:-1], axis=1)


def relative_levels(powers: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, " frames"]:
    """Return the level of each frame in dB relative to the song's loud frames, -200 for silence.

    The slope of the song's spectrum is first set to a fixed value, so that a tilt of the tone (a
    bright or a dull microphone) changes little.

    Args:
        powers: the result of `band_powers` for a whole song.
    """
    mean = powers.mean(0, dtype=np.float64) if powers.size else np.zeros(BAND_CENTRES.size)
    if not mean.any():
        return np.full(powers.shape[0], -200.0)
    octaves = np.log2(np.maximum(BAND_CENTRES, _TILTED_ABOVE) / 1000.0)
    fitted = (BAND_CENTRES > 350) & (BAND_CENTRES < 5700)
    density = 10 * np.log10(np.maximum(mean / np.diff(_EDGES), 1e-12 * mean.max()))
    slope = float(np.polyfit(octaves[fitted], density[fitted], 1)[0])
    tilt = _SLOPE - np.clip(slope, _STEEPEST, _FLATTEST)
    return power_to_db(powers @ (10 ** (tilt * octaves / 10)).astype(np.float32))


def power_to_db(power: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
    """Return the level of each frame in dB relative to the loud frames, -200 for silence."""
    loud = loud_power(power)
    if loud == 0:
        return np.full(power.size, -200.0)
    return np.asarray(10 * np.log10(np.maximum(power / loud, 1e-20)))


def loud_power(power: Float[np.ndarray, " frames"]) -> float:
    """Return the power of the loud frames, however long the rests are; 0 for silence.

    It is the 95th percentile of the frames within 40 dB of the loudest.
    """
    audible = power[power > 1e-4 * power.max(initial=0.0)]
    return float(np.percentile(audible, 95)) if audible.size else 0.0


class _MonoStream:
    """A stream averaged over channels, in blocks of one length; it counts its samples."""

    def __init__(self, blocks: Iterable[Float[Tensor, "channels _"]]) -> None:
        self._blocks = blocks
        self.samples = 0

    def __iter__(self) -> Iterator[Float[np.ndarray, " _"]]:
        held = np.zeros(0, np.float32)
        for block in self._blocks:
            self.samples += block.shape[-1]
            held = np.concatenate([held, block.detach().float().mean(0).cpu().numpy()])
            whole = held.size // _BLOCK * _BLOCK
            yield from held[:whole].reshape(-1, _BLOCK)
            held = held[whole:]
        yield held


def _resample(
    blocks: Iterable[Float[np.ndarray, " _"]], sample_rate: int
) -> Iterator[Float[np.ndarray, " _"]]:
    if sample_rate == VOCAL_RATE:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(sample_rate, VOCAL_RATE, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
