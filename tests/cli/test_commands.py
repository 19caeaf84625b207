"""The commands as a user types them, in an empty folder: what they leave, and how they refuse."""

import hashlib
import json
import shlex
import shutil
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from samuel_gen.analysis.fit import fit
from samuel_gen.analysis.recording_report import read_take
from samuel_gen.audio.recording import SoundFile
from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.shards import LatentDataset
from samuel_gen.diffusion.samplers import unipc
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.recipe import digest
from samuel_gen.training.module import AccompanimentDiffusion
from tests.cli.user import Folder

SMOKE = ("experiment=smoke", "source.seconds=6.0", "data.crop_frames=32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Holds one finished smoke run and a take."""
    folder = Folder(tmp_path_factory.mktemp("user"))
    folder.does("samuel-train", *SMOKE)
    time = np.arange(96_000) / 48_000
    voice = 0.2 * np.sign(np.sin(2 * np.pi * 220 * time)) * np.minimum(1, 4 * np.sin(6 * time) ** 2)
    soundfile.write(folder.path / "my take.wav", voice, 48_000)
    return folder


@pytest.fixture(scope="module")
def model(folder: Folder) -> Path:
    (found,) = folder.path.glob("runs/*/model.safetensors")
    return found


def test_a_run_leaves_what_was_promised(folder: Folder, model: Path) -> None:
    left = {str(path.relative_to(model.parent)) for path in model.parent.rglob("*")}
    expected = {"loss_curve.png", "mse_curve.png", "curves.csv", "model.safetensors"}
    expected |= {"checkpoints/last.ckpt", "checkpoints/best.ckpt", "csv/version_0/metrics.csv"}
    sounds = ("voice", "true", "generated", "mix")
    expected |= {f"sample/{name}.wav" for name in sounds} | {"sample/spectrograms.png"}
    assert expected <= left


def test_the_rendered_songs_are_kept_for_the_next_run(folder: Folder) -> None:
    (kept,) = (folder.path / "cache").iterdir()
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    said = folder.does("samuel-train", *SMOKE, "trainer.max_epochs=1", "hydra.run.dir=again")
    assert said.strip().splitlines()[-1].endswith(str(Path("again", "model.safetensors")))
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == before
    shutil.rmtree(folder.path / "again")


def test_ckpt_last_goes_on_in_the_same_folder_with_the_same_settings(
    folder: Folder, model: Path
) -> None:
    run = folder.path / "runs" / "copy"
    shutil.copytree(model.parent, run)
    (run / "checkpoints" / "last.ckpt").touch()
    folder.does("samuel-train", "ckpt=last", "trainer.max_epochs=3")
    rows = (run / "curves.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0.0", "1.0", "2.0"]
    assert rows[:3] == (model.parent / "curves.csv").read_text().splitlines()
    shutil.rmtree(run)


def test_a_released_models_weights_are_what_training_begins_with(folder: Folder) -> None:
    (model,) = folder.path.glob("runs/*/model.safetensors")
    still = ("trainer.max_epochs=1", "optimizer.lr=0.0", "seed=7")
    folder.does("samuel-train", *SMOKE, *still, f"weights={model}", "hydra.run.dir=begun")
    before = Checkpoint.load(model).weights
    after = Checkpoint.load(folder.path / "begun/model.safetensors").weights
    for name, weights in before.items():  # within what averaging equal numbers rounds
        assert torch.allclose(after[name], weights, rtol=1e-4, atol=1e-6), name
    steps = Checkpoint.load(model).provenance["step"]
    told = folder.does("samuel-inspect", "begun/model.safetensors")
    assert f"weights {digest(model)[:16]} of {steps} steps" in told
    words = ("weights=begun/model.safetensors", "hydra.run.dir=again")
    folder.does("samuel-train", *SMOKE, *still, *words)
    begun = Checkpoint.load(folder.path / "begun/model.safetensors").provenance["step"]
    parent = Checkpoint.load(folder.path / "again/model.safetensors").provenance["began_with"]
    assert parent["steps"] == steps + begun
    refusal = folder.refuses("samuel-train", *SMOKE, "weights=shipped", "hydra.run.dir=other")
    assert "weights=shipped: of another network (model." in refusal
    assert "model.widths=[128, 128, 256, 512]" in refusal
    refusal = folder.refuses("samuel-train", *SMOKE, "weights=no.safetensors", "hydra.run.dir=no")
    assert "no.safetensors: no such file" in refusal
    for name in ("begun", "again", "other", "no"):
        shutil.rmtree(folder.path / name, ignore_errors=True)


def test_a_run_that_is_interrupted_says_how_to_go_on(folder: Folder, monkeypatch) -> None:
    step = AccompanimentDiffusion.training_step

    def interrupted(module, batch, index):
        if module.current_epoch == 1:
            raise KeyboardInterrupt
        return step(module, batch, index)

    monkeypatch.setattr(AccompanimentDiffusion, "training_step", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    stopped = folder.run("samuel-train", *SMOKE, "hydra.run.dir=stopped")
    signal.signal(signal.SIGINT, handler)  # Lightning leaves it switched off
    assert stopped.returncode == 1
    monkeypatch.undo()
    command = stopped.stderr.strip().splitlines()[-1].split("go on with: ")[1]
    folder.does(*shlex.split(command))
    assert (folder.path / "stopped" / "model.safetensors").exists()
    shutil.rmtree(folder.path / "stopped")


def test_a_sweep_has_a_folder_for_each_value(folder: Folder) -> None:
    settings = ("trainer.max_epochs=1", "sampler.num_steps=1", "trainer.precision=bf16-mixed")
    settings += ("hydra.sweep.dir=sweep",)
    folder.does("samuel-train", "-m", "model.window_size=4,8", *SMOKE, *settings)
    released = sorted((folder.path / "sweep").glob("*/model.safetensors"))
    assert ["window_size=4" in str(path) for path in released] == [True, False]
    assert ["window_size=8" in str(path) for path in released] == [False, True]


def test_an_accompaniment_of_the_takes_own_rate_and_length(folder: Folder, model: Path) -> None:
    take = folder.path / "my take.wav"
    said = folder.does(
        "samuel-generate", take, "--checkpoint", model, "-o", "out", "--plots", "--animation"
    )
    assert (folder.path / "out/animation.gif").read_bytes().startswith(b"GIF89a")
    assert said.strip().endswith("are in out")
    for name in ("accompaniment.wav", "mix.wav"):
        info = soundfile.info(folder.path / "out" / name)
        assert (info.samplerate, info.frames, info.channels) == (48_000, 96_000, 2)
    for name in ("spectrograms.png", "sampling.png"):
        assert (folder.path / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_without_a_checkpoint_the_weights_in_the_package_play(folder: Folder) -> None:
    folder.does("samuel-generate", "my take.wav", "-o", "shipped", "sampler.num_steps=2")
    sheet = json.loads((folder.path / "shipped/generation.json").read_text())
    assert sheet["recipe"]["checkpoint"] == {"path": str(SHIPPED), "sha256": digest(SHIPPED)}
    # Installed elsewhere since: the same weights are found where they are now.
    sheet["recipe"]["checkpoint"]["path"] = "/elsewhere/accompanist.safetensors"
    (folder.path / "moved.json").write_text(json.dumps(sheet))
    said = folder.does("samuel-generate", "--from", "moved.json", "-o", "again")
    assert "the same bytes as before" in said


def test_a_model_on_the_hub_is_named_as_there(folder: Folder, model: Path, monkeypatch) -> None:
    asked = []

    def download(repo_id: str, file: str, **_) -> str:
        asked.append((repo_id, file))
        return str(model)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    command = ("samuel-generate", "my take.wav", "--checkpoint", "ann/band", "-o", "from the hub")
    folder.does(*command, "sampler.num_steps=1")
    assert asked[0] == ("ann/band", "model.safetensors") and len(asked) == 1
    sheet = json.loads((folder.path / "from the hub/generation.json").read_text())
    assert sheet["recipe"]["checkpoint"]["path"] == str(model)


def test_the_same_seed_gives_the_same_bytes(folder: Folder, model: Path) -> None:
    def digest(output: str, *more: str) -> str:
        command = ("samuel-generate", "my take.wav", "--checkpoint", model, "-o", output)
        folder.does(*command, *more, "sampler=ddim", "sampler.num_steps=3", "guidance.scale=3")
        sound = (folder.path / output / "accompaniment.wav").read_bytes()
        return hashlib.sha256(sound).hexdigest()

    assert digest("a", "--seed", "5") == digest("b", "--seed", "5") != digest("c", "--seed", "6")


def test_generation_json_makes_the_same_bytes_again(folder: Folder, model: Path) -> None:
    make = ("samuel-generate", "my take.wav", "--checkpoint", model, "-o", "sheet", "--takes", "2")
    more = ("--seed", "4", "--tuning", "10", "--balance", "-3", "--format", "flac", "--bits", "16")
    said = folder.does(*make, *more, "--extend", "1.5", "sampler=fast", "guidance.scale=3")
    head, first, second = said.splitlines()[-4:-1]
    assert head.split() == ["rank", "seed", "score", "harmony", "pulse", "why"]
    assert {first.split()[1], second.split()[1]} == {"4", "5"}
    assert float(first.split()[2]) >= float(second.split()[2])
    names = {f"{kind}-seed{seed}.flac" for kind in ("accompaniment", "mix") for seed in (4, 5)}
    assert {path.name for path in (folder.path / "sheet").iterdir()} == {*names, "generation.json"}
    mix = soundfile.info(folder.path / "sheet/mix-seed4.flac")
    assert (mix.subtype, mix.frames) == ("PCM_16", 3.5 * 48_000)
    sheet = json.loads((folder.path / "sheet/generation.json").read_text())
    assert sheet["recipe"]["settings"]["sampler"]["num_steps"] == 8
    assert set(sheet["fit"]) == {"4", "5"}
    assert sheet["recipe"]["tuning_cents"] == 10 and sheet["take"]["seconds"] == 2.0

    again = ("samuel-generate", "--from", "sheet/generation.json", "-o", "again sheet")
    assert "the same bytes as before" in folder.does(*again)
    for name in names:
        both = [(folder.path / at / name).read_bytes() for at in ("sheet", "again sheet")]
        assert both[0] == both[1]
    assert "found seed too" in folder.refuses(*again[:3], "--seed", "1")

    take = folder.path / "my take.wav"
    kept = take.read_bytes()
    take.write_bytes(kept[:-2] + b"xx")
    assert "another file by now" in folder.refuses(*again[:3], "-o", "third")
    take.write_bytes(kept)


def test_of_several_tries_the_best_is_kept(folder: Folder, model: Path) -> None:
    """Every other one hears the melody alone."""
    take = SoundFile(folder.path / "my take.wav")
    heard = read_take(take.own_blocks(), take.sample_rate)
    tried = Accompanist.from_pretrained(model).takes(
        take,
        seeds=[5, 1005, 2005],
        by_melody=[1005],
        tuning_cents=heard.sure_tuning,
        sampler=partial(unipc, num_steps=2),
    )
    scores = {
        str(made.seed): fit(made.stem, heard.melody, heard.frame_seconds, made.tuning_cents).score
        for made in tried
    }
    best = max(scores, key=scores.__getitem__)

    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=2")
    folder.does(*command, "--seed", "5", "--tries", "3", "--animation", "-o", "best")
    sheet = json.loads((folder.path / "best/generation.json").read_text())
    assert {seed: found["score"] for seed, found in sheet["fit"].items()} == {
        best: pytest.approx(scores[best], abs=1e-3)
    }
    again = ("samuel-generate", "--from", "best/generation.json", "-o", "the best again")
    assert "the same bytes as before" in folder.does(*again)


def test_a_single_take_is_the_best_of_four(folder: Folder, model: Path) -> None:
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=1")
    assert "the best of 4 tries: " in folder.does(*command, "-o", "of four")
    assert "tries" not in folder.does(*command, "-o", "of one", "--tries", "1")
    assert "tries" not in folder.does(*command, "-o", "two of two", "--takes", "2")


def test_a_stretch_is_made_anew_of_what_is_there(folder: Folder, model: Path) -> None:
    def sound(output: str) -> np.ndarray:
        return soundfile.read(folder.path / output / "accompaniment.wav")[0]

    make = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=2")
    folder.does(*make, "-o", "whole")
    again = ("samuel-generate", "--from", "whole/generation.json", "--redo", "0.5-1.25")
    assert "the same bytes as before" in folder.does(*again, "-o", "redone")
    changed = np.flatnonzero((sound("whole") != sound("redone")).any(1))
    assert 24_000 <= changed[0] and changed[-1] < 60_000 and changed.size > 30_000
    sheet = json.loads((folder.path / "redone/generation.json").read_text())
    assert sheet["recipe"]["redo"] == [[0.5, 1.25, 1]]

    folder.does(*make, "--redo", "0.5-1.25", "-o", "at once")
    assert (sound("at once") == sound("redone")).all()
    assert "the same bytes" in folder.does(*again[:2], "redone/generation.json", "-o", "redone 2")
    folder.does(*again[:2], "redone/generation.json", "--redo", "1.3-2:9", "-o", "more")
    assert (sound("more") != sound("redone")).any(1).nonzero()[0][0] >= 1.3 * 48_000
    assert "redo 1-9: expected" in folder.refuses(*again[:3], "--redo", "1-9", "-o", "past it")


def test_one_bad_take_does_not_stop_the_others(folder: Folder, model: Path) -> None:
    (folder.path / "takes").mkdir()
    for name in ("one.wav", "two.wav", "notes.txt"):
        shutil.copy(folder.path / "my take.wav", folder.path / "takes" / name)
    (folder.path / "takes" / "broken.wav").write_text("la la la")
    command = ("samuel-generate", "takes", "--checkpoint", model, "sampler.num_steps=1")
    done = folder.run(*command, "-o", "all")
    assert done.returncode == 1 and "broken.wav: not audio" in done.stderr
    assert done.stdout.strip().endswith("2 of 3 are in all")
    for name in ("one", "two"):
        assert soundfile.info(folder.path / "all" / name / "mix.wav").frames == 96_000
    assert "there are files already" in folder.refuses(*command, "-o", "all")


def test_what_a_user_has_made_is_not_overwritten(folder: Folder, model: Path) -> None:
    (folder.path / "mine").mkdir()
    (folder.path / "mine" / "mix.wav").write_text("precious")
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "-o", "mine")
    assert "add --overwrite" in folder.refuses(*command)
    assert (folder.path / "mine" / "mix.wav").read_text() == "precious"
    folder.does(*command, "--overwrite", "sampler.num_steps=1")
    assert soundfile.info(folder.path / "mine" / "mix.wav").frames == 96_000


def test_encoding_stems_and_training_on_them(folder: Folder) -> None:
    rng = np.random.default_rng(0)
    for song in ("one", "two", "three é", "broken"):
        stems = folder.path / "stems" / song
        stems.mkdir(parents=True)
        soundfile.write(stems / "vocals.flac", 0.1 * rng.standard_normal((66_150, 1)), 22_050)
        length = 10_000 if song == "broken" else 96_000
        soundfile.write(stems / "bass.wav", 0.1 * rng.standard_normal((length * 3 // 2, 2)), 48_000)
        soundfile.write(stems / "drums.ogg", 0.1 * rng.standard_normal((length * 3 // 2,)), 48_000)
    command = ("samuel-encode", "source=stems_folder", "source.root=stems", "output=latents")
    said = folder.does(*command)
    assert "3 songs" in said and "1 left out" in said
    assert "broken" in (folder.path / "latents" / "skipped.csv").read_text()
    assert "overwrite" in folder.refuses(*command)
    small = ("model=tiny", "trainer=cpu", "trainer.max_epochs=1", "data.crop_frames=16")
    data = ("data=latents", "data.root=latents", "logger=none", "hydra.run.dir=on_stems")
    folder.does("samuel-train", *small, *data, "sampler.num_steps=2")
    assert (folder.path / "on_stems" / "model.safetensors").exists()

    dataset = LatentDataset.open(folder.path / "latents")
    ours = SpectralCodec().identity.weights_hash
    other = replace(dataset.codec_identity, weights_hash="0" * len(ours))
    replace(dataset, codec_identity=other).save()
    assert f"{'0' * len(ours)} / {ours}" in folder.refuses("samuel-train", *small, *data)


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
        ("samuel-train trainer=gpu", "found no CUDA device; expected one; use trainer=cpu"),
        ("samuel-train ckpt=nowhere.ckpt", "no such file"),
        ("samuel-train data=latents data.root=nowhere", "nowhere"),
        ("samuel-train data=latents", "data.root: not given"),
        ("samuel-train experiment=smoke model.film=loud", "expected one of per_frame"),
        ("samuel-encode", "output: not given"),
        ("samuel-encode output=x source=stems_folder", "source.root: not given"),
        ("samuel-encode output=x source=stems_folder source.root=nowhere", "nowhere"),
        ("samuel-generate nothing.wav --checkpoint MODEL", "nothing.wav: no such file"),
        ("samuel-generate text.wav --checkpoint MODEL", "not audio"),
        ("samuel-generate empty.wav --checkpoint MODEL", "0 samples"),
        ("samuel-generate short.wav --checkpoint MODEL", "expected at least 1 s"),
        ("samuel-generate silent.wav --checkpoint MODEL", "silent"),
        ("samuel-generate nan.wav --checkpoint MODEL", "NaN or infinite"),
        ("samuel-generate short.wav --checkpoint nothing.safetensors", "short.wav"),
        ("samuel-generate ok.wav --checkpoint nothing.safetensors", "no such file"),
        ("samuel-generate ok.wav --checkpoint text.wav", "not a whole safetensors file"),
        ("samuel-generate ok.wav --checkpoint cut.safetensors", "cut short"),
        (
            "samuel-generate ok.wav --checkpoint MODEL sampler=magic",
            "Could not find 'sampler/magic'",
        ),
        ("samuel-generate ok.wav --checkpoint MODEL sampler.num_steps=900", "expected 1 to 800"),
        ("samuel-generate ok.wav --checkpoint MODEL --volume 3", "unrecognized arguments"),
        ("samuel-generate ok.wav --checkpoint MODEL --device teapot", "not on this machine"),
        ("samuel-generate", "no recording is named"),
        ("samuel-generate ok.wav --checkpoint MODEL --takes 0", "expected 1 to 64"),
        ("samuel-generate ok.wav --checkpoint MODEL --tries 0", "expected 1 to 64 for each"),
        ("samuel-generate ok.wav --checkpoint MODEL --takes 9 --tries 8", "expected 1 to 7 for"),
        ("samuel-generate ok.wav --checkpoint MODEL --tuning 300", "expected -100 to 100"),
        ("samuel-generate ok.wav --checkpoint MODEL --format flac --bits float", "FLAC holds"),
        ("samuel-generate ok.wav ok.wav --checkpoint MODEL", "the folder of two takes"),
        ("samuel-generate --from text.wav", "cannot be used"),
        ("samuel-generate ok.wav --checkpoint MODEL --redo 3", "expected START-STOP in seconds"),
    ],
)
def test_bad_input_gets_one_clear_line(
    folder: Folder, model: Path, command: str, reason: str
) -> None:
    voice = 0.1 * np.sin(np.arange(44_100) / 20)
    broken = np.where(np.arange(44_100) == 7, np.nan, voice)
    sounds = {"ok": voice, "short": voice[:40_000], "silent": 0 * voice, "nan": broken}
    for name, samples in sounds.items():
        soundfile.write(folder.path / f"{name}.wav", samples, 44_100, subtype="FLOAT")
    soundfile.write(folder.path / "empty.wav", np.zeros(0), 44_100)
    (folder.path / "text.wav").write_text("la la la")
    (folder.path / "cut.safetensors").write_bytes(model.read_bytes()[:5000])
    words = [str(model) if word == "MODEL" else word for word in command.split()]
    assert reason in folder.refuses(*words)
