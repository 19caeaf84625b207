"""Whole runs: what is learned, kept, resumed and released."""

import csv
from pathlib import Path

import lightning as L
import pytest
import torch

from samuel_gen.checkpoint import Checkpoint
from samuel_gen.errors import SamuelError
from samuel_gen.training.release import release

CODEC = {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"}


def curves(folder: Path) -> list[dict[str, str]]:
    with open(folder / "curves.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {name: value for name, value in row.items() if "per_second" not in name} for row in rows
    ]


class Interrupt(L.Callback):
    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.current_epoch == 2:
            raise RuntimeError("the power failed")


def test_a_resumed_run_is_the_run_that_never_stopped(
    make_module, make_trainer, data, tmp_path: Path
) -> None:
    make_trainer(tmp_path / "whole").fit(make_module(), data)

    with pytest.raises(RuntimeError, match="power"):
        make_trainer(tmp_path / "cut", Interrupt()).fit(make_module(), data)
    torch.manual_seed(1234)
    last = tmp_path / "cut" / "checkpoints" / "last.ckpt"
    trainer = make_trainer(tmp_path / "cut")
    trainer.fit(make_module(), data, ckpt_path=last, weights_only=False)

    assert len(curves(tmp_path / "whole")) == 4
    assert curves(tmp_path / "cut") == curves(tmp_path / "whole")


def test_each_epoch_leaves_its_figures_and_the_curves_are_drawn(
    make_module, make_trainer, data, tmp_path: Path
) -> None:
    make_trainer(tmp_path, epochs=2).fit(make_module(), data)
    rows = curves(tmp_path)
    wanted = {"epoch", "step", "train/lr", "train/loss", "train/mse", "val/loss", "val/mse"}
    wanted |= {"val/vocal_gain", "train/grad_norm"}
    wanted |= {f"val/mse_t{t:03d}" for t in range(50, 800, 100)}
    assert [row["epoch"] for row in rows] == ["0.0", "1.0"]
    assert wanted <= set(rows[0])
    assert all(row[name] for row in rows for name in wanted)
    for name in ("loss_curve.png", "mse_curve.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_the_network_learns_to_use_the_vocal(
    make_module, make_trainer, data, tmp_path: Path
) -> None:
    module = make_module(condition_dropout=0.0, latents_dropout=0.0)
    make_trainer(tmp_path, epochs=16).fit(module, data)
    rows = curves(tmp_path)
    assert float(rows[-1]["val/mse"]) < 0.9 * float(rows[0]["val/mse"])
    assert float(rows[-1]["val/vocal_gain"]) > 0.02


def test_averaged_weights_are_what_is_validated_saved_and_released(
    make_module, make_trainer, data, tmp_path: Path, tiny_config
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

    data.codec_identity = type(data.codec_identity)("unknown", "", 44100, 2048, 64)
    diffusion = {"schedule": {}, "objective": {}}
    config = {"model": tiny_config, "codec": CODEC, "diffusion": diffusion}
    released = release(trainer, module, data, config)
    best = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=False)
    assert torch.equal(released.weights["decode.weight"], best["state_dict"][name])
    assert released.config["codec"] is None
    released.save(tmp_path / "model.safetensors")
    provenance = Checkpoint.load(tmp_path / "model.safetensors").provenance
    assert provenance["parameters"] > 50_000
    of_that_epoch = curves(tmp_path)[provenance["epoch"]]
    assert provenance["metrics"] == {"val/mse": pytest.approx(float(of_that_epoch["val/mse"]))}


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(
    make_module, make_trainer, data, tmp_path: Path
) -> None:
    class Poison(L.Callback):
        def on_train_epoch_start(self, trainer, module) -> None:
            if trainer.current_epoch == 1:
                weight = module.denoiser.encode.weight
                weight.register_hook(lambda gradient: gradient * float("inf"))

    with pytest.raises(SamuelError, match=r"gradient's norm is .*last\.ckpt.* with a lower"):
        make_trainer(tmp_path, Poison()).fit(make_module(), data)
    state = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=False)
    assert state["epoch"] == 0
    for part in ("state_dict", "current_model_state"):
        assert all(torch.isfinite(value).all() for value in state[part].values())
