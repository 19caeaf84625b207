import math
from pathlib import Path

import pytest
import torch

from samuel_gen.audio.files import write_audio
from samuel_gen.codecs import perception
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.round_trip import MEANINGS, measure_set, measure_sets

RATE = 44_100


@pytest.fixture(autouse=True)
def without_listeners(monkeypatch) -> None:
    """The models of listeners need minutes to start."""
    monkeypatch.setattr(perception, "find_spec", lambda name: None)


def chord(seconds: float) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    waves = [torch.sin(2 * math.pi * k * f * time) / k for f in (220, 330) for k in range(1, 12)]
    return 0.05 * torch.stack(waves).sum(0).expand(2, -1)


def test_a_table_has_a_line_for_each_measure_and_a_column_for_each_decoder():
    trips = measure_set("chords", [chord(2.0), chord(3.0)], ["closed_form"])
    assert trips.recordings == 2 and set(trips.measures["closed_form"]) == set(MEANINGS)
    head, *rows = trips.lines()
    assert "chords (2)" in head and "closed_form" in head and len(rows) == len(MEANINGS)
    assert trips.measures["closed_form"]["chroma"] > 0.8
    assert math.isnan(trips.measures["closed_form"]["visqol"])
    assert math.isnan(trips.measures["closed_form"]["frechet"])  # too few windows


def test_a_folder_counts_as_its_accompaniments(tmp_path: Path):
    for name in ("vocals", "accompaniment"):
        (tmp_path / "song").mkdir(exist_ok=True)
        write_audio(tmp_path / "song" / f"{name}.wav", chord(1.0), RATE)
    (trips,) = measure_sets([tmp_path], 0, 1.0, ["closed_form"])
    assert trips.recordings == 1 and trips.name == tmp_path.stem


def test_a_folder_without_recordings_is_named(tmp_path: Path):
    with pytest.raises(SamuelError, match="no recordings"):
        next(measure_sets([tmp_path], 0, 1.0))


def test_decoders_are_measured_on_the_same_latents(monkeypatch):
    seen = []
    decode = SpectralCodec.decode

    def spy(self, latents, num_samples=None):
        seen.append((self.decoder, latents))
        return decode(self, latents, num_samples)

    monkeypatch.setattr(SpectralCodec, "decode", spy)
    measure_set("chords", [chord(1.0)], ["closed_form", "learned"])
    (first, ours), (second, theirs) = seen[-2:]
    assert {first, second} == {"closed_form", "learned"} and torch.equal(ours, theirs)
