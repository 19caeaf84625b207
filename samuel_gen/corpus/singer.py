"""Sings a melody: source, formants that move, consonants, breath. Or whistles it."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from samuel_gen.corpus.formants import FRAME_HOP, VOWELS, shaped
from samuel_gen.corpus.glottis import glottal_wave
from samuel_gen.corpus.pitch import CONTROL_HOP, Curve, pitch_curve
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.voices import Voice

Signal = NDArray[np.float32]

_VOWEL_NAMES = ("a", "e", "i", "o", "u", "ae", "er", "uh")
_VOWEL_SHARES = (0.22, 0.15, 0.14, 0.14, 0.1, 0.09, 0.05, 0.11)
_NOISES: dict[str, tuple[float, float, float, float]] = {
    "s": (5200, 10500, 0.09, 0.30),
    "sh": (2300, 6500, 0.09, 0.28),
    "f": (1400, 9000, 0.07, 0.10),
    "h": (700, 4200, 0.07, 0.10),
    "t": (3200, 9000, 0.022, 0.45),
    "k": (1500, 4200, 0.028, 0.42),
    "p": (500, 3000, 0.018, 0.35),
    "breath": (900, 6000, 0.28, 0.035),
}
"""Per consonant: lower and upper edge [Hz], length [s], level against the vowel."""
_MURMURS = ("m", "n", "l")
_CONSONANTS = ("", "m", "n", "l", "s", "sh", "f", "h", "t", "k", "p")
_WHISTLE_LOW = 76
"""Nobody whistles lower (MIDI)."""
_CONSONANT_SHARES = (0.1, 0.12, 0.1, 0.13, 0.12, 0.05, 0.06, 0.06, 0.12, 0.08, 0.06)


@lru_cache(maxsize=16)
def _noise(kind: str, sample_rate: int) -> Signal:
    """A second of a consonant's noise at unit RMS."""
    low, high, _, _ = _NOISES[kind]
    white = np.random.default_rng(sum(map(ord, kind))).standard_normal(sample_rate)
    band = butter(2, (low, high), "bandpass", fs=sample_rate, output="sos")
    noise = sosfilt(band, white)
    return np.asarray(noise / noise.std(), dtype=np.float32)


class _Performance:
    """The curves of one song, filled note by note."""

    def __init__(
        self, voice: Voice, samples: int, sample_rate: int, rng: np.random.Generator
    ) -> None:
        self.voice, self.samples, self.sample_rate, self.rng = voice, samples, sample_rate, rng
        self.rate = sample_rate / CONTROL_HOP
        self.level: Curve = np.zeros(samples // CONTROL_HOP + 2)
        self.frames = -(-samples // FRAME_HOP) + 1
        start = VOWELS["m" if voice.hums else "uh"]
        self.formants = np.tile(np.array(start, np.float64), (self.frames, 1))
        self.noise = np.zeros(samples, np.float32)

    def sing(self, note: Note, is_linked: bool, is_slurred: bool, ends_phrase: bool) -> None:
        """One note: a syllable of its own unless it is slurred to the one before."""
        is_wordless = self.voice.hums or self.voice.whistles
        consonant = "" if is_slurred or is_wordless else self._drawn_consonant()
        self._envelope(note, is_linked, is_slurred, ends_phrase, consonant)
        if is_wordless:
            return
        first = max(0, int(note.start * self.sample_rate / FRAME_HOP))
        if not is_slurred:
            vowel = VOWELS[_VOWEL_NAMES[int(self.rng.choice(8, p=_VOWEL_SHARES))]]
            self.formants[first:] = vowel
            if self.rng.random() < 0.25 and note.end - note.start > 0.3:
                middle = int((0.6 * note.end + 0.4 * note.start) * self.sample_rate / FRAME_HOP)
                self.formants[middle:] = VOWELS[_VOWEL_NAMES[int(self.rng.choice(8))]]
        if consonant in _MURMURS:
            self.formants[max(0, first - 6) : first] = VOWELS["l" if consonant == "l" else "m"]
        elif consonant:
            self.burst(consonant, note.start, note.velocity / 100)
        if not is_linked and self.rng.random() < 0.7:
            self.burst("breath", note.start - 0.12, 0.5 + 12 * self.voice.breath)

    def _drawn_consonant(self) -> str:
        index = int(self.rng.choice(len(_CONSONANTS), p=_CONSONANT_SHARES))
        return _CONSONANTS[index]

    def _envelope(
        self, note: Note, is_linked: bool, is_slurred: bool, ends_phrase: bool, consonant: str
    ) -> None:
        is_voiced = consonant in _MURMURS
        lead = 0.07 if is_voiced else 0.02
        if consonant in _NOISES:
            lead += 0.9 * _NOISES[consonant][2]
        attack = 0.05 if consonant in ("", "h") else 0.07 if is_voiced else 0.025
        release = 0.12 if ends_phrase else 0.035
        seconds = note.end - note.start
        loud = (note.velocity / 100) * float(self.rng.uniform(0.92, 1.06))
        swell = 1.0 if seconds < 0.5 else float(self.rng.uniform(0.85, 1.15))
        dip = 0.7 if is_slurred else 0.4 if is_voiced else 0.45 if is_linked else 0.0
        if consonant in _NOISES:
            dip = 0.0
        begin = max(0.03, note.start - lead)
        before = float(self.level[int((begin - 0.02) * self.rate)]) / loud if is_linked else 0.0
        points = (
            (begin - 0.02, before),
            (begin, dip),
            (note.start, dip),
            (note.start + min(attack, 0.3 * seconds), 1.0),
            (note.start + 0.5 * seconds, swell),
            (note.end - min(release, 0.3 * seconds), 0.8),
            (note.end, 0.0 if ends_phrase else 0.6),
        )
        first = int(points[0][0] * self.rate)
        stop = min(len(self.level), int(note.end * self.rate) + 1)
        times = np.arange(first, stop) / self.rate
        curve = np.interp(times, [time for time, _ in points], [level for _, level in points])
        self.level[first:stop] = loud * curve

    def burst(self, kind: str, end: float, gain: float) -> None:
        """Adds a consonant's or a breath's noise that ends shortly after `end` [s]."""
        _, _, seconds, level = _NOISES[kind]
        seconds *= float(self.rng.uniform(0.8, 1.3))
        count = int(seconds * self.sample_rate)
        start = int((end + 0.012) * self.sample_rate) - count
        if start < 0 or start + count >= self.samples:
            return
        pool = _noise(kind, self.sample_rate)
        offset = int(self.rng.integers(len(pool) - count))
        shape = np.sin(np.pi * np.linspace(0, 1, count) ** 0.7)
        piece = (level * gain * shape).astype(np.float32) * pool[offset : offset + count]
        self.noise[start : start + count] += piece


def sing(
    melody: tuple[Note, ...],
    voice: Voice,
    samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> Signal:
    """The voice alone, dry, one channel, vowels at an RMS of about one.

    Args:
        melody: what to sing, one note at a time; silence if there is none.
        voice: who sings.
        samples: length wanted.
        sample_rate: [Hz].
        rng: syllables, breath and all small chance.
    """
    if not melody:
        return np.zeros(samples, np.float32)
    performance = _Performance(voice, samples, sample_rate, rng)
    for i, note in enumerate(melody):
        is_linked = i > 0 and note.start - melody[i - 1].end < 0.09
        ends_phrase = i + 1 == len(melody) or melody[i + 1].start - note.end >= 0.09
        is_slurred = is_linked and rng.random() < 0.18
        performance.sing(note, is_linked, is_slurred, ends_phrase)
    points = np.arange(len(performance.level)) * CONTROL_HOP
    at = np.arange(samples)
    semitones = pitch_curve(melody, voice, len(points), sample_rate, rng)
    if voice.whistles:
        semitones = semitones + 12 * np.ceil((_WHISTLE_LOW - voice.low) / 12)
    hertz = np.interp(at, points, 440 * 2 ** ((semitones - 69) / 12))
    level = np.interp(at, points, performance.level).astype(np.float32)
    if voice.whistles:
        return _whistled(hertz, level, voice, sample_rate, rng)
    wave, phase = glottal_wave(np.maximum(hertz, 56.0), level > 0, voice.open_quotient, sample_rate)
    air = rng.standard_normal(samples, dtype=np.float32) * (0.4 + 0.6 * phase)
    source = np.asarray(level * (wave + 4 * voice.breath * air), dtype=np.float32)
    formants = _moving(performance, semitones)
    tone = shaped(source, formants, voice.tract, voice.tilt_hz, voice.ring, sample_rate)
    loudness = np.sqrt((tone[level > 0.5] ** 2).mean()) if (level > 0.5).any() else 1.0
    tone /= max(float(loudness), 1e-9)
    return np.asarray(tone + performance.noise, dtype=np.float32)


def _whistled(
    hertz: Curve, level: Signal, voice: Voice, sample_rate: int, rng: np.random.Generator
) -> Signal:
    """A tone with hardly an overtone, and the air around it."""
    phase = 2 * np.pi * np.cumsum(hertz / sample_rate)
    tone = np.sqrt(2) * (np.sin(phase) + 0.03 * np.sin(2 * phase))
    air = 2 * voice.breath * rng.standard_normal(len(hertz))
    return np.asarray(level * (tone + air), dtype=np.float32)


def _moving(performance: _Performance, semitones: Curve) -> Signal:
    """Formants smoothed over 60 ms, scaled to the singer, the first never below the pitch."""
    voice = performance.voice
    formants = performance.formants * voice.tract * np.array(voice.accent)
    width = 5
    padded = np.pad(formants, ((width // 2, width // 2), (0, 0)), mode="edge")
    sums = np.cumsum(np.vstack([np.zeros((1, padded.shape[1])), padded]), axis=0)
    smooth = (sums[width:] - sums[:-width]) / width
    frames = np.arange(performance.frames) * (FRAME_HOP // CONTROL_HOP)
    pitch = 440 * 2 ** ((semitones[np.minimum(frames, len(semitones) - 1)] - 69) / 12)
    smooth[:, 0] = np.maximum(smooth[:, 0], 1.04 * pitch)
    smooth[:, 1] = np.maximum(smooth[:, 1], 1.25 * smooth[:, 0])
    return np.asarray(smooth, dtype=np.float32)
