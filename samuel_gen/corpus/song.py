"""Rendered songs: a voice, a band, and the truth about both, from a seed."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.corpus.annotation import annotated
from samuel_gen.corpus.balance import Stems
from samuel_gen.corpus.band import arrange
from samuel_gen.corpus.melody import compose_melody, in_own_time
from samuel_gen.corpus.microphone import recorded
from samuel_gen.corpus.mix import play_band
from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.player import SAMPLE_RATE, shared_player
from samuel_gen.corpus.score import Score
from samuel_gen.corpus.singer import sing
from samuel_gen.corpus.styles.catalogue import STYLES, UNHEARD_STYLES
from samuel_gen.corpus.voices import UNHEARD_VOICES, VOICES, away_from_the_book, draw_voice
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

SHORTEST_SECONDS = 4.0
_ATTEMPTS = 4


@dataclass(frozen=True)
class RenderedSong:
    """A vocal and its accompaniment, sample-accurate to each other, and their score."""

    vocal: Float[Tensor, "2 samples"]
    accompaniment: Float[Tensor, "2 samples"]
    sample_rate: int
    score: Score

    def write(self, folder: str | Path) -> None:
        """Writes vocals.wav, accompaniment.wav (24 bit), score.json and score.mid."""
        from samuel_gen.audio.files import write_audio

        folder = Path(folder)
        stems = {"vocals.wav": self.vocal, "accompaniment.wav": self.accompaniment}
        for name, stem in stems.items():
            write_audio(folder / name, stem, self.sample_rate)
        (folder / "score.json").write_text(json.dumps(self.score.to_dict()))
        self.score.write_midi(folder / "score.mid")


def render_song(seed: int, *, seconds: float = 48.0, unheard: bool = False) -> RenderedSong:
    """Composes, plays and sings one song; the same samples for the same arguments.

    Args:
        seed: 0 or more. Runs of consecutive seeds cover keys and styles evenly.
        seconds: length of both stems, 4 or more.
        unheard: in styles, with progressions and by voices that no other song has: a harder test
            for what was trained on the others.

    Raises:
        SamuelError: if an argument is out of range, or no attempt gave a sound song.
    """
    if seed < 0:
        raise SamuelError(f"seed={seed}; expected 0 or more; name a non-negative seed")
    if not seconds >= SHORTEST_SECONDS:
        raise SamuelError(f"seconds={seconds}; expected {SHORTEST_SECONDS} or more; ask for more")
    faults = []
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([seed, attempt])
        stems, score = _attempt(
            seed, seconds, rng, np.random.default_rng([seed, attempt, 1]), unheard
        )
        fault = stems.fault()
        if fault is None:
            vocal, band = torch.from_numpy(stems.vocal), torch.from_numpy(stems.band)
            return RenderedSong(vocal, band, SAMPLE_RATE, score)
        log.info("song %d, attempt %d: %s", seed, attempt, fault)
        faults.append(fault)
    raise SamuelError(f"song {seed} of {seconds} s: {faults}; expected sound; take another seed")


def _attempt(
    seed: int,
    seconds: float,
    rng: np.random.Generator,
    performing: np.random.Generator,
    unheard: bool,
) -> tuple[Stems, Score]:
    """One song; what `performing` decides leaves the composition and the band as they are."""
    samples = round(seconds * SAMPLE_RATE)
    plan = plan_song(seed, seconds, rng, UNHEARD_STYLES if unheard else STYLES)
    voice = draw_voice(rng, UNHEARD_VOICES if unheard else VOICES)
    written = compose_melody(plan, voice.low, voice.high, rng)
    seats = arrange(plan, written, rng)
    voice = away_from_the_book(voice, performing)
    melody = in_own_time(written, seconds, performing)
    score = annotated(seed, plan, voice, melody, seats)
    band = play_band(seats, shared_player(), samples, plan.style.room)
    vocal = recorded(sing(melody, voice, samples, SAMPLE_RATE, rng), SAMPLE_RATE, performing)
    return Stems.measured(vocal, band).balanced(float(rng.uniform(0.0, 4.0))), score
