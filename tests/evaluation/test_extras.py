"""The adapters of packages that are not installed here, with stand-ins of the same interface."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.evaluation import extras
from samuel_gen.evaluation.extras import (
    EXTRA_METRICS,
    SONG_EXTRAS,
    check_extras,
    measure_frechet_audio_distances,
)
from samuel_gen.evaluation.metric_input import MetricInput
from tests.evaluation.songs import BEATS, RATE, chords, clicks, make_input, make_sheet, silence


@pytest.fixture
def inputs() -> MetricInput:
    accompaniment = (chords() + clicks(BEATS)).repeat(2, 1)
    return make_input(accompaniment, silence(), accompaniment, make_sheet())


@pytest.fixture
def install_stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that puts a module with the given contents into `sys.modules`."""

    def install(path: str, **contents: Any) -> None:
        parts = path.split(".")
        for depth in range(1, len(parts) + 1):
            name = ".".join(parts[:depth])
            if name not in sys.modules:
                monkeypatch.setitem(sys.modules, name, ModuleType(name))
        for name, value in contents.items():
            monkeypatch.setattr(sys.modules[path], name, value, raising=False)

    return install


def test_beat_this_gets_mono_samples_and_its_beats_are_scored(
    install_stand_in, inputs: MetricInput
) -> None:
    class Audio2Beats:
        def __init__(self, checkpoint_path: str, device: str) -> None:
            assert (checkpoint_path, device) == ("final0", "cpu")

        def __call__(self, signal: np.ndarray, rate: int):
            assert signal.ndim == 1 and rate == RATE
            true = np.array(BEATS)
            return np.concatenate([true[:15] + 0.02, true[15:] + 0.2]), true[::4]

    install_stand_in("beat_this.inference", Audio2Beats=Audio2Beats)
    metrics = SONG_EXTRAS["beat_this"]().measure(inputs)
    assert metrics == {"beat_f_beat_this": pytest.approx(30 / 61)}


def test_audiobox_gets_samples_with_their_rate_and_gives_four_scores(
    install_stand_in, inputs: MetricInput
) -> None:
    class Predictor:
        def forward(self, batch):
            (item,) = batch
            assert item["sample_rate"] == RATE and item["path"].dtype == torch.float32
            assert item["path"].shape[0] == 2
            return [{"CE": 1.5, "CU": 2.5, "PC": 3.5, "PQ": 4.5}]

    install_stand_in("audiobox_aesthetics.infer", initialize_predictor=Predictor)
    metrics = SONG_EXTRAS["audiobox"]().measure(inputs)
    expected = {"audiobox_ce": 1.5, "audiobox_cu": 2.5, "audiobox_pc": 3.5, "audiobox_pq": 4.5}
    assert metrics == expected
    assert set(metrics) == {metric.name for metric in EXTRA_METRICS["audiobox"]}


def test_fad_compares_each_folder_with_the_true_one(install_stand_in, tmp_path: Path) -> None:
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

    def cache_embedding_files(folder: Path, model: Model, workers: int) -> None:
        cached.append((folder.name, model.name))

    names = ("clap-laion-music", "vggish", "encodec-emb")
    install_stand_in("fadtk.model_loader", get_all_models=lambda: [Model(name) for name in names])
    install_stand_in("fadtk.fad", FrechetAudioDistance=FrechetAudioDistance)
    install_stand_in("fadtk.fad_batch", cache_embedding_files=cache_embedding_files)
    folders = {name: tmp_path / name for name in ("true", "generated")}
    distances = measure_frechet_audio_distances(folders, "true")
    assert distances == {"fad_clap": {"generated": 0.5}, "fad_vggish": {"generated": 10.0}}
    assert scored == [(name, "true", "generated") for name in names[:2]]
    assert len(cached) == 4


@pytest.mark.parametrize("name", list(EXTRA_METRICS))
def test_a_missing_package_is_named_in_one_line(name: str, monkeypatch) -> None:
    def fail(path: str) -> None:
        raise ImportError(path)

    monkeypatch.setattr(extras, "import_module", fail)
    with pytest.raises(SamuelError, match=rf"{name} needs .*; run `pip install .* {name} out"):
        check_extras([name])


def test_an_unknown_extra_is_an_error_and_none_is_fine() -> None:
    check_extras([])
    with pytest.raises(SamuelError, match="magic is unknown; choose from fad, beat_this, audiobox"):
        check_extras(["magic"])
