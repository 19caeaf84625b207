"""Singers who differ: range, vocal tract, vowels, vibrato, brightness, breath, tuning."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Voice:
    """One singer.

    `low` and `high` bound the range (MIDI). `tract` scales the formants (1 for a grown man's).
    `vibrato_hz`, `vibrato_cents` (amplitude) and `vibrato_delay` [s] describe the vibrato,
    `glide` [s] how long a step between two notes takes, `open_quotient` the share of a period
    in which the glottis is open, `tilt_hz` where the spectrum starts to fall by a further
    6 dB per octave, `breath` the noise beside the tone (0-1), `ring` the singer's formant (0-1),
    `scoop` how often a phrase starts below its note and ends falling, `hums` whether the mouth
    stays closed, `whistles` whether there is no voice at all, `intonation_cents` how far single
    notes stray, `tuning_cents` how far the whole voice is from A = 440 Hz, `jitter_cents` how
    rough it is, `accent` what scales each of its five formants.
    """

    name: str
    low: int
    high: int
    tract: float
    vibrato_hz: float = 5.4
    vibrato_cents: float = 25.0
    vibrato_delay: float = 0.25
    glide: float = 0.07
    open_quotient: float = 0.6
    tilt_hz: float = 3000.0
    breath: float = 0.02
    ring: float = 0.2
    scoop: float = 0.3
    hums: bool = False
    whistles: bool = False
    intonation_cents: float = 4.0
    tuning_cents: float = 0.0
    jitter_cents: float = 1.5
    accent: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)


VOICES = (
    Voice("bass", 38, 60, 0.95, open_quotient=0.5, tilt_hz=2200.0),
    Voice("baritone", 43, 65, 1.0, open_quotient=0.55, tilt_hz=2600.0),
    Voice("tenor", 47, 69, 1.05, open_quotient=0.55, tilt_hz=3200.0),
    Voice("contralto", 52, 72, 1.1, open_quotient=0.65, tilt_hz=2600.0),
    Voice("mezzo", 55, 77, 1.15, open_quotient=0.65, tilt_hz=3000.0),
    Voice("soprano", 59, 81, 1.19, open_quotient=0.7, tilt_hz=3400.0),
    Voice("child", 60, 78, 1.3, open_quotient=0.7, tilt_hz=3000.0),
)
UNHEARD_VOICES = (
    Voice("profundo", 33, 55, 0.84, open_quotient=0.45, tilt_hz=1800.0),
    Voice("countertenor", 57, 79, 1.0, open_quotient=0.75, tilt_hz=1600.0),
    Voice("treble", 62, 84, 1.5, open_quotient=0.8, tilt_hz=4200.0),
)
"""Kinds of voice that no training song has."""

_SHARES = {
    "bass": 0.12,
    "baritone": 0.2,
    "tenor": 0.2,
    "contralto": 0.14,
    "mezzo": 0.18,
    "soprano": 0.12,
    "child": 0.04,
}
_SPAN = 15


def draw_voice(rng: np.random.Generator, voices: tuple[Voice, ...] = VOICES) -> Voice:
    """A singer whose range is narrowed to what one song uses (15 semitones)."""
    shares = np.array([_SHARES.get(voice.name, 1.0) for voice in voices])
    voice = voices[int(rng.choice(len(voices), p=shares / shares.sum()))]
    low = int(rng.integers(voice.low, voice.high - _SPAN + 1))
    tuning = float(np.clip(rng.normal(0, 2), -5, 5))
    if rng.random() < 0.3:
        tuning = float(rng.uniform(-10, 10))
    plain = rng.random() < 0.4
    return replace(
        voice,
        low=low,
        high=low + _SPAN,
        tract=voice.tract * float(rng.uniform(0.94, 1.07)),
        vibrato_hz=float(rng.uniform(4.6, 6.4)),
        vibrato_cents=float(rng.uniform(2, 8) if plain else rng.uniform(12, 42)),
        vibrato_delay=float(rng.uniform(0.12, 0.45)),
        glide=float(0.035 * 2 ** rng.uniform(0, 2.2)),
        open_quotient=float(np.clip(voice.open_quotient + rng.normal(0, 0.07), 0.4, 0.85)),
        tilt_hz=voice.tilt_hz * float(2 ** rng.uniform(-0.9, 1.0)),
        breath=float(0.006 * 2 ** rng.uniform(0, 4)),
        ring=float(rng.uniform(0, 1) ** 1.5),
        scoop=float(rng.uniform(0, 0.8)),
        hums=bool(rng.random() < 0.05),
        intonation_cents=float(rng.uniform(1.5, 9)),
        tuning_cents=round(tuning, 2),
    )


def away_from_the_book(voice: Voice, rng: np.random.Generator) -> Voice:
    """The same singer with vowels of his own and, half the time, habits that no teacher taught.

    Real voices are rougher, breathier, wider in vibrato and less in tune than drawn ones, and some
    hum or whistle.
    """
    accent = tuple(float(factor) for factor in np.exp(rng.normal(0, 0.05, 5)))
    voice = replace(voice, accent=accent, whistles=bool(rng.random() < 0.03))
    if rng.random() < 0.5:
        return voice
    return replace(
        voice,
        hums=voice.hums or bool(rng.random() < 0.06),
        vibrato_hz=float(rng.uniform(4.0, 7.5)),
        vibrato_cents=voice.vibrato_cents * float(2 ** rng.uniform(-1, 1.3)),
        glide=voice.glide * float(2 ** rng.uniform(-0.5, 1.2)),
        breath=min(0.3, voice.breath * float(2 ** rng.uniform(0, 2.5))),
        intonation_cents=float(rng.uniform(4, 22)),
        jitter_cents=float(1.5 * 2 ** rng.uniform(0, 3)),
        scoop=float(rng.uniform(0, 1)),
    )
