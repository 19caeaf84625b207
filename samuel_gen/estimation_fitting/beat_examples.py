"""Training examples of the beat tracker: crops of songs, mixed and disturbed as features."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation_fitting.beat_songs import BeatSong

_MUSIC_SHARE = 0.25  # of the examples are a mix or an accompaniment, up to the end
_BARE_SHARE = 0.3  # of the vocals have no accompaniment, from the start
_BLEED_SHARE = 0.2  # of the bare vocals have a little of the accompaniment, as separated stems do
_PITCHLESS_SHARE = 0.15  # of the vocals come without their pitch
_SLOWER, _FASTER = -0.3, 0.45  # octaves: greatest changes of speed
_DRIFT_SHARE, _DRIFT = 0.35, 0.06  # of the examples drift; standard deviation of the speed

Powers = Float[np.ndarray, "frames bands"]
Frames = Float[np.ndarray, " frames"]


@dataclass(frozen=True, eq=False)
class BeatExample:
    """A crop of a song as the tracker hears it.

    Attributes:
        powers: the power in bands.
        frequency: the pitch in Hz; None if the tracker does not get it.
        beats, downbeats: the true times in frames from the start of the crop, some of them outside.
        is_compound: the beat is divided into three.
    """

    powers: Powers
    frequency: Frames | None
    beats: Float[np.ndarray, " beats"]
    downbeats: Float[np.ndarray, " downbeats"]
    is_compound: bool


def draw_example(
    song: BeatSong, frames: int, progress: float, rng: np.random.Generator
) -> BeatExample:
    """Draw a training example from a song.

    Over the training the accompaniment under the vocal fades out; a quarter of the examples stays
    music without a known pitch.

    Args:
        song: the song.
        frames: the length of the example.
        progress: the progress of the training, 0 to 1.
        rng: the source of all random choices.
    """
    places = _draw_places(len(song.vocal), frames, rng)
    vocal = 10 ** (_at(song.vocal, places) / 10)
    music = 10 ** (_at(song.accompaniment, places) / 10)
    nearest = np.clip(np.round(places).astype(int), 0, len(song.frequency) - 1)
    frequency: Frames | None = song.frequency[nearest]
    if rng.random() < _MUSIC_SHARE:
        level = -60.0 if rng.random() < 0.4 else float(rng.uniform(-12, 3))
        powers, frequency, lag = music + _gain(level) * vocal, None, 0.0
    else:
        vocal = _vary_vocal(vocal, rng)
        level = _draw_accompaniment_level(progress, rng)
        powers, lag = vocal + _gain(level) * music, float(rng.normal(0, 0.012))
        if rng.random() < _PITCHLESS_SHARE:
            frequency = None
    powers, frequency = _vary_recording(powers, frequency, rng)
    beats, downbeats = (
        np.interp(times / song.frame_seconds - 0.5, places, np.arange(frames), left=-1e6, right=1e6)
        for times in (song.beats, song.downbeats)
    )
    inside = [each[np.abs(each) < 1e5] - lag / song.frame_seconds for each in (beats, downbeats)]
    return BeatExample(powers, frequency, inside[0], inside[1], song.meter in ("12/8", "6/8"))


def _gain(level: float) -> float:
    return float(10 ** (level / 10))


def _draw_places(length: int, frames: int, rng: np.random.Generator) -> Frames:
    """Draw the places of the song, in frames, that become the frames of the example."""
    speed = np.full(frames, 2 ** rng.uniform(_SLOWER, _FASTER))
    if rng.random() < _DRIFT_SHARE:
        knots = np.arange(0, frames + 400, 300)
        speed *= np.exp(np.interp(np.arange(frames), knots, rng.normal(0, _DRIFT, knots.size)))
    places = np.cumsum(speed) - speed[0]
    places *= min(1.0, (length - 2) / places[-1])
    return np.asarray(places + rng.uniform(0, length - 1 - places[-1]))


def _at(values: Powers, places: Float[np.ndarray, " places"]) -> Float[np.ndarray, "places bands"]:
    """Interpolate the rows of an array."""
    low = np.floor(places).astype(int)
    share = (places - low)[:, None].astype(np.float32)
    return np.asarray(values[low] * (1 - share) + values[low + 1] * share)


def _draw_accompaniment_level(progress: float, rng: np.random.Generator) -> float:
    """Draw the level of the accompaniment under the vocal in dB; it falls over the training."""
    if rng.random() < max(_BARE_SHARE, 1.6 * progress):
        return float(rng.uniform(-45, -25)) if rng.random() < _BLEED_SHARE else -120.0
    return float(rng.uniform(-25, 3)) - 40 * progress


def _vary_vocal(powers: Powers, rng: np.random.Generator) -> Powers:
    """Add doublings and reverberation, and compress the dynamics, each to some vocals."""
    if rng.random() < 0.2:
        delay = int(rng.integers(1, 5))
        powers = powers + rng.uniform(0.1, 0.8) * np.roll(powers, delay, 0)
    if rng.random() < 0.4:
        decay = 10 ** (-6 / (rng.uniform(0.3, 2.0) * 86))
        kernel = decay ** np.arange(150) * (1 - decay)
        tail = np.stack([np.convolve(band, kernel)[: len(powers)] for band in powers.T], 1)
        powers = powers + _gain(rng.uniform(-14, 0)) * tail
    if rng.random() < 0.5:
        total = powers.sum(1, keepdims=True)
        loud = np.percentile(total, 95) + 1e-12
        powers = powers * (np.maximum(total, 1e-6 * loud) / loud) ** rng.uniform(-0.5, 0.2)
    return np.asarray(powers)


def _vary_recording(
    powers: Powers, frequency: Frames | None, rng: np.random.Generator
) -> tuple[Powers, Frames | None]:
    """Add noise, a slope of the tone and rests, each to some recordings."""
    frames, bands = powers.shape
    if rng.random() < 0.5:
        floor = powers.mean(0) * 10 ** (rng.uniform(-50, -20) / 10 + rng.normal(0, 0.3, bands))
        powers = powers + floor * rng.chisquare(8, powers.shape) / 8
    if rng.random() < 0.3:
        wobble = np.interp(np.arange(bands), np.arange(0, bands + 6, 6), rng.normal(0, 4, 5))
        drop = rng.random(bands) < 0.1
        powers = powers * 10 ** (wobble / 10) * np.where(drop, 1e-6, 1.0)
    if rng.random() < 0.25:
        start, length = rng.integers(frames), int(rng.integers(80, 500))
        powers = powers.copy()
        powers[start : start + length] *= 1e-8
        if frequency is not None:
            frequency = frequency.copy()
            frequency[start : start + length] = 0
    if frequency is not None and rng.random() < 0.5:
        frequency = frequency * 2 ** rng.uniform(-0.5, 0.5)
    return powers, frequency


def bare_example(song: BeatSong) -> BeatExample:
    """Return a whole song as an example: its vocal alone, undisturbed."""
    frames = [times / song.frame_seconds - 0.5 for times in (song.beats, song.downbeats)]
    compound = song.meter in ("12/8", "6/8")
    return BeatExample(song.vocal_powers, song.frequency, frames[0], frames[1], compound)
