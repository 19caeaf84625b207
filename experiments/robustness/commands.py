"""Damaged inputs for the commands: each run ends in a result or in one line, within 20 s.

python experiments/robustness/commands.py --count 360
python experiments/robustness/commands.py --kind "train weights=" --seed 7 --count 1
"""

import argparse
import importlib
import os
import pkgutil
import random
import resource
import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import soundfile
from mutations import make_materials, mutate

import samuel_gen

SECONDS = 20  # of CPU time beyond that of the whole input; other work does not count
MOST = 600.0  # seconds of CPU time, and on the clock, after which a run is stopped
COLUMNS = ("a result", "one line", "more lines", "traceback", "too slow", "a stray file")
QUICK = ["sampler.num_steps=1", "guidance=default", "guidance.scale=2.5"]
SONGS = ["source=stems_folder", "source.root=songs"]
TRAIN = [
    *("experiment=smoke", "data=latents", "data.root=latents", "data.batch_size=2"),
    *("data.crop_frames=32", "trainer.max_epochs=1", "sampler.num_steps=1"),
    *("callbacks.samples.every_n_epochs=0", "hydra.run.dir=out"),
]
YAML = b"""# @package _global_
defaults:
  - override /model: tiny
  - override /trainer: cpu
seed: 1
trainer:
  max_epochs: 1
optimizer: {lr: 1.0e-3}
training: {condition_dropout: 0.2}
"""


@dataclass(frozen=True)
class Kind:
    """A command, and the part of its input that is damaged.

    Attributes:
        inputs: the names of the whole files, one of which is damaged.
        place: returns the place of the damaged file, given its name.
        words: returns the command line, given that place.
    """

    inputs: list[str]
    place: Callable[[str], str]
    words: Callable[[str], list[str]]


def _generate(*options: str) -> list[str]:
    return ["generate", "-o", "out", *options, "sampler.num_steps=1"]


def make_kinds(whole: Path) -> dict[str, Kind]:
    """List the kinds; the whole files are in a folder."""
    names = sorted(path.name for path in whole.iterdir())
    sounds = [name for name in names if name[0] in "ab" and name[1] == "."]
    sheets = ["lead_sheet.txt", "map.mid", "beats.txt"]
    dataset = sorted(f"latents/{path.name}" for path in (whole / "latents").iterdir())
    changed = lambda name: f"changed{Path(name).suffix}"  # noqa: E731
    evaluate = ["evaluate", "generated=made", *SONGS, "seconds=2.0", "output=out"]
    return {
        "generate VOCAL": Kind(sounds, changed, lambda path: _generate(path)),
        "generate --lead-sheet": Kind(
            sheets[:1], changed, lambda path: _generate("a.wav", "--lead-sheet", path)
        ),
        "generate --beats": Kind(sheets, changed, lambda path: _generate("a.wav", "--beats", path)),
        "generate --from": Kind(
            ["generation.json"], changed, lambda path: ["generate", "--from", path, "-o", "out"]
        ),
        "generate --checkpoint": Kind(
            ["model.safetensors"], changed, lambda path: _generate("a.wav", "--checkpoint", path)
        ),
        "evaluate generated=": Kind(
            sounds, lambda name: f"made/s0{Path(name).suffix}", lambda path: evaluate
        ),
        "evaluate checkpoint=": Kind(
            ["model.safetensors"],
            changed,
            lambda path: ["evaluate", f"checkpoint={path}", *SONGS, "seconds=2.0", "output=out"],
        ),
        "encode, stems": Kind(
            sounds,
            lambda name: f"songs/s0/vocals{Path(name).suffix}",
            lambda path: ["encode", *SONGS, "output=out", "workers=1"],
        ),
        "encode, overrides": Kind(
            ["encode.txt"],
            lambda name: "encode.txt",
            lambda path: ["encode", *_read_words(path), "output=out"],
        ),
        "train, overrides": Kind(
            ["train.txt"], lambda name: "train.txt", lambda path: ["train", *_read_words(path)]
        ),
        "train, YAML": Kind(
            ["mine.yaml"],
            lambda name: "configs/experiment/mine.yaml",
            lambda path: ["train", "--config-dir=configs", "+experiment=mine", *TRAIN[1:]],
        ),
        "train weights=": Kind(
            ["model.safetensors"], changed, lambda path: ["train", *TRAIN, f"weights={path}"]
        ),
        "train data.root=": Kind(dataset, lambda name: name, lambda path: ["train", *TRAIN]),
    }


def _read_words(path: str) -> list[str]:
    text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
    return [word.replace("\0", "") for word in text.split("\n")]


def make_whole(folder: Path) -> None:
    """Write a whole file of each kind, a data set, and three songs with accompaniments."""
    make_materials(folder)
    shutil.copytree(folder / "latents", folder / "copy")
    sound, rate = soundfile.read(folder / "a.wav")
    for number in range(3):
        song = folder / "songs" / f"s{number}"
        song.mkdir(parents=True)
        for part, gain in (("vocals", 1.0), ("other", 0.5)):
            soundfile.write(song / f"{part}.wav", gain * sound * (number + 1) / 3, rate)
        (folder / "made").mkdir(exist_ok=True)
        soundfile.write(folder / "made" / f"s{number}.wav", sound, rate)
    (folder / "copy").rename(folder / "unused")
    (folder / "encode.txt").write_text(
        "\n".join([*SONGS, "workers=1", "add=false", "codec=spectral"])
    )
    (folder / "train.txt").write_text("\n".join([*TRAIN, "optimizer.lr=1e-3"]))
    (folder / "mine.yaml").write_bytes(YAML)


def run(words: list[str], folder: Path, log: Path, most: float = MOST) -> tuple[int, float]:
    """Run a command in a fork of this process; return its exit code and CPU seconds.

    Args:
        words: the command line.
        folder: the folder to run in.
        log: the file for what it prints on stderr.
        most: the CPU seconds that it is given.

    The code is -9 for a process that had to be stopped, and 99 for a traceback.
    """
    process = os.fork()
    if not process:
        code = 99
        try:
            os.chdir(folder)
            with log.open("wb", buffering=0) as file:
                os.dup2(os.open(os.devnull, os.O_RDWR), 1)
                os.dup2(file.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_CPU, (round(most), round(most)))
            os.environ["HOME"] = str(folder / "home")
            command, *sys.argv[1:] = words
            sys.argv[0] = f"samuel-{command}"
            importlib.import_module(f"samuel_gen.cli.{command}").main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    end = time.monotonic() + MOST
    while True:
        ended, status, usage = os.wait4(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        if time.monotonic() > end:
            os.kill(process, 9)
            os.waitpid(process, 0)
            return -9, most
        time.sleep(0.02)


def time_whole(kind: Kind, whole: Path, tried: Path) -> float:
    """Return the CPU seconds of a run whose input is whole.

    With the network of the checkpoint, which has random weights, the music may be silent, which is
    a line of its own.
    """
    name = kind.inputs[0]
    _lay_out(whole, tried, kind.place(name), (whole / name).read_bytes())
    code, seconds = run(kind.words(kind.place(name)), tried, tried.parent / "stderr.txt")
    assert code in (0, 2), f"{code}: {(tried.parent / 'stderr.txt').read_text()}"
    return seconds


def try_one(kind: Kind, seed: int, whole: Path, tried: Path) -> tuple[str, str]:
    """Damage one file, run the command, and return how it ended and what it said.

    A run of more than 20 s is compared with that of the whole input.
    """
    rng = random.Random(seed)
    name = rng.choice(kind.inputs)
    data = mutate([(whole / each).read_bytes() for each in kind.inputs], rng)
    _lay_out(whole, tried, kind.place(name), data)
    words = kind.words(kind.place(name))
    before = _list_files(tried)
    log = tried.parent / "stderr.txt"
    code, seconds = run(words, tried, log)
    said = log.read_bytes().decode("utf-8", "replace")
    lines = [line for line in said.split("\n") if line.strip() and "\r" not in line]
    added = _list_files(tried) - before
    if code in (-9, -24) or seconds > SECONDS:
        usual = 0.0 if code in (-9, -24) else time_whole(kind, whole, tried)
        if seconds > usual + SECONDS:
            return (
                "too slow",
                f"{seconds:.0f} s of CPU time; whole: {usual:.0f} s; code {code}\n{said}",
            )
    if "Traceback" in said or code not in (0, 1, 2):
        return "traceback", f"{code}\n{said}"
    strays = [path for path in added if not path.startswith("out")]
    if strays:
        return "a stray file", str(strays[:5])
    if code == 0:
        return "a result", said
    return ("one line" if len(lines) == 1 else "more lines"), said


def _lay_out(whole: Path, tried: Path, place: str, data: bytes) -> None:
    """Copy the whole files into a folder, and put one file of it in its place."""
    shutil.rmtree(tried, ignore_errors=True)
    shutil.copytree(whole, tried)
    path = tried / place
    if path.parent.name in ("s0", "made"):  # the file of this song, which may be of another format
        (path.parent / ("vocals.wav" if path.parent.name == "s0" else "s0.wav")).unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.chdir(tried)


def _list_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def main() -> None:
    """Print a table: how the runs of each kind ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=390, help="runs of all kinds")
    parser.add_argument("--kind", help="one kind only")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    here = os.getcwd()
    for module in pkgutil.walk_packages(samuel_gen.__path__, "samuel_gen."):
        if not module.name.endswith("__main__") and ".web" not in module.name:
            importlib.import_module(module.name)
    with TemporaryDirectory() as name:
        whole, tried = Path(name, "whole"), Path(name, "tried")
        os.environ |= {"SAMUEL_CACHE": f"{name}/cache", "TMPDIR": f"{name}/tmp"}
        Path(name, "tmp").mkdir()
        whole.mkdir()
        if not (maker := os.fork()):  # so that this process has computed nothing
            make_whole(whole)
            os._exit(0)
        assert os.waitpid(maker, 0)[1] == 0
        assert len(os.listdir("/proc/self/task")) == 1, "a fork copies one thread only"
        all_kinds = make_kinds(whole)
        kinds = [arguments.kind] if arguments.kind else list(all_kinds)
        endings: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
        try:
            for number in range(arguments.count):
                kind, seed = kinds[number % len(kinds)], arguments.seed + number
                ending, said = try_one(all_kinds[kind], seed, whole, tried)
                endings[kind][ending] += 1
                print(f"{number}: {kind}, {ending}", file=sys.stderr, flush=True)
                if ending not in ("a result", "one line"):
                    print(f"seed {seed}: {ending}\n{said[-1500:]}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("stopped; the table has the runs that ended", file=sys.stderr)
        os.chdir(here)
    print(f"| command | runs | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}")
    for kind, counts in endings.items():
        numbers = [counts.total(), *(counts[column] for column in COLUMNS)]
        print(f"| {kind} | {' | '.join(map(str, numbers))} |")


if __name__ == "__main__":
    main()
