"""Damaged inputs for every reader: each ends in a result or in one line, within 20 seconds.

python experiments/robustness/mutations.py --count 1000
python experiments/robustness/mutations.py --kind audio --seed 123 --count 1
"""

import argparse
import random
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import soundfile
import torch
from rich.progress import track

from samuel_gen.audio.recording import SoundFile
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.loading import load_model
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.data.verification import find_damage
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import parse_given
from samuel_gen.generation.defaults import default_settings
from samuel_gen.generation.recipe import Recipe
from samuel_gen.lead_sheet.midi import write_midi
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats
from samuel_gen.lead_sheet.text import format_lead_sheet, read_lead_sheet
from samuel_gen.models.unet import SoftAlignmentUNet
from samuel_gen.storage import write_json

SECONDS = 20
SOUNDFILE = ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "W64", "RF64")
FFMPEG = {"m4a": "aac", "webm": "libopus", "3gp": "aac", "mkv": "libmp3lame"}
NETWORK: dict[str, Any] = {
    **{"latent_channels": 64, "widths": [16, 32], "depth": 1, "context_channels": 16},
    **{"context_depth": 1, "timestep_channels": 32, "input_heads": 2, "bottleneck_heads": 4},
    "head_width": 8,
}
OVERRIDES = ["sampler=fast", "sampler.num_steps=4", "guidance.scale=2.5", "guidance=default"]


class TooSlow(BaseException):
    """A reader that has not ended in time."""


@dataclass
class Material:
    """Whole files of a kind, and the function that reads one."""

    originals: list[bytes]
    suffixes: list[str]
    read: Callable[[Path], Any]


def make_materials(folder: Path) -> dict[str, Material]:
    """Write one whole file of each format, and return the bytes of all by kind."""
    return {
        "audio": _make_audio(folder),
        "checkpoint": _make_checkpoint(folder),
        "data set": _make_dataset(folder),
        "generation.json": _make_record(folder),
        "lead sheet": _make_sheets(folder),
        "overrides": Material([word.encode() for word in OVERRIDES], [".txt"], _compose),
    }


def _make_audio(folder: Path) -> Material:
    rate = 48_000
    tone = 0.3 * np.sin(np.arange(2 * rate) * 0.03).astype(np.float32)
    sound = np.stack([tone, tone * 0.5], 1)
    paths = []
    for kind in SOUNDFILE:
        paths.append(folder / f"a.{kind.lower()}")
        soundfile.write(paths[-1], sound, rate, format=kind)
    for suffix, codec in FFMPEG.items():
        paths.append(folder / f"b.{suffix}")
        with av.open(str(paths[-1]), "w") as container:
            stream = container.add_stream(codec, rate=rate)
            stream.layout = "stereo"
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", "stereo")
            frame.sample_rate = rate
            convert = av.AudioResampler(stream.codec_context.format or "fltp", "stereo", rate)
            for each in convert.resample(frame):
                container.mux(stream.encode(each))
            container.mux(stream.encode(None))
    return _material(paths, lambda path: SoundFile(path).content_hash())


def _make_checkpoint(folder: Path) -> Material:
    target = f"{SoftAlignmentUNet.__module__}.{SoftAlignmentUNet.__qualname__}"
    network = SoftAlignmentUNet(**NETWORK)
    plain = LatentNormaliser(torch.zeros(64), torch.ones(64))
    checkpoint = Checkpoint(
        weights=dict(network.state_dict()),
        config={
            "model": {"_target_": target, **NETWORK},
            "schedule": {"_target_": "samuel_gen.diffusion.schedules.cosine"},
            "objective": {"_target_": "samuel_gen.diffusion.objective.Objective"},
            "codec": {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"},
        },
        codec_identity=SpectralCodec().identity,
        vocal_normaliser=plain,
        accompaniment_normaliser=plain,
        provenance={},
    )
    path = folder / "model.safetensors"
    checkpoint.save(path)
    load_model(path)
    return _material([path], load_model)


def _make_dataset(folder: Path) -> Material:
    whole = folder / "latents"
    encode_dataset(RenderedSource(songs=3, seconds=6.0), SpectralCodec(), whole, workers=1)
    paths = sorted(path for path in whole.iterdir() if path.suffix in (".json", ".safetensors"))

    def read(path: Path) -> None:
        with TemporaryDirectory() as copied:
            shutil.copytree(whole, copied, dirs_exist_ok=True)
            name = next(each.name for each in paths if each.suffix == path.suffix)
            shutil.copy(path, Path(copied, name))
            damage = find_damage(copied)
            if damage:
                raise SamuelError(f"{damage[0].file}: damaged")

    return _material(paths, read)


def _make_record(folder: Path) -> Material:
    vocal = folder / "a.wav"
    recipe = Recipe(
        vocal=vocal,
        checkpoint=folder / "model.safetensors",
        settings=default_settings(),
        seeds=[0],
        tuning_cents=None,
        balance=0.0,
        extend=0.0,
        suffix=".wav",
        subtype="PCM_24",
        device="cpu",
        lead_sheet=LeadSheet(steady_beats(100, 0.5, 8), 4),
    )
    path = folder / "generation.json"
    write_json(path, recipe.to_record(0.0, {}, {}, [vocal]), indent=2)
    return _material([path], Recipe.read)


def _make_sheets(folder: Path) -> Material:
    sheet = LeadSheet(steady_beats(100, 0.5, 8), 4)
    text, midi, beats = folder / "lead_sheet.txt", folder / "map.mid", folder / "beats.txt"
    text.write_text(format_lead_sheet(sheet), "utf-8")
    write_midi(sheet, midi)
    beats.write_text("\n".join(f"{beat:.3f}" for beat in sheet.beats), "utf-8")

    def read(path: Path) -> None:
        _attempt(lambda: read_lead_sheet(path))
        _attempt(lambda: parse_given(lead_sheet=path))
        parse_given(beats=path)

    return _material([text, midi, beats], read)


def _attempt(read: Callable[[], Any]) -> None:
    try:
        read()
    except SamuelError:
        return


def _compose(path: Path) -> None:
    """Compose the overrides that a file holds, as `samuel-generate` does."""
    from samuel_gen.cli.generate_options import _compose_settings

    _compose_settings(path.read_bytes().decode("utf-8", "surrogateescape").splitlines() or [""])


def _material(paths: list[Path], read: Callable[[Path], Any]) -> Material:
    return Material([path.read_bytes() for path in paths], [path.suffix for path in paths], read)


def mutate(originals: list[bytes], rng: random.Random) -> bytes:
    """Flip bits, cut, join, repeat, overwrite, or put one file's head on another's body."""
    data = bytearray(rng.choice(originals))
    way = rng.randrange(7)
    if way == 0:
        for _ in range(rng.choice([1, 3, 30])):
            at = rng.randrange(min(len(data), rng.choice([64, 4096, len(data)])))
            data[at] ^= 1 << rng.randrange(8)
    elif way == 1:
        del data[rng.randrange(len(data)) :]
    elif way == 2:
        data += rng.choice(originals)
    elif way == 3:
        head = rng.randrange(1, min(len(data), 512) + 1)
        data[:head] = rng.choice(originals)[:head]
    elif way == 4:
        at = rng.randrange(len(data))
        data[at : at + 8] = rng.choice([bytes(8), b"\xff" * 8, (2**31).to_bytes(8, "little")])
    elif way == 5:
        start = rng.randrange(len(data))
        del data[start : start + rng.choice([1, 7, 1000])]
    else:
        data[rng.randrange(len(data)) :] = rng.randbytes(rng.randrange(200))
    return bytes(data)


def try_one(material: Material, seed: int, folder: Path) -> str:
    """Mutate one file and read it; return how it ended."""
    rng = random.Random(seed)
    path = folder / f"mutated{rng.choice(material.suffixes)}"
    path.write_bytes(mutate(material.originals, rng))
    before = sorted(folder.iterdir())
    try:
        with _limit_time():
            material.read(path)
        ending = "a result"
    except SamuelError as error:
        ending = "one line" if "\n" not in str(error) else "several lines"
    except TooSlow:
        ending = "too slow"
    except Exception:
        traceback.print_exc(limit=-4)
        ending = "traceback"
    if sorted(folder.iterdir()) != before:
        ending = "a stray file"
    path.unlink()
    return ending


@contextmanager
def _limit_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def main() -> None:
    """Print a table: how the mutated inputs of each kind ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="mutated inputs of all kinds")
    parser.add_argument("--kind", help="one kind only")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        Path(folder, "whole").mkdir()
        Path(folder, "tried").mkdir()
        materials = make_materials(Path(folder, "whole"))
        kinds = [arguments.kind] if arguments.kind else list(materials)
        endings: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
        for number in track(range(arguments.count), "mutated inputs"):
            kind, seed = kinds[number % len(kinds)], arguments.seed + number
            ending = try_one(materials[kind], seed, Path(folder, "tried"))
            endings[kind][ending] += 1
            if ending not in ("a result", "one line"):
                print(f"{kind}, seed {seed}: {ending}", flush=True)
    columns = ("a result", "one line", "several lines", "traceback", "too slow", "a stray file")
    print(f"| input | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for kind, counts in endings.items():
        print(f"| {kind} | {' | '.join(str(counts[column]) for column in columns)} |")
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
