import numpy as np
import pytest
import torch

from samuel_gen.codec_fitting import decoder
from samuel_gen.codec_fitting.decoder_examples import (
    analyse_piece,
    make_examples,
    save_examples,
    vary_piece,
)
from samuel_gen.codec_fitting.decoder_training import (
    DecoderTraining,
    TrainingSettings,
    draw_batch,
    load_examples,
)
from samuel_gen.codecs.quality import level_difference
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.spectral.network import DecoderNetwork
from samuel_gen.codecs.spectral.tables import Tables

SMALL = TrainingSettings(steps=2, refining_steps=2, batch=2, frames=20)


@pytest.fixture
def music() -> torch.Tensor:
    """Four seconds of two partials, louder on the left, under noise."""
    time = torch.arange(4 * 44_100) / 44_100
    tone = torch.sin(440 * 6.283 * time) + torch.sin(2640 * 6.283 * time)
    noise = 0.1 * torch.randn(2, len(time), generator=torch.Generator().manual_seed(0))
    return 0.1 * (tone * torch.tensor([[1.0], [0.6]]) + noise)


@pytest.fixture
def examples(music, tmp_path) -> dict[str, torch.Tensor]:
    save_examples(analyse_piece(music, Tables.load()), tmp_path / "0.safetensors")
    return load_examples([tmp_path / "0.safetensors"])


def test_latents_of_examples_are_those_of_the_codec(music):
    found = analyse_piece(music, Tables.load())
    torch.testing.assert_close(found["latents"].T, SpectralCodec().encode(music))
    assert {len(values) for values in found.values()} == {len(found["latents"])}


def test_variations_keep_length_and_about_the_level(music):
    varied = [vary_piece(music, np.random.default_rng(seed)) for seed in range(12)]
    assert {each.shape for each in varied} == {music.shape}
    assert all(each.isfinite().all() for each in varied)
    assert all(abs(level_difference(music, each)) < 12 for each in varied)
    assert not torch.equal(varied[0], varied[1])


def test_a_louder_crop_is_louder_in_latents_and_targets_alike(examples, monkeypatch):
    from samuel_gen.codec_fitting import decoder_training

    monkeypatch.setattr(decoder_training, "LARGEST_NOISE", 0.0)
    scaled = {**examples, "scale": torch.ones(64)}
    loud = draw_batch(scaled, SMALL, np.random.default_rng(0))
    monkeypatch.setattr(decoder_training, "LARGEST_GAIN", 0.0)
    plain = draw_batch(scaled, SMALL, np.random.default_rng(0))
    gain = (loud["low"] - plain["low"]).median()
    assert gain.abs() > 0.01
    first = (loud["latents"] / plain["latents"]).log().nanmedian()
    second = (loud["latents"][1] / plain["latents"][1]).log().nanmedian()
    gains = [(loud["low"] - plain["low"])[item].median() for item in range(2)]
    assert float(second) == pytest.approx(0.3 * float(gains[1]), abs=0.02)
    assert first.isfinite()


def test_a_run_that_was_stopped_ends_like_one_that_was_not(examples, tmp_path):
    whole = DecoderTraining(examples, SMALL, tmp_path / "whole.pt")
    list(whole.run())
    first = DecoderTraining(examples, SMALL, tmp_path / "part.pt")
    for _ in range(3):
        first.learn_batch()
    first.save_state()
    second = DecoderTraining(examples, SMALL, tmp_path / "part.pt")
    assert second.step == 3
    list(second.run())
    assert second.average.digest == whole.average.digest


def test_training_lowers_the_error(examples, tmp_path):
    settings = TrainingSettings(steps=60, batch=2, frames=32)
    training = DecoderTraining(examples, settings, tmp_path / "state.pt")
    losses = [sum(float(x) for x in training.learn_batch().values()) for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:10])


def test_examples_are_made_once(tmp_path):
    make_examples(3, 4.0, tmp_path, Tables.load())
    path = tmp_path / "3.safetensors"
    written = path.stat().st_mtime_ns
    make_examples(3, 4.0, tmp_path, Tables.load())
    assert path.stat().st_mtime_ns == written
    assert len(load_examples([path])["latents"]) == 3 * 87  # accompaniment, mix and vocal


def test_command_writes_weights_that_the_codec_reads(tmp_path, capsys):
    output = tmp_path / "decoder.safetensors"
    words = ["--songs", "1", "--seconds", "8", "--steps", "1", "--refining-steps", "1"]
    assert decoder.main([*words, "--folder", str(tmp_path), "--output", str(output)]) == 0
    assert DecoderNetwork.load(output).digest in capsys.readouterr().out
