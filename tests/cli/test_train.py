"""`samuel-train` as a user types it: the files that it leaves, and how it refuses."""

import os
import shlex
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.storage import file_sha256
from samuel_gen.training.module import AccompanimentDiffusion
from tests.cli.conftest import SMOKE
from tests.cli.user import Folder


def test_a_run_leaves_its_files(folder: Folder, model: Path) -> None:
    left = {str(path.relative_to(model.parent)) for path in model.parent.rglob("*")}
    expected = {"loss_curve.png", "mse_curve.png", "curves.csv", "model.safetensors"}
    expected |= {"checkpoints/last.ckpt", "checkpoints/best.ckpt", "csv/version_0/metrics.csv"}
    names = ("vocal.wav", "true.wav", "generated.wav", "mix.wav", "spectrograms.png")
    expected |= {f"samples/final/{name}" for name in names}
    assert expected <= left


def test_rendered_songs_are_kept_for_the_next_run(folder: Folder) -> None:
    (kept,) = (folder.path / "cache").iterdir()
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    said = folder.does("samuel-train", *SMOKE, "trainer.max_epochs=1", "hydra.run.dir=again")
    assert said.strip().splitlines()[-1].endswith(str(Path("again", "model.safetensors")))
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == before
    shutil.rmtree(folder.path / "again")


def test_ckpt_last_resumes_in_the_same_folder(folder: Folder, model: Path) -> None:
    run = folder.path / "runs" / "copy"
    shutil.copytree(model.parent, run)
    (run / "checkpoints" / "last.ckpt").touch()
    folder.does("samuel-train", "ckpt=last", "trainer.max_epochs=3")
    rows = (run / "curves.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0.0", "1.0", "2.0"]
    assert rows[:3] == (model.parent / "curves.csv").read_text().splitlines()
    shutil.rmtree(run)


def test_training_can_begin_with_a_checkpoints_weights(folder: Folder) -> None:
    (model,) = folder.path.glob("runs/*/model.safetensors")
    still = ("trainer.max_epochs=1", "optimizer.lr=0.0", "seed=7")
    folder.does("samuel-train", *SMOKE, *still, f"weights={model}", "hydra.run.dir=begun")
    before = Checkpoint.load(model).weights
    after = Checkpoint.load(folder.path / "begun/model.safetensors").weights
    for name, weights in before.items():  # within what averaging equal numbers rounds
        assert torch.allclose(after[name], weights, rtol=1e-4, atol=1e-6), name
    steps = Checkpoint.load(model).provenance["step"]
    description = folder.does("samuel-inspect", "begun/model.safetensors")
    assert f"weights {file_sha256(model)[:16]} of {steps} steps" in description
    words = ("weights=begun/model.safetensors", "hydra.run.dir=again")
    folder.does("samuel-train", *SMOKE, *still, *words)
    begun = Checkpoint.load(folder.path / "begun/model.safetensors").provenance["step"]
    parent = Checkpoint.load(folder.path / "again/model.safetensors").provenance["began_with"]
    assert parent["steps"] == steps + begun
    refusal = folder.refuses("samuel-train", *SMOKE, "weights=bundled", "hydra.run.dir=other")
    assert "weights=bundled do not fit this model: they need" in refusal
    assert "model.widths=[128, 128, 256, 512]" in refusal
    refusal = folder.refuses("samuel-train", *SMOKE, "weights=no.safetensors", "hydra.run.dir=no")
    assert "no.safetensors: no such file" in refusal
    for name in ("begun", "again", "other", "no"):
        shutil.rmtree(folder.path / name, ignore_errors=True)


def test_an_interrupted_run_loses_nothing_and_says_how_to_resume(
    folder: Folder, model: Path, monkeypatch
) -> None:
    step, steps = AccompanimentDiffusion.training_step, []

    def interrupted(module, batch, index):
        steps.append(index)
        if module.current_epoch == 1 and index == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return step(module, batch, index)

    monkeypatch.setattr(AccompanimentDiffusion, "training_step", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be switched off
    stopped = folder.run("samuel-train", *SMOKE, "hydra.run.dir=stopped")
    signal.signal(signal.SIGINT, before)
    assert stopped.returncode == 130 and steps[-1] == 0
    monkeypatch.undo()
    command = stopped.stderr.strip().splitlines()[-1].split("resume with: ")[1]
    last = torch.load(shlex.split(command)[1].removeprefix("ckpt="), weights_only=False)
    assert last["global_step"] == len(steps)
    folder.does(*shlex.split(command))
    released = [
        Checkpoint.load(path) for path in (folder.path / "stopped/model.safetensors", model)
    ]
    for name, weights in released[0].weights.items():
        assert torch.equal(weights, released[1].weights[name]), name
    shutil.rmtree(folder.path / "stopped")


def test_a_sweep_has_a_folder_for_each_value(folder: Folder) -> None:
    settings = ("trainer.max_epochs=1", "sampler.num_steps=1", "trainer.precision=bf16-mixed")
    settings += ("hydra.sweep.dir=sweep",)
    folder.does("samuel-train", "-m", "model.window_size=4,8", *SMOKE, *settings)
    released = sorted((folder.path / "sweep").glob("*/model.safetensors"))
    assert ["window_size=4" in str(path) for path in released] == [True, False]
    assert ["window_size=8" in str(path) for path in released] == [False, True]


def test_the_papers_layout(folder: Folder) -> None:
    rng = np.random.default_rng(0)
    (folder.path / "paper").mkdir()
    for name in ("latent_vocal.npy", "latent_accomp.npy"):
        latents = rng.standard_normal((12, 64, 1024)).astype(np.float32)
        np.save(folder.path / "paper" / name, latents)
    small = ("model=tiny", "trainer=cpu", "trainer.max_epochs=1", "logger=none")
    data = ("data=numpy_pairs", "data.root=paper", "data.crop_frames=64", "hydra.run.dir=on_paper")
    folder.does("samuel-train", *small, *data, "model.conditioning=latents")
    released = folder.path / "on_paper" / "model.safetensors"
    refusal = folder.refuses("samuel-generate", "my take.wav", "--checkpoint", released)
    assert "unknown" in refusal


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("samuel-train model.window=3", "Key 'window' is not in struct"),
        ("samuel-train model=huge", "Could not find 'model/huge'"),
        ("samuel-train --frobnicate", "unrecognized arguments"),
        ("samuel-train trainer=gpu", "has no CUDA device; use trainer=cpu"),
        ("samuel-train ckpt=nowhere.ckpt", "no such file"),
        ("samuel-train data=latents data.root=nowhere", "nowhere"),
        ("samuel-train data=latents", "data.root is missing: add data.root="),
        ("samuel-train experiment=smoke model.film=loud", "choose per_frame"),
    ],
)
def test_bad_input_gets_one_clear_line(folder: Folder, command: str, reason: str) -> None:
    assert reason in folder.refuses(*command.split())
