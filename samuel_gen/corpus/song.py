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
from samuel_gen.corpus.melody import compose_melody
from samuel_gen.corpus.mix import play_band, with_room
from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.player import SAMPLE_RATE, shared_player
from samuel_gen.corpus.score import Score
from samuel_gen.corpus.singer import sing
from samuel_gen.corpus.voices import draw_voice
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

SHORTEST_SECONDS = 4.0
_ATTEMPTS = 4
_NOISY_SHARE, _HISS_DB = 0.5, (-78.0, -55.0)
"""How many voices stand before a hissing microphone, and its hiss against the voice's RMS."""


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


def render_song(seed: int, *, seconds: float = 48.0) -> RenderedSong:
    """Composes, plays and sings one song; the same samples for the same arguments.

    Args:
        seed: 0 or more. Runs of consecutive seeds cover keys and styles evenly.
        seconds: length of both stems, 4 or more.

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
        stems, score = _attempt(seed, seconds, rng)
        fault = stems.fault()
        if fault is None:
            vocal, band = torch.from_numpy(stems.vocal), torch.from_numpy(stems.band)
            return RenderedSong(vocal, band, SAMPLE_RATE, score)
        log.info("song %d, attempt %d: %s", seed, attempt, fault)
        faults.append(fault)
    raise SamuelError(f"song {seed} of {seconds} s: {faults}; expected sound; take another seed")


def _attempt(seed: int, seconds: float, rng: np.random.Generator) -> tuple[Stems, Score]:
    samples = round(seconds * SAMPLE_RATE)
    plan = plan_song(seed, seconds, rng)
    voice = draw_voice(rng)
    melody = compose_melody(plan, voice.low, voice.high, rng)
    seats = arrange(plan, melody, rng)
    score = annotated(seed, plan, voice, melody, seats)
    band = play_band(seats, shared_player(), samples, plan.style.room)
    mono = sing(melody, voice, samples, SAMPLE_RATE, rng)
    room = float(rng.choice([0.0, 0.06, 0.12, 0.2]))
    vocal = with_room(np.stack([mono, mono]), room, 0.9)
    if rng.random() < _NOISY_SHARE:
        hiss = rng.standard_normal(samples, dtype=np.float32)
        vocal += np.float32(10 ** (float(rng.uniform(*_HISS_DB)) / 20)) * hiss
    return Stems.measured(vocal, band).balanced(float(rng.uniform(0.0, 4.0))), score
