"""Every command of the README and of the guides runs, as it stands there but smaller."""

import importlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samuel_gen.audio.files import read_audio
from samuel_gen.audio.separation import HybridDemucs
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.lead_sheet.sheet import LeadSheet
from tests.cli.user import Folder
from tests.docs.pages import GUIDES, README, commands

STEMS = ("vocals", "bass", "drums", "other", "mixture")

SMALLER = {
    "samuel-train": {
        "model": "tiny",
        "trainer.max_epochs": "1",
        "source.songs": "6",
        "source.seconds": "6.0",
        "data.crop_frames": "32",
        "data.crops_per_song": "1",
        "data.batch_size": "2",
        "sampler.num_steps": "1",
        "logger": "csv",
    },
    "samuel-encode": {"source.songs": "2", "source.seconds": "6.0", "workers": "1"},
    "samuel-generate": {"sampler.num_steps": "1"},
    "samuel-evaluate": {
        "sampler.num_steps": "1",
        "source.songs": "3",
        "source.seconds": "6",
        "seeds": "[0]",
    },
}
STAND_INS = {  # for what this machine lacks, and for what takes long
    "trainer=gpu": "trainer=cpu",
    "trainer.devices=4": "trainer.devices=1 trainer.accelerator=cpu",
    "hydra/launcher=slurm": "hydra/launcher=basic",
    "hydra/launcher=ray_cluster": "hydra/launcher=basic",
    "hydra.launcher.partition=gpu": "",
    "hydra/sweeper=search": "hydra/sweeper=search hydra.sweeper.n_trials=1",
    "data.root=s3://bucket/CHUNKS": "data.root=CHUNKS",
    "model.window_size=4,8,16,32": "model.window_size=4,8",
    "optimizer.lr=1e-3,2e-3,4e-3": "optimizer.lr=1e-3",
    "seed=0,1,2": "seed=0",
    "experiment=window_ablation": "experiment=window_ablation model.window_size=4 seed=0",
    "experiment=release": "experiment=release training.compile=false weights=null",
    "weights=bundled": "weights=model.safetensors model.window_size=16 model.local_at=noisy",
    "12.5-20": "0.5-1.5",
    "12.5-20:7": "0.5-1.5:7",
    "31-36": "1.2-1.9",
    "4.17": "0.4",
    "USER/NAME": "model.safetensors",
}
WRITTEN = ("out", "eight", "best", "all/first", "louder", "careful", "again", "fixed", "chorus")
SHEETS = (
    "slow",
    "chosen",
    "double",
    "from",
    "waltz",
    "tapped",
    "daw",
    "chords",
    "some",
    "bossa",
    "edited",
    "counted",
)


def shrink(words: Sequence[str]) -> list[str]:
    """Return the command with less to do, and with stand-ins for what is not at hand."""
    words = [
        part
        for word in words
        for part in (STAND_INS[word].split() if word in STAND_INS else [word])
    ]
    if {"--from", "ckpt=last", "--cfg", "--list"} & set(words):
        return words
    if "hydra/launcher=basic" in words and "model.window_size=4,8" in words:
        words[words.index("model.window_size=4,8")] = "model.window_size=4"
    is_rendered = {"source=rendered", "source=unheard"} & set(words) or not any(
        word.startswith(("source=", "data=")) for word in words
    )
    for name, value in SMALLER.get(words[0], {}).items():
        given = [at for at, word in enumerate(words) if word.startswith(f"{name}=")]
        if given and name != "logger":
            words[given[0]] = f"{name}={value}"
        elif not given and (is_rendered or not name.startswith(("source.", "data.crops"))):
            words.append(f"{name}={value}")
    return words


def find_commands(*starts: str) -> list[list[str]]:
    """Return the commands of all pages that start so, in their order, shrunk, each of them once."""
    found: dict[frozenset[str], list[str]] = {}
    for page in (README, *GUIDES):
        for words in commands(page, *starts):
            shrunk = words if words[0] == "python" else shrink(words)
            found.setdefault(frozenset(shrunk), shrunk)
    return list(found.values())


@pytest.fixture
def folder(tmp_path: Path, make_checkpoint) -> Folder:
    """A folder with what the pages take for granted: recordings, songs and checkpoints."""
    folder = Folder(tmp_path)
    rng = np.random.default_rng(0)

    def write(name: str, seconds: float = 2.0) -> None:
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(round(44_100 * seconds)) / 44_100
        sound = 0.1 * np.sign(np.sin(2 * np.pi * rng.uniform(100, 400) * time)) * (time % 0.5 < 0.4)
        soundfile.write(path, sound, 44_100)

    for song in ("one", "two", "three"):
        for stem in STEMS:
            write(f"STEMS/{song}/{stem}.wav")
            write(f"MUSDB18HQ/train/{song}/{stem}.wav")
            write(f"MUSDB18HQ/test/{song} again/{stem}.wav")
        write(f"SONGS/{song}.wav")
    recordings = ("take.wav", "A.wav", "B.wav", "real_take.wav", "real_band.ogg")
    recordings += ("docs/audio/vocal.ogg",)
    for name in (*recordings, "recordings/first.wav", "recordings/second.wav"):
        write(name)
    for song in RenderedSource(songs=3, seconds=6.0, seed=1).songs():
        write(f"MUSIC/{song.name}.wav", seconds=6.0)
    (folder.path / "tapped.txt").write_text("0.1\n0.6 1\n1.1\n1.6\n")
    sheet = LeadSheet((0.0, 0.5, 1.0, 1.6, 2.2))
    sheet.write_midi(folder.path / "map.mid")
    sound, _ = read_audio(folder.path / "take.wav")
    latents = SpectralCodec().encode(sound.expand(2, -1))
    scale = latents.std(1) + 0.01  # a mono sound has no width
    normaliser = LatentNormaliser(mean=latents.mean(1), scale=scale)  # else nothing is audible
    for name in ("model.safetensors", "other.safetensors"):
        make_checkpoint(normaliser).save(folder.path / name)
    (folder.path / "mine/experiment").mkdir(parents=True)
    (folder.path / "mine/experiment/try.yaml").write_text(
        "# @package _global_\nmodel:\n  window_size: 4\n"
    )
    (folder.path / "DIR").mkdir()
    for name in ("latent_vocal.npy", "latent_accomp.npy"):
        latents = rng.standard_normal((12, 64, 1024)).astype(np.float32)
        np.save(folder.path / "DIR" / name, latents)
    return folder


@pytest.fixture
def halving_separator(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source separator that needs no download: half of the mixture is the vocal."""

    def halves(self, mixture):
        return ((block / 2, block / 2) for block in mixture.blocks(self.sample_rate))

    monkeypatch.setattr(HybridDemucs, "prepare", lambda self: None)
    monkeypatch.setattr(HybridDemucs, "separate", halves)


def run_module(words: Sequence[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `python -m MODULE ...` in this process, on one short song."""
    module = importlib.import_module(words[2])
    monkeypatch.chdir(folder)
    arguments = [*words[3:], "--songs", "1", "--seconds", "4"]
    assert module.main(arguments) == 0


def test_commands_that_generate_run(folder: Folder) -> None:
    found = find_commands("samuel-generate")
    assert len(found) > 10
    for words in found:
        folder.does(*words)
    for name in WRITTEN + SHEETS:
        assert list((folder.path / name).glob("mix*")), name


def test_commands_that_encode_and_inspect_run(
    folder: Folder, halving_separator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_commands("samuel-encode", "samuel-inspect", "python")
    assert len(found) > 10
    for number, words in enumerate(found):
        if words[0] == "python":
            run_module(words, folder.path, monkeypatch)
            continue
        outputs = [at for at, word in enumerate(words) if word.startswith("output=")]
        exists = outputs and (folder.path / words[outputs[0]].removeprefix("output=")).exists()
        if exists and "add=true" not in words:
            words[outputs[0]] = f"output=DATASET{number}"  # each example starts afresh
        folder.does(*words)


def test_commands_that_train_and_compare_run(folder: Folder) -> None:
    for words in find_commands("samuel-encode source=stems_folder"):
        folder.does(*words)
    found = find_commands("samuel-train", "samuel-report")
    assert len(found) > 15
    for words in found:
        if "runs/multirun/DATE" in words:
            sweep = sorted((folder.path / "runs/multirun").iterdir())[0]
            words[words.index("runs/multirun/DATE")] = str(sweep)
        if "weights=model.safetensors" in words:  # that of a run with the same network
            released = sorted(folder.path.glob("runs/*/model.safetensors"))
            shutil.copy(released[0], folder.path / "model.safetensors")
        folder.does(*words)


def test_commands_that_evaluate_run(folder: Folder) -> None:
    found = find_commands("samuel-evaluate")
    assert len(found) > 5
    for words in found:
        folder.does(*words)


def test_the_python_of_the_lead_sheet_runs(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    page = README.parent / "docs/lead-sheet.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S)
    monkeypatch.chdir(folder.path)
    names: dict[str, object] = {}
    exec(code, names)
    assert names["result"].lead_sheet == LeadSheet.read("lead_sheet.txt") == names["sheet"]


def test_the_python_of_the_pages_runs(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.S)
    assert code in (README.parent / "docs/api.md").read_text("utf-8")
    monkeypatch.chdir(folder.path)
    names: dict[str, object] = {}
    exec(code, names)
    result = names["result"]
    assert result.mix.shape == result.accompaniment.shape == (2, 88_200)
    assert soundfile.info(folder.path / "mix.wav").frames == 88_200
