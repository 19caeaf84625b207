"""Singing: a glottal source with moving formants, consonants and breath; or whistling."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from samuel_gen.corpus.formants import FRAME_HOP, VOWELS, apply_vocal_tract
from samuel_gen.corpus.glottis import glottal_wave
from samuel_gen.corpus.pitch import CONTROL_HOP, Curve, are_linked, draw_pitch_curve
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.singers import Singer

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
"""The noise of each consonant and of breath: lower and upper edge [Hz], length [s], and amplitude
relative to the vowel."""
_VOICED_CONSONANTS = ("m", "n", "l")
_WHISTLE_LOW = 76
"""The lowest note that people whistle (MIDI)."""
_CONSONANTS = ("", "m", "n", "l", "s", "sh", "f", "h", "t", "k", "p")
_CONSONANT_SHARES = (0.1, 0.12, 0.1, 0.13, 0.12, 0.05, 0.06, 0.06, 0.12, 0.08, 0.06)


@lru_cache(maxsize=16)
def _make_noise(kind: str, sample_rate: int) -> Signal:
    """Return one second of the noise of a consonant or of breath at unit RMS; (samples,)."""
    low, high, _, _ = _NOISES[kind]
    white = np.random.default_rng(sum(map(ord, kind))).standard_normal(sample_rate)
    passband = butter(2, (low, high), "bandpass", fs=sample_rate, output="sos")
    noise = sosfilt(passband, white)
    return np.asarray(noise / noise.std(), dtype=np.float32)


class _Performance:
    """The control curves of one song, filled note by note.

    Args:
        singer: the singer.
        samples: the length of the vocal [samples].
        sample_rate: the sample rate of the vocal [Hz].
        rng: the source of all random choices.

    Attributes:
        amplitude: the amplitude of the tone, one point per `CONTROL_HOP` samples.
        formants: the formants of a grown man [Hz], one row per `FRAME_HOP` samples.
        noise: the noise of consonants and breath; (samples,).
    """

    def __init__(
        self, singer: Singer, samples: int, sample_rate: int, rng: np.random.Generator
    ) -> None:
        self.singer, self.samples, self.sample_rate, self.rng = singer, samples, sample_rate, rng
        self.rate = sample_rate / CONTROL_HOP
        self.amplitude: Curve = np.zeros(samples // CONTROL_HOP + 2)
        self.frames = -(-samples // FRAME_HOP) + 1
        start = VOWELS["m" if singer.hums else "uh"]
        self.formants = np.tile(np.array(start, np.float64), (self.frames, 1))
        self.noise = np.zeros(samples, np.float32)

    def add_note(self, note: Note, is_linked: bool, is_slurred: bool, ends_phrase: bool) -> None:
        """Add one note, with a syllable of its own unless it is slurred to the previous one."""
        is_wordless = self.singer.hums or self.singer.whistles
        consonant = "" if is_slurred or is_wordless else self._draw_consonant()
        self._set_amplitude(note, is_linked, is_slurred, ends_phrase, consonant)
        if is_wordless:
            return
        first = max(0, int(note.start * self.sample_rate / FRAME_HOP))
        if not is_slurred:
            vowel = VOWELS[_VOWEL_NAMES[int(self.rng.choice(8, p=_VOWEL_SHARES))]]
            self.formants[first:] = vowel
            if self.rng.random() < 0.25 and note.end - note.start > 0.3:
                middle = int((0.6 * note.end + 0.4 * note.start) * self.sample_rate / FRAME_HOP)
                self.formants[middle:] = VOWELS[_VOWEL_NAMES[int(self.rng.choice(8))]]
        if consonant in _VOICED_CONSONANTS:
            self.formants[max(0, first - 6) : first] = VOWELS["l" if consonant == "l" else "m"]
        elif consonant:
            self.add_noise(consonant, note.start, note.velocity / 100)
        if not is_linked and self.rng.random() < 0.7:
            self.add_noise("breath", note.start - 0.12, 0.5 + 12 * self.singer.breath)

    def _draw_consonant(self) -> str:
        index = int(self.rng.choice(len(_CONSONANTS), p=_CONSONANT_SHARES))
        return _CONSONANTS[index]

    def _set_amplitude(
        self, note: Note, is_linked: bool, is_slurred: bool, ends_phrase: bool, consonant: str
    ) -> None:
        """Draw the amplitude of one note, from its consonant to its release."""
        is_voiced = consonant in _VOICED_CONSONANTS
        lead = 0.07 if is_voiced else 0.02
        if consonant in _NOISES:
            lead += 0.9 * _NOISES[consonant][2]
        attack = 0.05 if consonant in ("", "h") else 0.07 if is_voiced else 0.025
        release = 0.12 if ends_phrase else 0.035
        seconds = note.end - note.start
        scale = (note.velocity / 100) * float(self.rng.uniform(0.92, 1.06))
        swell = 1.0 if seconds < 0.5 else float(self.rng.uniform(0.85, 1.15))
        dip = 0.7 if is_slurred else 0.4 if is_voiced else 0.45 if is_linked else 0.0
        if consonant in _NOISES:
            dip = 0.0
        begin = max(0.03, note.start - lead)
        first = int((begin - 0.02) * self.rate)
        before = float(self.amplitude[first]) / scale if is_linked else 0.0
        points = (
            (begin - 0.02, before),
            (begin, dip),
            (note.start, dip),
            (note.start + min(attack, 0.3 * seconds), 1.0),
            (note.start + 0.5 * seconds, swell),
            (note.end - min(release, 0.3 * seconds), 0.8),
            (note.end, 0.0 if ends_phrase else 0.6),
        )
        stop = min(len(self.amplitude), int(note.end * self.rate) + 1)
        times = np.arange(first, stop) / self.rate
        knots, heights = zip(*points, strict=True)
        self.amplitude[first:stop] = scale * np.interp(times, knots, heights)

    def add_noise(self, kind: str, end: float, gain: float) -> None:
        """Add the noise of a consonant or a breath that ends shortly after `end` [s]."""
        _, _, seconds, amplitude = _NOISES[kind]
        seconds *= float(self.rng.uniform(0.8, 1.3))
        count = int(seconds * self.sample_rate)
        start = int((end + 0.012) * self.sample_rate) - count
        if start < 0 or start + count >= self.samples:
            return
        pool = _make_noise(kind, self.sample_rate)
        offset = int(self.rng.integers(len(pool) - count))
        shape = np.sin(np.pi * np.linspace(0, 1, count) ** 0.7)
        piece = (amplitude * gain * shape).astype(np.float32) * pool[offset : offset + count]
        self.noise[start : start + count] += piece


def sing(
    melody: tuple[Note, ...],
    singer: Singer,
    samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> Signal:
    """Sing a melody; return the vocal without room, vowels at an RMS of about one.

    Args:
        melody: the notes, one at a time; without notes the vocal is silent.
        singer: the singer.
        samples: the length of the vocal [samples].
        sample_rate: the sample rate of the vocal [Hz].
        rng: the source of syllables, breath and all small deviations.

    Returns:
        The vocal, one channel; (samples,).
    """
    if not melody:
        return np.zeros(samples, np.float32)
    performance = _perform(melody, singer, samples, sample_rate, rng)
    points = np.arange(len(performance.amplitude)) * CONTROL_HOP
    at = np.arange(samples)
    semitones = draw_pitch_curve(melody, singer, len(points), sample_rate, rng)
    if singer.whistles:
        semitones = semitones + 12 * np.ceil((_WHISTLE_LOW - singer.low) / 12)
    hertz = np.interp(at, points, 440 * 2 ** ((semitones - 69) / 12))
    amplitude = np.interp(at, points, performance.amplitude).astype(np.float32)
    if singer.whistles:
        return _whistle(hertz, amplitude, singer, sample_rate, rng)
    hertz = np.maximum(hertz, 56.0)
    wave, phase = glottal_wave(hertz, amplitude > 0, singer.open_quotient, sample_rate)
    breath = rng.standard_normal(samples, dtype=np.float32) * (0.4 + 0.6 * phase)
    source = np.asarray(amplitude * (wave + 4 * singer.breath * breath), dtype=np.float32)
    formants = _smooth_formants(performance, semitones)
    tone = apply_vocal_tract(
        source, formants, singer.tract, singer.tilt_hz, singer.ring, sample_rate
    )
    is_loud = amplitude > 0.5
    rms = np.sqrt((tone[is_loud] ** 2).mean()) if is_loud.any() else 1.0
    tone /= max(float(rms), 1e-9)
    return np.asarray(tone + performance.noise, dtype=np.float32)


def _perform(
    melody: tuple[Note, ...],
    singer: Singer,
    samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> _Performance:
    """Return the control curves of a melody."""
    performance = _Performance(singer, samples, sample_rate, rng)
    for i, note in enumerate(melody):
        is_linked = i > 0 and are_linked(melody[i - 1], note)
        ends_phrase = i + 1 == len(melody) or not are_linked(note, melody[i + 1])
        is_slurred = is_linked and rng.random() < 0.18
        performance.add_note(note, is_linked, is_slurred, ends_phrase)
    return performance


def _whistle(
    hertz: Curve, amplitude: Signal, singer: Singer, sample_rate: int, rng: np.random.Generator
) -> Signal:
    """Return a tone with a weak second partial and breath noise; (samples,)."""
    phase = 2 * np.pi * np.cumsum(hertz / sample_rate)
    tone = np.sqrt(2) * (np.sin(phase) + 0.03 * np.sin(2 * phase))
    breath = 2 * singer.breath * rng.standard_normal(len(hertz))
    return np.asarray(amplitude * (tone + breath), dtype=np.float32)


def _smooth_formants(performance: _Performance, semitones: Curve) -> Signal:
    """Smooth the formants over 60 ms and scale them to the singer; (frames, 5).

    The first formant stays above the pitch, and the second above the first.
    """
    singer = performance.singer
    formants = performance.formants * singer.tract * np.array(singer.accent)
    width = 5
    padded = np.pad(formants, ((width // 2, width // 2), (0, 0)), mode="edge")
    sums = np.cumsum(np.vstack([np.zeros((1, padded.shape[1])), padded]), axis=0)
    smooth = (sums[width:] - sums[:-width]) / width
    points = np.arange(performance.frames) * (FRAME_HOP // CONTROL_HOP)
    pitch = 440 * 2 ** ((semitones[np.minimum(points, len(semitones) - 1)] - 69) / 12)
    smooth[:, 0] = np.maximum(smooth[:, 0], 1.04 * pitch)
    smooth[:, 1] = np.maximum(smooth[:, 1], 1.25 * smooth[:, 0])
    return np.asarray(smooth, dtype=np.float32)
