"""Synthetic singers: range, vocal tract, vowels, vibrato, brightness, breath and tuning."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Singer:
    """One synthetic singer.

    Attributes:
        name: the kind of singer, such as "tenor".
        low, high: the lowest and the highest note of the range (MIDI).
        tract: the scale of the formants; 1 for a grown man.
        vibrato_hz: the rate of the vibrato [Hz].
        vibrato_cents: the amplitude of the vibrato [cents].
        vibrato_delay: the time before a note's vibrato sets in [s].
        glide: the length of a glide between two notes [s].
        open_quotient: the share of a period in which the glottis is open.
        tilt_hz: the frequency above which the spectrum falls by a further 6 dB per octave.
        breath: the amount of breath noise beside the tone (0-1).
        ring: the strength of the singer's formant (0-1).
        scoop: the probability that a phrase starts below its first note; half of it is the
            probability that a phrase ends with a fall.
        hums: whether the mouth stays closed.
        whistles: whether the melody is whistled instead of sung.
        intonation_cents: the standard deviation of single notes from their pitch [cents].
        tuning_cents: the offset of the whole vocal from A = 440 Hz [cents].
        jitter_cents: the fast random variation of the pitch [cents]; makes the vocal rough.
        accent: a personal scale for each of the five formants.
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


SINGERS = (
    Singer("bass", 38, 60, 0.95, open_quotient=0.5, tilt_hz=2200.0),
    Singer("baritone", 43, 65, 1.0, open_quotient=0.55, tilt_hz=2600.0),
    Singer("tenor", 47, 69, 1.05, open_quotient=0.55, tilt_hz=3200.0),
    Singer("contralto", 52, 72, 1.1, open_quotient=0.65, tilt_hz=2600.0),
    Singer("mezzo", 55, 77, 1.15, open_quotient=0.65, tilt_hz=3000.0),
    Singer("soprano", 59, 81, 1.19, open_quotient=0.7, tilt_hz=3400.0),
    Singer("child", 60, 78, 1.3, open_quotient=0.7, tilt_hz=3000.0),
)
UNHEARD_SINGERS = (
    Singer("profundo", 33, 55, 0.84, open_quotient=0.45, tilt_hz=1800.0),
    Singer("countertenor", 57, 79, 1.0, open_quotient=0.75, tilt_hz=1600.0),
    Singer("treble", 62, 84, 1.5, open_quotient=0.8, tilt_hz=4200.0),
)
"""Kinds of singer that only songs rendered with `unheard=True` have."""

_SHARES = {
    "bass": 0.12,
    "baritone": 0.2,
    "tenor": 0.2,
    "contralto": 0.14,
    "mezzo": 0.18,
    "soprano": 0.12,
    "child": 0.04,
}
"""The probability of each kind of singer."""
_SPAN = 15
"""The range of one song [semitones]."""


def draw_singer(rng: np.random.Generator, singers: tuple[Singer, ...] = SINGERS) -> Singer:
    """Draw a singer, with a range narrowed to the 15 semitones that one song uses."""
    shares = np.array([_SHARES.get(singer.name, 1.0) for singer in singers])
    singer = singers[int(rng.choice(len(singers), p=shares / shares.sum()))]
    low = int(rng.integers(singer.low, singer.high - _SPAN + 1))
    tuning = float(np.clip(rng.normal(0, 2), -5, 5))
    if rng.random() < 0.3:
        tuning = float(rng.uniform(-10, 10))
    has_little_vibrato = rng.random() < 0.4
    return replace(
        singer,
        low=low,
        high=low + _SPAN,
        tract=singer.tract * float(rng.uniform(0.94, 1.07)),
        vibrato_hz=float(rng.uniform(4.6, 6.4)),
        vibrato_cents=float(rng.uniform(2, 8) if has_little_vibrato else rng.uniform(12, 42)),
        vibrato_delay=float(rng.uniform(0.12, 0.45)),
        glide=float(0.035 * 2 ** rng.uniform(0, 2.2)),
        open_quotient=float(np.clip(singer.open_quotient + rng.normal(0, 0.07), 0.4, 0.85)),
        tilt_hz=singer.tilt_hz * float(2 ** rng.uniform(-0.9, 1.0)),
        breath=float(0.006 * 2 ** rng.uniform(0, 4)),
        ring=float(rng.uniform(0, 1) ** 1.5),
        scoop=float(rng.uniform(0, 0.8)),
        hums=bool(rng.random() < 0.08),
        intonation_cents=float(rng.uniform(1.5, 9)),
        tuning_cents=round(tuning, 2),
    )


def individualise(singer: Singer, rng: np.random.Generator) -> Singer:
    """Give a singer personal vowels and, half the time, the habits of an untrained singer.

    Real singers are rougher, breathier, wider in vibrato and less in tune than those of
    `draw_singer`, and some hum or whistle. Range and tuning stay.
    """
    accent = tuple(float(factor) for factor in np.exp(rng.normal(0, 0.05, 5)))
    singer = replace(singer, accent=accent, whistles=bool(rng.random() < 0.03))
    if rng.random() < 0.5:
        return singer
    return replace(
        singer,
        hums=singer.hums or bool(rng.random() < 0.06),
        vibrato_hz=float(rng.uniform(4.0, 7.5)),
        vibrato_cents=singer.vibrato_cents * float(2 ** rng.uniform(-1, 1.3)),
        glide=singer.glide * float(2 ** rng.uniform(-0.5, 1.2)),
        breath=min(0.3, singer.breath * float(2 ** rng.uniform(0, 2.5))),
        intonation_cents=float(rng.uniform(4, 22)),
        jitter_cents=float(1.5 * 2 ** rng.uniform(0, 3)),
        scoop=float(rng.uniform(0, 1)),
    )
