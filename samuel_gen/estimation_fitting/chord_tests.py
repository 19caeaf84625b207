"""Songs with known chords, on which harmonisers are measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.melody import extract_melody
from samuel_gen.analysis.music import MUSIC_RATE, analyse_music
from samuel_gen.audio.phase import to_mono
from samuel_gen.audio.recording import SoundFile
from samuel_gen.audio.resample import resample
from samuel_gen.estimation_fitting.chord_songs import FRAME_SECONDS, compose_song
from samuel_gen.estimation_fitting.labels import list_labelled, read_labels
from samuel_gen.lead_sheet.sheet import LeadSheet

FIRST_SEED = 47_000_000
"""The seed of the first song for measuring; no harmoniser is trained on it or on later ones."""


@dataclass(frozen=True, eq=False)
class KnownSong:
    """A song with known chords.

    Attributes:
        pitch_classes: the melody's pitch classes per frame.
        frame_seconds: the length of a frame.
        sheet: the true lead sheet.
        seconds: the length of the song.
        chroma: the chroma of the true accompaniment, every `music.CHROMA_SECONDS`; None if there
            is none.
        sound: the chroma of the vocal, likewise; None if the song has no sound.
    """

    pitch_classes: Float[np.ndarray, "12 frames"]
    frame_seconds: float
    sheet: LeadSheet
    seconds: float
    chroma: Float[np.ndarray, "12 chroma_frames"] | None = None
    sound: Float[np.ndarray, "12 sound_frames"] | None = None


def compose_known_songs(
    count: int, seconds: float | int, *, unheard: bool = False
) -> Iterator[KnownSong]:
    """Yield songs of which the melody is composed and sung, without any sound."""
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        melody = compose_song(seed, seconds, unheard=unheard)
        yield KnownSong(melody.pitch_classes, FRAME_SECONDS, melody.sheet, float(seconds))


def render_known_songs(
    count: int, seconds: float | int, *, unheard: bool = False
) -> Iterator[KnownSong]:
    """Yield rendered songs, whose melody is measured in the sound of the vocal."""
    from samuel_gen.corpus.song import render_song

    for seed in range(FIRST_SEED, FIRST_SEED + count):
        song = render_song(seed, seconds=float(seconds), unheard=unheard)
        melody = extract_melody(song.vocal, song.sample_rate).pitch_classes.numpy()
        chroma, sound = (
            _measure_chroma(part, song.sample_rate) for part in (song.accompaniment, song.vocal)
        )
        sheet = song.score.lead_sheet
        yield KnownSong(melody, FRAME_SECONDS, sheet, float(seconds), chroma, sound)


def load_real_songs(folder: Path) -> Iterator[KnownSong]:
    """Yield real songs from folders with vocals.ogg, accompaniment.ogg and labels.json."""
    for place in list_labelled(folder):
        vocal, accompaniment = (
            SoundFile(place / f"{stem}.ogg") for stem in ("vocals", "accompaniment")
        )
        rate = vocal.sample_rate
        hop = round(FRAME_SECONDS * rate)
        melody = extract_melody(vocal.read(), rate, hop).pitch_classes.numpy()
        chroma, sound = (
            _measure_chroma(part.read(), part.sample_rate) for part in (accompaniment, vocal)
        )
        seconds, sheet = vocal.samples / rate, read_labels(place)
        yield KnownSong(melody, hop / rate, sheet, seconds, chroma, sound)


def _measure_chroma(
    samples: Float[Tensor, "channels samples"], rate: int
) -> Float[np.ndarray, "12 frames"]:
    mono = resample(to_mono(samples)[None], rate, MUSIC_RATE)
    return analyse_music([mono[0]], 0.0).chroma
