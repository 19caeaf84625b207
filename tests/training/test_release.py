from dataclasses import replace
from pathlib import Path

import lightning as L
import pytest
import torch

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.training.checkpoint_config import CheckpointConfig
from samuel_gen.training.curves import Curves
from samuel_gen.training.initial_weights import InitialWeights
from samuel_gen.training.release import make_checkpoint as release

CODEC = {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"}


@pytest.fixture
def config(tiny_config) -> CheckpointConfig:
    return CheckpointConfig(tiny_config, {}, {}, CODEC)


def test_the_averaged_weights_are_validated_saved_and_released(
    make_module, make_trainer, data, tmp_path: Path, config, read_curves
) -> None:
    validated = []

    class Look(L.Callback):
        def on_validation_batch_start(self, trainer, module, *_) -> None:
            validated.append(module.denoiser.decode.weight.detach().clone())

    module = make_module()
    trainer = make_trainer(tmp_path, Look(), epochs=2)
    trainer.fit(module, data)
    state = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=False)
    name = "denoiser.decode.weight"
    assert torch.equal(state["state_dict"][name], validated[-1])
    assert not torch.equal(state["current_model_state"][name], validated[-1])

    released = release(trainer, module, data, config)
    best = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=False)
    assert torch.equal(released.weights["decode.weight"], best["state_dict"][name])
    released.save(tmp_path / "model.safetensors")
    provenance = Checkpoint.load(tmp_path / "model.safetensors").provenance
    assert provenance["parameters"] > 50_000
    row = read_curves(tmp_path)[provenance["epoch"]]
    figures = {name: float(row[name]) for name in row if name.startswith("val/")}
    assert {"val/loss", "val/mse", "val/vocal_gain"} <= set(figures)
    assert provenance["metrics"] == pytest.approx(figures)
    assert provenance["run"] == {"epochs": 2, "steps": trainer.global_step}
    assert provenance["data"] == {"songs": 6, "hours": round(6 * 48 * 2048 / 44100 / 3600, 2)}
    assert released.initial_weights == "random"


def test_without_curves_the_monitored_metric_is_recorded(
    make_module, make_trainer, data, tmp_path: Path, config, quick
) -> None:
    module = make_module()
    trainer = make_trainer(tmp_path, epochs=1)
    trainer.callbacks = [each for each in trainer.callbacks if not isinstance(each, Curves)]
    trainer.fit(module, data)
    provenance = release(trainer, module, data, config).provenance
    assert set(provenance["metrics"]) == {"val/mse"}


def test_without_a_training_state_the_present_weights_are_released(
    make_module, make_trainer, data, tmp_path: Path, config, quick
) -> None:
    module = make_module()
    trainer = make_trainer(tmp_path, epochs=1)
    trainer.fit(module, data)
    trainer.checkpoint_callback.best_model_path = ""
    released = release(trainer, module, data, config, InitialWeights("0" * 16, 5))
    assert torch.equal(released.weights["decode.weight"], module.denoiser.decode.weight)
    assert released.provenance["began_with"] == {"sha256": "0" * 16, "steps": 5}
    assert released.config == config.to_dict()


def test_an_unknown_codec_is_left_out(make_module, make_trainer, data, tmp_path, config) -> None:
    data.setup()
    unknown = CodecIdentity("unknown", "", 44100, 2048, 64)
    data._opened = replace(data.latents, codec_identity=unknown)
    released = release(make_trainer(tmp_path), make_module(), data, config)
    assert released.config == {**config.to_dict(), "codec": None}
