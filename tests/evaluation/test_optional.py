"""Adapters of packages that are not here, with stand-ins that speak as they do."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.evaluation import optional
from samuel_gen.evaluation.clip import Clip
from samuel_gen.evaluation.optional import (
    EXTRAS,
    SONG_EXTRAS,
    check_extras,
    frechet_audio_distances,
)
from tests.evaluation.songs import BEATS, RATE, chords, clicks, score, silence


@pytest.fixture
def clip() -> Clip:
    band = (chords() + clicks(BEATS)).repeat(2, 1)
    return Clip.of(band, silence(), band, RATE, score())


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch):
    def install(path: str, **contents: Any) -> None:
        parts = path.split(".")
        for depth in range(1, len(parts) + 1):
            name = ".".join(parts[:depth])
            if name not in sys.modules:
                monkeypatch.setitem(sys.modules, name, ModuleType(name))
        for name, value in contents.items():
            monkeypatch.setattr(sys.modules[path], name, value, raising=False)

    return install


def test_beat_this_hears_mono_samples_and_its_beats_are_judged(stand_in, clip: Clip) -> None:
    class Audio2Beats:
        def __init__(self, checkpoint_path: str, device: str) -> None:
            assert (checkpoint_path, device) == ("final0", "cpu")

        def __call__(self, signal: np.ndarray, rate: int):
            assert signal.ndim == 1 and rate == RATE
            right = np.array(BEATS)
            return np.concatenate([right[:15] + 0.02, right[15:] + 0.2]), right[::4]

    stand_in("beat_this.inference", Audio2Beats=Audio2Beats)
    found = SONG_EXTRAS["beat_this"]().measure(clip)
    assert found == {"beat_f_beat_this": pytest.approx(15 / 31)}


def test_audiobox_gets_samples_with_their_rate_and_gives_four_axes(stand_in, clip: Clip) -> None:
    class Predictor:
        def forward(self, batch):
            (item,) = batch
            assert item["sample_rate"] == RATE and item["path"].dtype == torch.float32
            assert item["path"].shape[0] == 2
            return [{"CE": 1.5, "CU": 2.5, "PC": 3.5, "PQ": 4.5}]

    stand_in("audiobox_aesthetics.infer", initialize_predictor=Predictor)
    found = SONG_EXTRAS["audiobox"]().measure(clip)
    assert found == {"audiobox_ce": 1.5, "audiobox_cu": 2.5, "audiobox_pc": 3.5, "audiobox_pq": 4.5}
    assert set(found) == {metric.name for metric in EXTRAS["audiobox"]}


def test_fad_compares_each_systems_folder_with_the_true_one(stand_in, tmp_path: Path) -> None:
    cached, scored = [], []

    class Model:
        def __init__(self, name: str) -> None:
            self.name = name

    class FrechetAudioDistance:
        def __init__(self, model, audio_load_worker: int, load_model: bool) -> None:
            assert not load_model
            self.model = model

        def score(self, baseline: Path, other: Path) -> float:
            scored.append((self.model.name, baseline.name, other.name))
            return 10.0 if self.model.name == "vggish" else 0.5

    names = ("clap-laion-music", "vggish", "encodec-emb")
    stand_in("fadtk.model_loader", get_all_models=lambda: [Model(name) for name in names])
    stand_in("fadtk.fad", FrechetAudioDistance=FrechetAudioDistance)
    stand_in(
        "fadtk.fad_batch",
        cache_embedding_files=lambda folder, model, workers: cached.append(
            (folder.name, model.name)
        ),
    )
    folders = {name: tmp_path / name for name in ("true", "generated")}
    found = frechet_audio_distances(folders, "true")
    assert found == {"fad_clap": {"generated": 0.5}, "fad_vggish": {"generated": 10.0}}
    assert scored == [(name, "true", "generated") for name in names[:2]]
    assert len(cached) == 4


@pytest.mark.parametrize("name", list(EXTRAS))
def test_what_is_not_installed_is_told_in_one_line(name: str, monkeypatch) -> None:
    def missing(path: str):
        raise ImportError(path)

    monkeypatch.setattr(optional, "import_module", missing)
    with pytest.raises(SamuelError, match=rf"{name} needs .*; run `pip install .* {name} out"):
        check_extras([name])


def test_an_unknown_extra_is_refused_and_none_is_fine() -> None:
    check_extras([])
    with pytest.raises(SamuelError, match="extras: magic; expected some of fad, beat_this, audio"):
        check_extras(["magic"])
