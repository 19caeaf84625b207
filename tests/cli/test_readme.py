"""Every command of the README's "Use" section, as it stands there but smaller."""

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samuel_gen.audio.separation import HybridDemucs
from tests.cli.user import Folder

ROOT = Path(__file__).resolve().parents[2]
USE = re.search(r"^## Use\n(.*?)^## ", (ROOT / "README.md").read_text(), re.S | re.M)
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
ELSEWHERE = {  # what this machine lacks, and what stands for it here
    "trainer=gpu": "trainer=cpu",
    "trainer.devices=4": "trainer.devices=1 trainer.accelerator=cpu",
    "hydra/launcher=slurm": "hydra/launcher=basic",
    "data.root=s3://bucket/CHUNKS": "data.root=CHUNKS",
    "model.window_size=4,8,16,32": "model.window_size=4,8",
    "experiment=window_ablation": "experiment=window_ablation model.window_size=4,8 seed=0",
    "experiment=release": "experiment=release training.compile=false",
    "weights=shipped": "weights=model.safetensors model.window_size=16 model.local_at=noisy",
    "12.5-20": "0.5-1.5",
    "USER/NAME": "model.safetensors",
}


def commands() -> list[list[str]]:
    assert USE is not None
    lines = [line.strip() for line in USE[1].splitlines() if line.startswith("    samuel-")]
    return [shlex.split(line, comments=True) for line in lines]


def here(words: Sequence[str], output: str) -> list[str]:
    """The command with less to do, and with what is at hand."""
    words = [part for word in words for part in ELSEWHERE.get(word, word).split()]
    if {"--from", "ckpt=last", "--cfg", "--list"} & set(words):
        return words
    rendered = {"source=rendered", "source=unheard"} & set(words) or not any(
        w.startswith(("source=", "data=")) for w in words
    )
    for name, value in SMALLER.get(words[0], {}).items():
        given = [at for at, word in enumerate(words) if word.startswith(f"{name}=")]
        if given:
            words[given[0]] = f"{name}={value}"
        elif rendered or not name.startswith(("source.", "data.crops")):
            words.append(f"{name}={value}")
    if words[0] == "samuel-encode" and "add=true" not in words and "output=LATENTS" in words:
        words[words.index("output=LATENTS")] = f"output={output}"
    return words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """What the README takes for granted: songs in the layouts that it names, and takes."""
    folder = Folder(tmp_path_factory.mktemp("reader"))
    rng = np.random.default_rng(0)

    def put(name: str, seconds: float = 2.0) -> None:
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(round(44_100 * seconds)) / 44_100
        sound = 0.1 * np.sign(np.sin(2 * np.pi * rng.uniform(100, 400) * time)) * (time % 0.5 < 0.4)
        soundfile.write(path, sound, 44_100)

    for song in ("one", "two", "three"):
        for stem in STEMS:
            put(f"STEMS/{song}/{stem}.wav")
            put(f"MUSDB18HQ/train/{song}/{stem}.wav")
            put(f"MUSDB18HQ/test/{song} again/{stem}.wav")
        put(f"SONGS/{song}.wav")
    for name in ("take.wav", "A.wav", "B.wav"):
        put(name)
    put("takes/first.wav")
    put("takes/second.wav")
    (folder.path / "mine/experiment").mkdir(parents=True)
    (folder.path / "mine/experiment/try.yaml").write_text(
        "# @package _global_\nmodel:\n  window_size: 4\n"
    )
    (folder.path / "DIR").mkdir()
    for name in ("latent_vocal.npy", "latent_accomp.npy"):
        latents = rng.standard_normal((12, 64, 1024)).astype(np.float32)
        np.save(folder.path / "DIR" / name, latents)
    return folder


def test_all_of_them_do_what_they_say(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the README's order: later ones use what earlier ones left."""

    def halves(self, mixture):
        return ((block / 2, block / 2) for block in mixture.blocks(self.sample_rate))

    monkeypatch.setattr(HybridDemucs, "prepare", lambda self: None)
    monkeypatch.setattr(HybridDemucs, "separate", halves)
    found = commands()
    assert len(found) > 20 and {words[0] for words in found} >= set(SMALLER)
    for number, words in enumerate(found):
        sweeps = sorted(str(path) for path in folder.path.glob("runs/multirun/*"))
        words = [sweeps[0] if word == "runs/multirun/DATE" else word for word in words]
        folder.does(
            *here(words, "LATENTS" if number == first_encoding(found) else f"made {number}")
        )
        released = sorted(folder.path.glob("runs/*/model.safetensors"))
        shutil.copy(released[0], folder.path / "model.safetensors")
    for name in ("out", "eight", "all/first", "out2", "again", "own"):
        assert list((folder.path / name).glob("mix*")), name


def first_encoding(found: Sequence[Sequence[str]]) -> int:
    return next(number for number, words in enumerate(found) if words[0] == "samuel-encode")


def test_so_does_its_python(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert USE is not None
    (code,) = re.findall(r"```python\n(.*?)```", USE[1], re.S)
    if not (folder.path / "model.safetensors").exists():
        folder.does("samuel-train", "experiment=smoke", "source.seconds=6.0", "data.crop_frames=32")
        (released,) = folder.path.glob("runs/*/model.safetensors")
        shutil.copy(released, folder.path / "model.safetensors")
    monkeypatch.chdir(folder.path)
    names: dict[str, object] = {}
    exec(code, names)
    result = names["result"]
    assert result.mix.shape == result.accompaniment.shape == (2, 88_200)
