"""The measurements of a system with a known place on the scale, for several test files."""

import pytest
import torch

from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.evaluation.measurements import Measurements, measure_systems
from samuel_gen.evaluation.songs import EvaluationSong, load_songs
from samuel_gen.lead_sheet.sheet import LeadSheet

SONGS = 6


def lossless_round_trip(sound: torch.Tensor, rate: int) -> torch.Tensor:
    """A codec that loses nothing."""
    return sound


def encode_power(sound: torch.Tensor, rate: int) -> torch.Tensor:
    """Latents that are the RMS of each channel in each frame."""
    frames = sound[:, : sound.shape[1] // 2048 * 2048].unflatten(1, (-1, 2048))
    return frames.square().mean(2).sqrt()


@pytest.fixture(scope="session")
def measurements() -> Measurements:
    """A system that plays the true accompaniment for its first seed, and noise for its second.

    Another system, `louder`, plays the true accompaniment at twice the level.
    """

    def generate(song: EvaluationSong, sheet: LeadSheet | None) -> list[torch.Tensor]:
        shape = song.accompaniment.shape
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(9))
        return [song.accompaniment, 0.1 * noise]

    items = RenderedSource(songs=SONGS, seconds=13.0, seed=3).songs()
    return measure_systems(
        load_songs(items, None),
        {"generated": generate, "louder": lambda song, sheet: [2 * song.accompaniment]},
        lossless_round_trip,
        encode_power,
        give_sheet=lambda song: song.lead_sheet,
    )
