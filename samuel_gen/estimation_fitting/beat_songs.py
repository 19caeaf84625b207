"""Songs that the beat tracker learns from: features and true beats, kept on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.melody import analyse_vocal_frames
from samuel_gen.corpus.score import Score

HOP_LENGTH = 2048
FRAME_SECONDS = HOP_LENGTH / 4 / 44_100
_FAINTEST = -120.0  # dB
_STEADY = 0.04  # s: greatest distance of a beat from an even grid

Styles = Literal["core", "all", "unheard"]
"""Which styles songs have."""


@dataclass(frozen=True, eq=False)
class BeatSong:
    """The features and the true beats of one song.

    Attributes:
        vocal, accompaniment: the power in bands of each stem in dB.
        frequency: the pitch of the vocal in Hz, 0 for none.
        beats, downbeats: the true times in seconds.
        meter: the time signature, such as "4/4".
        frame_seconds: the distance from one frame to the next.
    """

    vocal: Float[np.ndarray, "frames bands"]
    accompaniment: Float[np.ndarray, "frames bands"]
    frequency: Float[np.ndarray, " frames"]
    beats: Float[np.ndarray, " beats"]
    downbeats: Float[np.ndarray, " downbeats"]
    meter: str
    frame_seconds: float = FRAME_SECONDS

    @property
    def seconds(self) -> float:
        """The length of the song."""
        return float(len(self.vocal) * self.frame_seconds)

    @property
    def is_steady(self) -> bool:
        """True if the beats lie on an even grid, as with a click; labels may be coarse."""
        number = np.arange(self.beats.size)
        line = np.polyval(np.polyfit(number, self.beats, 1), number)
        return bool(np.abs(self.beats - line).max() < _STEADY)

    @property
    def vocal_powers(self) -> Float[np.ndarray, "frames bands"]:
        """The power of the vocal in bands."""
        return _to_power(self.vocal)

    @property
    def mix_powers(self) -> Float[np.ndarray, "frames bands"]:
        """The power of vocal and accompaniment together in bands."""
        return np.asarray(_to_power(self.vocal) + _to_power(self.accompaniment))

    @property
    def accompaniment_powers(self) -> Float[np.ndarray, "frames bands"]:
        """The power of the accompaniment in bands."""
        return _to_power(self.accompaniment)

    def save(self, path: Path) -> None:
        """Write the song to a file, at once or not at all."""
        part = path.with_suffix(".part.npz")
        np.savez(
            part,
            vocal=self.vocal.astype(np.float16),
            accompaniment=self.accompaniment.astype(np.float16),
            frequency=self.frequency.astype(np.float32),
            beats=self.beats,
            downbeats=self.downbeats,
            meter=self.meter,
            frame_seconds=self.frame_seconds,
        )
        part.replace(path)

    @staticmethod
    def load(path: Path) -> "BeatSong":
        """Read a song that `save` wrote."""
        with np.load(path) as file:
            return BeatSong(
                file["vocal"].astype(np.float32),
                file["accompaniment"].astype(np.float32),
                file["frequency"],
                file["beats"],
                file["downbeats"],
                str(file["meter"]),
                float(file["frame_seconds"]),
            )


def analyse_song(
    vocal: Float[Tensor, "channels samples"],
    accompaniment: Float[Tensor, "channels samples"],
    sample_rate: int,
    beats: Float[np.ndarray, " beats"],
    downbeats: Float[np.ndarray, " downbeats"],
    meter: str,
) -> BeatSong:
    """Measure the features of a song.

    Args:
        vocal, accompaniment: the two stems, aligned to the sample.
        sample_rate: the rate of both in Hz.
        beats, downbeats: the true times in seconds.
        meter: the time signature.
    """
    hop = round(HOP_LENGTH * sample_rate / 44_100)
    frequency, bands = analyse_vocal_frames([vocal], sample_rate, hop)
    _, other = analyse_vocal_frames([accompaniment], sample_rate, hop)
    frames = min(len(bands), len(other))
    return BeatSong(
        _to_db(bands[:frames]),
        _to_db(other[:frames]),
        frequency[:frames],
        np.asarray(beats, float),
        np.asarray(downbeats, float),
        meter,
        hop / 4 / sample_rate,
    )


def render_beat_song(seed: int, seconds: float, styles: Styles = "core") -> BeatSong:
    """Render a song and measure its features.

    Args:
        seed: the seed of the song.
        seconds: the length of the song.
        styles: the styles it is drawn from. "unheard" stands for styles, progressions and singers
            that no other song has.
    """
    from samuel_gen.corpus.song import render_song
    from samuel_gen.corpus.styles.catalogue import find_styles

    unheard = styles == "unheard"
    chosen = find_styles("core" if unheard else styles)
    song = render_song(seed, seconds=seconds, styles=chosen, unheard=unheard)
    score: Score = song.score
    return analyse_song(
        song.vocal,
        song.accompaniment,
        song.sample_rate,
        np.array(score.beats),
        np.array(score.downbeats),
        score.meter,
    )


def render_beat_songs(
    seeds: range, seconds: float, folder: Path, styles: Styles = "core"
) -> Iterator[BeatSong]:
    """Render songs, or read those that are on disk already.

    Args:
        seeds: the seeds of the songs.
        seconds: the length of each song.
        folder: the folder that keeps the songs.
        styles: the styles they are drawn from, as in `render_beat_song`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = folder / f"{styles}_{seed:07d}_{seconds:g}.npz"
        if not path.exists():
            render_beat_song(seed, seconds, styles).save(path)
        yield BeatSong.load(path)


def _to_db(powers: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, "frames bands"]:
    return np.asarray(10 * np.log10(np.maximum(powers, 10 ** (_FAINTEST / 10))), np.float32)


def _to_power(levels: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, "frames bands"]:
    return np.asarray(10 ** (levels / 10), np.float32)
