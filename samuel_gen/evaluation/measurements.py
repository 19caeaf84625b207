"""The measurement of a system and the anchors on every song, before any averaging."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.analysis.music import MusicAnalysis
from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.anchors import (
    TRUE,
    RoundTrip,
    Stereo,
    adapt_to_song,
    make_anchors,
)
from samuel_gen.evaluation.embedding import embed
from samuel_gen.evaluation.extras import EXTRA_METRICS, SongExtra
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.song_metrics import Metric, measure_song
from samuel_gen.evaluation.songs import EvaluationSong
from samuel_gen.lead_sheet.sheet import LeadSheet

BELOW_VOCAL = 2.0  # dB: accompaniment below vocal in the mixes that are embedded

Vectors = Float[np.ndarray, "_ _"]
Generate = Callable[[EvaluationSong, LeadSheet | None], Sequence[Stereo]]
Encode = Callable[[Stereo, int], Float[Tensor, "channels frames"]]
GiveSheet = Callable[[EvaluationSong], LeadSheet | None]
OnAccompaniment = Callable[[str, EvaluationSong, int, Stereo], None]


@dataclass
class MeasuredAccompaniment:
    """The measurements of one system's accompaniment for one song and seed.

    Attributes:
        song, seed: the index of the song, and that of the seed within the song.
        metrics: the song metrics by name.
        mix: embeddings of the mix with the vocal, one row per window.
        accompaniment: embeddings of the accompaniment alone, one row per window.
        latents: every fourth frame of the codec's latents, one row per frame.
        music: the pitch classes and onsets of the accompaniment.
    """

    song: int
    seed: int
    metrics: dict[str, float]
    mix: Vectors
    accompaniment: Vectors
    latents: Vectors
    music: MusicAnalysis


@dataclass
class Measurements:
    """The measurements of all systems on all songs.

    Attributes:
        names, styles, paces: name, style and pace of each song.
        systems: the accompaniments by system, ordered by song and, within a song, by seed.
        mismatched_mixes: embeddings of each vocal mixed with another song's accompaniment, which
            is not the one of the mismatched anchor.
        melodies: the melody track of each song's vocal.
        extras: the extra metrics that each accompaniment has.
        frame_seconds: length of a melody frame.
        seconds: length of all sound that the first system generated.
        generation_seconds: time that its generation took, with the estimation of the lead sheets.
    """

    names: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    paces: list[str] = field(default_factory=list)
    systems: dict[str, list[MeasuredAccompaniment]] = field(default_factory=dict)
    mismatched_mixes: list[Vectors] = field(default_factory=list)
    melodies: list[MelodyTrack] = field(default_factory=list)
    extras: tuple[Metric, ...] = ()
    frame_seconds: float = 2048 / 44100
    seconds: float = 0.0
    generation_seconds: float = 0.0


def measure_systems(
    songs: Iterable[EvaluationSong],
    systems: Mapping[str, Generate],
    round_trip: RoundTrip,
    encode: Encode,
    extras: Mapping[str, SongExtra] | None = None,
    on_accompaniment: OnAccompaniment | None = None,
    give_sheet: GiveSheet = lambda song: None,
) -> Measurements:
    """Measure the accompaniments of some systems and of the anchors in the same way.

    Args:
        songs: two songs or more, which are read in order; up to three are in memory at once.
        systems: the systems by name; each returns its accompaniments of a song, given a lead
            sheet, one for each seed.
        round_trip: encodes and decodes an accompaniment, given its sample rate in Hz.
        encode: encodes an accompaniment, given its sample rate in Hz.
        extras: models of extra metrics, by name.
        on_accompaniment: called with each system, song, seed index and accompaniment.
        give_sheet: returns the lead sheet that the systems are given for a song; None for none.
    """
    extras = extras or {}
    found = Measurements(extras=tuple(metric for name in extras for metric in EXTRA_METRICS[name]))
    for song, following, after in _iterate_triples(songs):
        index = len(found.names)
        found.names.append(song.name)
        found.styles.append(song.style)
        found.paces.append(song.pace)
        rate = song.sample_rate
        vocal, true = AnalysedSound(song.vocal, rate), AnalysedSound(song.accompaniment, rate)
        found.melodies.append(vocal.melody)
        found.frame_seconds = vocal.melody_seconds

        begin = time.perf_counter()
        sheet = give_sheet(song)
        generated = {}
        for name, generate in systems.items():
            generated[name] = generate(song, sheet)
            if len(generated) == 1:
                found.generation_seconds += time.perf_counter() - begin
                found.seconds += len(generated[name]) * true.seconds
        anchors = make_anchors(song, following, round_trip, seed=index)
        played = {**generated, **{name: [each] for name, each in anchors.items()}}
        for name, accompaniments in played.items():
            for seed, accompaniment in enumerate(accompaniments):
                sound = true if name == TRUE else AnalysedSound(accompaniment, rate)
                inputs = MetricInput(sound, vocal, true, song.lead_sheet, sheet)
                measured = _measure(inputs, index, seed, encode, list(extras.values()))
                found.systems.setdefault(name, []).append(measured)
                if on_accompaniment is not None:
                    on_accompaniment(name, song, seed, accompaniment)
        foreign = AnalysedSound(adapt_to_song(after.accompaniment, after.sample_rate, song), rate)
        found.mismatched_mixes.append(embed(mix_to_mono(vocal, foreign)))
    return found


def _measure(
    inputs: MetricInput, song: int, seed: int, encode: Encode, extras: Sequence[SongExtra]
) -> MeasuredAccompaniment:
    sound = inputs.accompaniment
    metrics = measure_song(inputs)
    for extra in extras:
        metrics |= extra.measure(inputs)
    latents = encode(sound.sound, sound.sample_rate)
    return MeasuredAccompaniment(
        song=song,
        seed=seed,
        metrics=metrics,
        mix=embed(mix_to_mono(inputs.vocal, sound)),
        accompaniment=embed(sound.mono),
        latents=latents[:, ::4].T.double().numpy(),
        music=sound.music,
    )


def mix_to_mono(vocal: AnalysedSound, accompaniment: AnalysedSound) -> Float[Tensor, " samples"]:
    """Mix both in mono at 22,050 Hz, the accompaniment 2 dB below the vocal in loudness.

    If either is silent (-70 LUFS or less), the accompaniment keeps its gain.
    """
    loudness = [
        integrated_loudness(each.sound, each.sample_rate) for each in (vocal, accompaniment)
    ]
    gain = 10 ** ((loudness[0] - BELOW_VOCAL - loudness[1]) / 20) if min(loudness) > -70 else 1.0
    return vocal.mono + gain * accompaniment.mono


def _iterate_triples(
    songs: Iterable[EvaluationSong],
) -> Iterator[tuple[EvaluationSong, EvaluationSong, EvaluationSong]]:
    """Yield each song with the two that follow it; the first songs follow the last one."""
    waiting: list[EvaluationSong] = []
    first: list[EvaluationSong] = []
    for song in songs:
        if len(first) < 2:
            first.append(song)
        waiting.append(song)
        if len(waiting) == 3:
            yield waiting[0], waiting[1], waiting[2]
            waiting.pop(0)
    ending = list(chain(waiting, first))
    for at in range(len(waiting)):
        one, two, three = (ending[(at + step) % len(ending)] for step in range(3))
        yield one, two, three
