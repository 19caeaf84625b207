"""Rendered songs: a voice, a band, and the truth about both, from a seed."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.corpus.band import Seat, arrange
from samuel_gen.corpus.melody import compose_melody
from samuel_gen.corpus.mix import Signal, loudness, play_band, with_room
from samuel_gen.corpus.plan import Plan, plan_song
from samuel_gen.corpus.player import SAMPLE_RATE, shared_player
from samuel_gen.corpus.score import ChordSpan, Note, Score, SectionSpan
from samuel_gen.corpus.singer import sing
from samuel_gen.corpus.voices import Voice, draw_voice
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

BAND_LUFS = -20.0
SHORTEST_SECONDS = 4.0
_ATTEMPTS = 4
_PEAK = 0.97


@dataclass(frozen=True)
class RenderedSong:
    """A vocal and its accompaniment, sample-accurate to each other, and their score."""

    vocal: Float[Tensor, "2 samples"]
    accompaniment: Float[Tensor, "2 samples"]
    sample_rate: int
    score: Score

    def write(self, folder: str | Path) -> None:
        """Writes vocals.wav, accompaniment.wav (24 bit), score.json and score.mid."""
        import soundfile

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        stems = {"vocals.wav": self.vocal, "accompaniment.wav": self.accompaniment}
        for name, stem in stems.items():
            soundfile.write(folder / name, stem.T.numpy(), self.sample_rate, subtype="PCM_24")
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
        vocal, band, score = _attempt(seed, seconds, rng)
        fault = _fault(vocal, band)
        if fault is None:
            return RenderedSong(torch.from_numpy(vocal), torch.from_numpy(band), SAMPLE_RATE, score)
        log.info("song %d, attempt %d: %s", seed, attempt, fault)
        faults.append(fault)
    raise SamuelError(f"song {seed} of {seconds} s: {faults}; expected sound; take another seed")


def _attempt(seed: int, seconds: float, rng: np.random.Generator) -> tuple[Signal, Signal, Score]:
    samples = round(seconds * SAMPLE_RATE)
    plan = plan_song(seed, seconds, rng)
    voice = draw_voice(rng)
    melody = compose_melody(plan, voice.low, voice.high, rng)
    seats = arrange(plan, melody, rng)
    score = _score(seed, plan, voice, melody, seats)
    band = play_band(seats, shared_player(), samples, plan.style.room)
    mono = sing(melody, voice, samples, SAMPLE_RATE, rng)
    room = float(rng.choice([0.0, 0.06, 0.12, 0.2]))
    vocal = with_room(np.stack([mono, mono]), room, 0.9)
    lift = float(rng.uniform(0.0, 4.0))
    vocal, band = _levelled(vocal, band, lift)
    return vocal, band, score


def _levelled(vocal: Signal, band: Signal, lift: float) -> tuple[Signal, Signal]:
    """The band at `BAND_LUFS` and the voice `lift` LU above it; both lower if one would clip."""
    fade = np.linspace(1, 0, int(0.03 * SAMPLE_RATE), dtype=np.float32)
    stems = []
    for stem, target in ((vocal, BAND_LUFS + lift), (band, BAND_LUFS)):
        gain = 10 ** ((target - loudness(stem)) / 20)
        stem = stem * np.float32(gain if np.isfinite(gain) else 0.0)
        stem[:, -len(fade) :] *= fade
        stems.append(stem)
    peak = max(float(np.abs(stem).max()) for stem in stems)
    if peak > _PEAK:
        stems = [stem * np.float32(_PEAK / peak) for stem in stems]
    return stems[0], stems[1]


def _fault(vocal: Signal, band: Signal) -> str | None:
    """What is wrong with a pair of stems, or None."""
    for name, stem in (("vocal", vocal), ("accompaniment", band)):
        if not np.isfinite(stem).all():
            return f"{name} has NaN or infinite samples"
        if np.abs(stem).max() > 0.99:
            return f"{name} clips"
    levels = loudness(vocal), loudness(band)
    if min(levels) < -32:
        return f"silent stem (vocal {levels[0]:.1f}, accompaniment {levels[1]:.1f} LUFS)"
    if not -1.0 <= levels[0] - levels[1] <= 5.0:
        return f"voice {levels[0] - levels[1]:.1f} LU above the band"
    return None


def _score(
    seed: int, plan: Plan, voice: Voice, melody: tuple[Note, ...], seats: tuple[Seat, ...]
) -> Score:
    meter = plan.style.meter
    end = plan.seconds

    def time_of(step: int) -> float:
        return round(min(plan.time_of(step), end), 6)

    last = plan.bars + 1
    beats = [time_of(beat * meter.steps_per_beat) for beat in range(last * meter.beats)]
    downbeats = [time_of(bar * meter.steps) for bar in range(last)]
    chords = []
    for timed in plan.chords:
        start, stop = time_of(timed.start), time_of(timed.stop)
        if timed is plan.chords[-1]:
            stop = end
        if stop - start > 0.01:
            tones = timed.chord.pitch_classes
            chords.append(ChordSpan(start, stop, timed.chord.root, timed.chord.quality, tones))
    sections = tuple(
        SectionSpan(
            time_of(section.first_bar * meter.steps),
            time_of((section.first_bar + section.bars) * meter.steps),
            section.name,
        )
        for section in plan.sections
    )
    return Score(
        seed=seed,
        style=plan.style.name,
        tonic=plan.tonic,
        mode=plan.mode,
        tempo=plan.tempo,
        meter=meter.name,
        voice=voice.name,
        tuning_cents=voice.tuning_cents,
        beats=tuple(beat for beat in beats if beat < end),
        downbeats=tuple(beat for beat in downbeats if beat < end),
        sections=sections,
        chords=tuple(chords),
        melody=melody,
        parts=tuple(seat.notes for seat in seats),
    )
