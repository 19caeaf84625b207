"""Synthetic music with known key, chords and beats, and metric inputs made of it."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

RATE = 22_050
SECONDS = 16.0
C_MAJOR = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))  # two seconds each, repeated
BEATS = tuple(np.arange(0.5, SECONDS, 0.5))  # 120 BPM


def chords(shift: int = 0, triads: Sequence[Sequence[int]] = C_MAJOR) -> Tensor:
    """Make a sound of triads, each struck once a second.

    Args:
        shift: transposition in semitones.
        triads: the pitch classes of each triad.
    """
    sound = torch.zeros(round(SECONDS * RATE))
    time = torch.arange(2 * RATE) / RATE
    for index in range(int(SECONDS / 2)):
        part = sound[2 * index * RATE : 2 * (index + 1) * RATE]
        for note in triads[index % len(triads)]:
            pitch = 440 * 2 ** ((60 + (note + shift) % 12 - 69) / 12)
            for partial in range(1, 5):
                part += torch.sin(2 * torch.pi * partial * pitch * time) / partial
        part *= torch.exp(-1.5 * (time % 1.0))
    return 0.05 * sound[None]


def clicks(times: Sequence[float], seconds: float = SECONDS) -> Tensor:
    """Make a short burst of noise at each time [s]."""
    burst = torch.randn(1500, generator=torch.Generator().manual_seed(0))
    burst *= 0.2 * torch.linspace(1, 0, 1500) ** 2
    sound = torch.zeros(1, round(seconds * RATE) + 1500)
    for time in times:
        sound[0, round(time * RATE) :][:1500] += burst
    return sound[:, : round(seconds * RATE)]


def noise() -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return 0.1 * torch.randn(1, round(SECONDS * RATE), generator=generator)


def silence() -> Tensor:
    return torch.zeros(1, round(SECONDS * RATE))


def make_sheet(*symbols: str, key: str = "C major") -> LeadSheet:
    """Make the lead sheet of `chords()`, with a beat every half second.

    Args:
        symbols: chords of two seconds each, repeated; left out, those of C_MAJOR.
        key: the key.
    """
    symbols = symbols or ("C", "Am", "F", "G")
    changes = [
        # The first beat is at half a second: the first chord lasts three beats from there.
        ChordChange(max(0, 4 * at - 1), parse_chord(symbols[at % len(symbols)]))
        for at in range(int(SECONDS / 2))
    ]
    return LeadSheet(BEATS, chords=tuple(changes), key=parse_key(key), style="pop")


def make_input(
    accompaniment: Tensor,
    vocal: Tensor | None = None,
    true: Tensor | None = None,
    sheet: LeadSheet | None = None,
) -> MetricInput:
    """Make the input of a metric from sounds at RATE; a sound that is not given is silent."""
    sounds = (accompaniment, *(silence() if each is None else each for each in (vocal, true)))
    return MetricInput(*(AnalysedSound(sound, RATE) for sound in sounds), sheet)
