"""From songs and what systems play to them to every figure that tables are made of."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.agreement import Played
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.evaluation.clip import Clip, Heard
from samuel_gen.evaluation.embedding import embed
from samuel_gen.evaluation.optional import EXTRAS, SongExtra
from samuel_gen.evaluation.song_metrics import Metric, measured
from samuel_gen.evaluation.songs import TestSong

GENERATED, TRUE, CODEC = "generated", "true", "true through codec"
MISMATCHED, SILENCE, NOISE = "mismatched", "silence", "noise"
BAND_BELOW_VOICE = 2.0  # dB, in the mixes that are embedded

Stereo = Float[Tensor, "2 _"]
Vectors = Float[np.ndarray, "_ _"]
Generate = Callable[[TestSong], Sequence[Stereo]]
Keep = Callable[[str, TestSong, int, Stereo], None]
RoundTrip = Callable[[Stereo, int], tuple[Stereo, Float[Tensor, "channels frames"]]]


@dataclass
class Part:
    """What is kept of one system's band for one song and seed."""

    song: int
    seed: int
    figures: dict[str, float]
    mix: Vectors
    band: Vectors
    latents: Vectors
    played: Played


@dataclass
class Measured:
    """All that was measured.

    Attributes:
        names, styles, paces: of the songs.
        parts: by system, in the order of the songs and, within a song, of the seeds.
        strangers: embeddings of mixes of each voice with a band that is not its own, another one
            than that of `mismatched`.
        voices: the songs' melodies.
        extras: further figures that each part holds.
        frame_seconds: length of the melodies' frames.
        seconds, generation_seconds: of sound that was generated, and what that took.
    """

    names: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    paces: list[str] = field(default_factory=list)
    parts: dict[str, list[Part]] = field(default_factory=dict)
    strangers: list[Vectors] = field(default_factory=list)
    voices: list[MelodyTrack] = field(default_factory=list)
    extras: tuple[Metric, ...] = ()
    frame_seconds: float = 2048 / 44100
    seconds: float = 0.0
    generation_seconds: float = 0.0


def measure(
    songs: Iterable[TestSong],
    generate: Generate,
    round_trip: RoundTrip,
    extras: Mapping[str, SongExtra] | None = None,
    keep: Keep | None = None,
) -> Measured:
    """Let a system and the anchors play to each song, and measure them all alike.

    Args:
        songs: at least two; one after another, of which three are in memory.
        generate: the system's bands for a song, one for each seed.
        round_trip: a band through the codec, and its latents.
        extras: further models that measure each band, by name.
        keep: is given each band with its system, its song and its seed.
    """
    extras = extras or {}
    found = Measured(extras=tuple(metric for name in extras for metric in EXTRAS[name]))
    for song, following, after in _with_next_two(songs):
        index = len(found.names)
        found.names.append(song.name)
        found.styles.append(song.style)
        found.paces.append(song.pace)
        rate = song.sample_rate
        voice, true = Heard(song.vocal, rate), Heard(song.band, rate)
        found.voices.append(voice.melody)
        found.frame_seconds = voice.melody_seconds

        begin = time.perf_counter()
        made = generate(song)
        found.generation_seconds += time.perf_counter() - begin
        found.seconds += len(made) * true.seconds
        decoded, _ = round_trip(song.band, rate)
        noise = torch.randn(song.band.shape, generator=torch.Generator().manual_seed(index))
        foreign = fitted(following.band, following.sample_rate, song)
        systems = {
            GENERATED: list(made),
            TRUE: [song.band],
            CODEC: [decoded],
            MISMATCHED: [foreign],
            SILENCE: [torch.zeros_like(song.band)],
            NOISE: [0.1 * noise],
        }
        for name, bands in systems.items():
            for seed, band in enumerate(bands):
                heard = true if name == TRUE else Heard(band, rate)
                clip = Clip(heard, voice, true, song.score)
                figures = measured(clip)
                for extra in extras.values():
                    figures |= extra.measure(clip)
                if keep is not None:
                    keep(name, song, seed, band)
                latents = round_trip(band, rate)[1][:, ::4].T.double().numpy()
                part = Part(
                    index,
                    seed,
                    figures,
                    embed(mixed(voice, heard)),
                    embed(heard.mono),
                    latents,
                    heard.played,
                )
                found.parts.setdefault(name, []).append(part)
        stranger = Heard(fitted(after.band, after.sample_rate, song), rate)
        found.strangers.append(embed(mixed(voice, stranger)))
    return found


def mixed(voice: Heard, band: Heard) -> Float[Tensor, " samples"]:
    """Both in mono at the listening rate, the band 2 dB softer than the voice; silence stays."""
    levels = [integrated_loudness(each.sound, each.sample_rate) for each in (voice, band)]
    gain = 10 ** ((levels[0] - BAND_BELOW_VOICE - levels[1]) / 20) if min(levels) > -70 else 1.0
    return voice.mono + gain * band.mono


def fitted(band: Stereo, sample_rate: int, song: TestSong) -> Stereo:
    """Another song's band at this one's rate and length, over and over where it is too short."""
    from samuel_gen.audio.resample import resample

    length = song.band.shape[1]
    band = resample(band, sample_rate, song.sample_rate)
    times = -(-length // max(1, band.shape[1]))
    return band.repeat(1, times)[:, :length]


def _with_next_two(songs: Iterable[TestSong]) -> Iterator[tuple[TestSong, TestSong, TestSong]]:
    """Each song with the two that follow it; after the last comes the first again."""
    waiting: list[TestSong] = []
    first: list[TestSong] = []
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
