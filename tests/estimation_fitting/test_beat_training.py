from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from samuel_gen.estimation_fitting import beat_training
from samuel_gen.estimation_fitting.beat_examples import bare_example
from samuel_gen.estimation_fitting.beat_songs import FRAME_SECONDS, BeatSong
from samuel_gen.estimation_fitting.beat_training import (
    Batch,
    FittingOptions,
    batch_loss,
    make_batch,
    train_network,
)
from samuel_gen.models.beat_network import POOLING, BeatLogits, BeatNetwork


@pytest.fixture
def song() -> BeatSong:
    rng = np.random.default_rng(0)
    level = rng.normal(-30, 10, (1600, 24)).astype(np.float32)
    beats = np.arange(0.5, 18, 0.6)
    return BeatSong(level, level, np.full(1600, 220.0), beats, beats[::4], "4/4")


def test_targets_peak_on_the_beats_and_name_the_tempo(song: BeatSong) -> None:
    batch = make_batch([bare_example(song)])
    peaks = np.round(song.beats / FRAME_SECONDS - 0.5).astype(int)
    assert (batch.beats[0, peaks] > 0.9).all()
    assert batch.beats.mean() == pytest.approx(3.76 * song.beats.size / 1600, rel=0.05)
    assert (batch.downbeats <= batch.beats).all()
    classes = batch.tempo[0].argmax(0)
    tempi = np.geomspace(40, 240, 64)[classes.numpy()]
    np.testing.assert_allclose(tempi, 100, rtol=0.03)


def test_the_right_answer_has_the_least_loss(song: BeatSong) -> None:
    batch = make_batch([bare_example(song)])

    def answer(shift: int) -> float:
        beats, downbeats = (
            torch.logit(torch.roll(each, shift, -1), 0.001)
            for each in (batch.beats, batch.downbeats)
        )
        compound = torch.full((1, 1600 // POOLING), -6.0)
        return float(batch_loss(BeatLogits(beats, downbeats, compound, batch.tempo.log()), batch))

    assert answer(0) < answer(1) < answer(4)


def test_a_stopped_training_continues_to_the_same_weights(
    song: BeatSong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beat_training, "_LENGTHS", ((2, 64),))

    def train(folder: Path, steps: int, save_every: int) -> BeatNetwork:
        folder.mkdir(exist_ok=True)
        options = FittingOptions(steps=steps, save_every=save_every)
        return train_network([song], folder, options, lambda *_: None)

    whole = train(tmp_path / "whole", 3, 3)
    draw, calls = beat_training._draw_batch, []

    def stop(*arguments: Any) -> Batch:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return draw(*arguments)

    (tmp_path / "parts").mkdir()
    options = FittingOptions(steps=3, save_every=1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(beat_training, "_draw_batch", stop)
        train_network([song], tmp_path / "parts", options, lambda *_: None)
    parts = train(tmp_path / "parts", 3, 1)
    for name, each in whole.state_dict().items():
        torch.testing.assert_close(each, parts.state_dict()[name])


def test_the_average_of_the_weights_is_returned(
    song: BeatSong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beat_training, "_LENGTHS", ((2, 64),))
    network = train_network([song], tmp_path, FittingOptions(steps=3), lambda *_: None)
    state = torch.load(tmp_path / "state.pt")
    for name, each in network.state_dict().items():
        torch.testing.assert_close(each, state["average"][name])
    assert not torch.equal(network.stem.weight, state["network"]["stem.weight"])
    assert not network.training


@pytest.mark.parametrize("bfloat16", [True, False])
def test_products_are_in_bfloat16_where_the_cpu_has_them(
    song: BeatSong,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_precision: Callable[[bool], None],
    bfloat16: bool,
) -> None:
    in_precision(bfloat16)
    monkeypatch.setattr(beat_training, "_LENGTHS", ((1, 64),))
    asked: list[bool] = []

    class Watched(BeatNetwork):
        def forward(self, features: torch.Tensor) -> BeatLogits:
            asked.append(torch.is_autocast_enabled("cpu"))
            return super().forward(features)

    monkeypatch.setattr(beat_training, "BeatNetwork", Watched)
    options = FittingOptions(steps=1)
    train_network([song], tmp_path, options, lambda *_: None)
    assert asked == [bfloat16]
