"""Whole runs: what is learned, kept, resumed and released."""

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.errors import SamuelError
from samuel_gen.training.curves import Curves
from samuel_gen.training.last_checkpoint import KeepLast
from samuel_gen.training.release import release

CODEC = {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"}

MACHINE = ("train/items_per_second", "train/memory_gb")


def curves(folder: Path) -> list[dict[str, str]]:
    with open(folder / "curves.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if name not in MACHINE} for row in rows]


@pytest.fixture
def quick(monkeypatch) -> None:
    """No pictures, and validation at one timestep."""
    monkeypatch.setattr("samuel_gen.training.module.VALIDATION_TIMESTEPS", 1)
    monkeypatch.setattr("samuel_gen.training.curves.curves_plot", lambda *_, **__: None)


class Interrupt(L.Callback):
    """Ends the run at a batch of an epoch, and takes down which items each batch has had."""

    def __init__(self, epoch: int | None = None, batch: int = 0) -> None:
        self.at = (epoch, batch)
        self.seen: list[list[int]] = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx: int) -> None:
        if (trainer.current_epoch, batch_idx) == self.at:
            raise RuntimeError("the power failed")
        self.seen.append(batch.index.tolist())


@pytest.mark.parametrize(("num_workers", "batch"), [(0, 3), (2, 3), (2, 0)])
def test_a_resumed_run_is_the_run_that_never_stopped(
    make_module, make_trainer, make_data, tmp_path: Path, quick, num_workers, batch
) -> None:
    """From the end of an epoch, and from within one: items, weights and figures."""

    def fit(folder: str, *callbacks: L.Callback, **options: Any) -> dict[str, torch.Tensor]:
        module = make_module()
        trainer = make_trainer(tmp_path / folder, *callbacks, epochs=2)
        data = make_data(batch_size=2, num_workers=num_workers)
        trainer.fit(module, data, weights_only=False, **options)
        return module.state_dict()

    whole, cut, rest = Interrupt(), Interrupt(1, batch), Interrupt()
    unbroken = fit("whole", whole)
    with pytest.raises(RuntimeError, match="power"):
        fit("cut", cut, KeepLast(minutes=0.0))
    torch.manual_seed(1234)
    last = tmp_path / "cut" / "checkpoints" / "last.ckpt"
    resumed = fit("cut", rest, KeepLast(), ckpt_path=last)

    assert len(whole.seen) == 12
    assert cut.seen + rest.seen == whole.seen
    assert len(curves(tmp_path / "whole")) == 2
    assert curves(tmp_path / "cut") == curves(tmp_path / "whole")
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)


def test_cudnn_attends_to_nothing_in_training(
    make_module, make_trainer, make_data, tmp_path: Path, quick, monkeypatch
) -> None:
    said: list[bool] = []
    monkeypatch.setattr(torch.backends.cuda, "enable_cudnn_sdp", said.append)
    make_trainer(tmp_path, epochs=1).fit(make_module(), make_data())
    assert said == [False]


def test_long_epochs_are_saved_every_so_often(
    make_module, make_trainer, make_data, tmp_path: Path, quick, monkeypatch
) -> None:
    """Every minute, where a batch takes 20 seconds; never after an epoch's last batch."""
    clock, saved = [0.0], []
    monkeypatch.setattr("samuel_gen.training.last_checkpoint.time.monotonic", lambda: clock[0])

    class Watch(L.Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            clock[0] += 20.0

        def on_save_checkpoint(self, trainer, *_: Any) -> None:
            if trainer.current_epoch == 0:
                saved.append(trainer.global_step)

    trainer = make_trainer(tmp_path, KeepLast(minutes=1.0), Watch(), epochs=1)
    trainer.fit(make_module(), make_data(batch_size=2))
    assert saved == [3, 6, 6]  # the end of the epoch: best.ckpt and last.ckpt
    assert not list((tmp_path / "checkpoints").glob("*.partial"))


def test_a_break_within_an_epoch_is_not_mended_with_batches_of_another_size(
    make_module, make_trainer, make_data, tmp_path: Path, quick
) -> None:
    with pytest.raises(RuntimeError, match="power"):
        trainer = make_trainer(tmp_path, Interrupt(0, 2), KeepLast(minutes=0.0))
        trainer.fit(make_module(), make_data(batch_size=2))
    last = tmp_path / "checkpoints" / "last.ckpt"
    with pytest.raises(SamuelError, match="batches of 2 crops .* expected 3"):
        make_trainer(tmp_path).fit(
            make_module(), make_data(batch_size=3), ckpt_path=last, weights_only=False
        )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_two_processes_train_what_one_does_with_twice_the_batch() -> None:
    """In a process of its own, and by a port of its own.

    A free one that Lightning finds, or that a test before has left in the environment, may be
    taken by another socket before it is listened to; they then fail, or wait for ever.
    """
    ours = {**os.environ, "MASTER_PORT": "29517"}  # below what sockets are given by themselves
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x"]
    command += ["-o", "python_functions=two_*", __file__]
    done = subprocess.run(command, env=ours, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout  # 5, if nothing were collected


def two_processes_and_one(make_module, make_trainer, make_data, tmp_path: Path, quick) -> None:
    """21 crops in batches of 6: the last 3 are shared unevenly, and so are 7 windows."""
    data = {"songs": 7, "crops_per_song": 3}
    settings = {"strategy": "ddp_fork", "devices": 2}
    make_trainer(tmp_path / "two", epochs=2, **settings).fit(
        make_module(), make_data(batch_size=3, **data)
    )
    make_trainer(tmp_path / "one", epochs=2).fit(make_module(), make_data(batch_size=6, **data))
    for one, two in zip(curves(tmp_path / "one"), curves(tmp_path / "two"), strict=True):
        assert {k: float(v) for k, v in one.items()} == {
            k: pytest.approx(float(v), rel=1e-3, abs=1e-5) for k, v in two.items()
        }


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
    make_module, make_trainer, data, tmp_path: Path, quick
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

    unknown = CodecIdentity("unknown", "", 44100, 2048, 64)
    data._opened = replace(data.latents, codec_identity=unknown)
    diffusion = {"schedule": {}, "objective": {}}
    config = {"model": tiny_config, "codec": CODEC, "diffusion": diffusion}
    released = release(trainer, module, data, config)
    best = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=False)
    assert torch.equal(released.weights["decode.weight"], best["state_dict"][name])
    assert released.config["codec"] is None
    released.save(tmp_path / "model.safetensors")
    provenance = Checkpoint.load(tmp_path / "model.safetensors").provenance
    assert provenance["parameters"] > 50_000
    row = curves(tmp_path)[provenance["epoch"]]
    of_that_epoch = {name: float(row[name]) for name in row if name.startswith("val/")}
    assert {"val/loss", "val/mse", "val/vocal_gain"} <= set(of_that_epoch)
    assert provenance["metrics"] == pytest.approx(of_that_epoch)
    assert provenance["run"] == {"epochs": 2, "steps": trainer.global_step}
    assert released.beginning == "random"


def test_a_run_that_kept_no_figures_is_released_with_the_one_it_was_judged_by(
    make_module, make_trainer, data, tmp_path: Path, tiny_config, quick
) -> None:
    module = make_module()
    trainer = make_trainer(tmp_path, epochs=1)
    trainer.callbacks = [each for each in trainer.callbacks if not isinstance(each, Curves)]
    trainer.fit(module, data)
    config = {"model": tiny_config, "codec": CODEC, "diffusion": {"schedule": {}, "objective": {}}}
    provenance = release(trainer, module, data, config).provenance
    assert set(provenance["metrics"]) == {"val/mse"}


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
