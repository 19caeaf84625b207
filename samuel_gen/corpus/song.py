"""Rendered songs: vocal, accompaniment and score, composed and performed from a seed."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.accompaniment import render_accompaniment
from samuel_gen.corpus.annotation import annotate
from samuel_gen.corpus.balance import MeasuredStems
from samuel_gen.corpus.band import arrange
from samuel_gen.corpus.mastering import Mastering
from samuel_gen.corpus.melody import compose_melody, vary_timing
from samuel_gen.corpus.microphone import record_vocal
from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.player import get_shared_player
from samuel_gen.corpus.score import Score
from samuel_gen.corpus.score_midi import write_score_midi
from samuel_gen.corpus.singers import SINGERS, UNHEARD_SINGERS, draw_singer, individualise
from samuel_gen.corpus.singing import sing
from samuel_gen.corpus.styles.catalogue import CORE_STYLES, UNHEARD_STYLES
from samuel_gen.corpus.styles.style import Style
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

SHORTEST_SECONDS = 4.0
_ATTEMPTS = 4


@dataclass(frozen=True)
class RenderedSong:
    """A vocal and its accompaniment, aligned to the sample, with their score.

    Attributes:
        vocal, accompaniment: the sounds; each (2, samples).
        sample_rate: the sample rate of both [Hz].
        score: the ground truth about the song.
    """

    vocal: Float[Tensor, "2 samples"]
    accompaniment: Float[Tensor, "2 samples"]
    sample_rate: int
    score: Score

    def write(self, folder: str | Path) -> None:
        """Write vocals.wav, accompaniment.wav (24 bit), score.json and score.mid to a folder."""
        from samuel_gen.audio.files import write_audio

        folder = Path(folder)
        stems = {"vocals.wav": self.vocal, "accompaniment.wav": self.accompaniment}
        for name, stem in stems.items():
            write_audio(folder / name, stem, self.sample_rate)
        (folder / "score.json").write_text(json.dumps(self.score.to_dict()))
        write_score_midi(self.score, folder / "score.mid")


def render_song(
    seed: int,
    *,
    seconds: float = 48.0,
    styles: tuple[Style, ...] = CORE_STYLES,
    unheard: bool = False,
    soundfont: Path | None = None,
    mastered: bool = False,
) -> RenderedSong:
    """Compose, play and sing one song; the same arguments give the same samples.

    Args:
        seed: the seed of the song, 0 or more. Consecutive seeds cover keys and styles evenly.
        seconds: the length of vocal and accompaniment, 4 or more [s].
        styles: the styles, which consecutive seeds take in turn.
        unheard: whether to use the styles, progressions and singers that no other song has: a
            harder test for a network that was trained on the others.
        soundfont: the soundfont of the accompaniment; None for the one that pretty_midi installs.
            The composition and the vocal do not depend on it.
        mastered: whether the accompaniment is compressed and limited, as records are.

    Raises:
        SamuelError: if an argument is out of range, or if all attempts gave a faulty song.
    """
    if seed < 0:
        raise SamuelError(f"seed={seed} is negative; choose a seed of 0 or more")
    if not seconds >= SHORTEST_SECONDS:
        raise SamuelError(f"seconds={seconds} is too short; choose {SHORTEST_SECONDS} or more")
    faults = []
    for attempt in range(_ATTEMPTS):
        stems, score = _render_attempt(
            seed,
            attempt,
            seconds,
            styles=UNHEARD_STYLES if unheard else styles,
            unheard=unheard,
            soundfont=soundfont,
            mastered=mastered,
        )
        fault = stems.find_fault()
        if fault is None:
            vocal, accompaniment = (
                torch.from_numpy(stem) for stem in (stems.vocal, stems.accompaniment)
            )
            return RenderedSong(vocal, accompaniment, SAMPLE_RATE, score)
        log.info("song %d, attempt %d: %s", seed, attempt, fault)
        faults.append(fault)
    raise SamuelError(
        f"song {seed} of {seconds} s failed {_ATTEMPTS} times ({'; '.join(faults)}); "
        "choose another seed"
    )


def _render_attempt(
    seed: int,
    attempt: int,
    seconds: float,
    *,
    styles: tuple[Style, ...],
    unheard: bool,
    soundfont: Path | None,
    mastered: bool,
) -> tuple[MeasuredStems, Score]:
    """Render one song, whatever its faults.

    Generators of their own keep apart the composition, the performance (habits of the singer,
    timing and recording of the vocal) and the mastering, so that a change of one leaves the others
    as they are.
    """
    rng = np.random.default_rng([seed, attempt])
    performance_rng = np.random.default_rng([seed, attempt, 1])
    samples = round(seconds * SAMPLE_RATE)
    plan = plan_song(seed, seconds, rng, styles)
    singer = draw_singer(rng, UNHEARD_SINGERS if unheard else SINGERS)
    written = compose_melody(plan, singer.low, singer.high, rng)
    parts = arrange(plan, written, rng)
    singer = individualise(singer, performance_rng)
    melody = vary_timing(written, seconds, performance_rng)
    score = annotate(seed, plan, singer, melody, parts)
    player = get_shared_player(soundfont)
    accompaniment = render_accompaniment(parts, player, samples, plan.style.room)
    if mastered:
        mastering_rng = np.random.default_rng([seed, attempt, 2])
        accompaniment = Mastering.draw(mastering_rng).apply(accompaniment)
    dry = sing(melody, singer, samples, SAMPLE_RATE, rng)
    vocal = record_vocal(dry, SAMPLE_RATE, performance_rng)
    lift = float(rng.uniform(0.0, 4.0))
    return MeasuredStems.measure(vocal, accompaniment).balance(lift), score
