"""Trainings and encoders that are killed and resumed end with the bytes of unbroken ones.

python experiments/robustness/kills.py train --kills 100
python experiments/robustness/kills.py encode --kills 100
"""

import argparse
import faulthandler
import hashlib
import importlib
import json
import os
import pkgutil
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file

import samuel_gen

FRESH = 10  # every tenth start is a new interpreter, the others are forks of this process
AIMED = 3  # every third kill waits for a file that is being written
IMPORTS = 10.0  # seconds by which a kill of a new interpreter may come later
LONGEST = 120  # seconds until a file to aim at must have appeared
TRAIN = [
    *("experiment=smoke", "source.seconds=6.0", "data.crop_frames=32", "seed=1"),
    *("callbacks.keep_last.minutes=0.005", "callbacks.early_stopping.patience=1000"),
    *("trainer.max_epochs=25", "callbacks.samples.every_n_epochs=0", "sampler.num_steps=1"),
]
ENCODE = ["source=rendered", "source.seconds=4.0", "source.songs=20"]
START = """
import faulthandler, signal, sys
faulthandler.register(signal.SIGTTIN, file=open({stack!r}, "w"), all_threads=False, chain=True)
sys.argv = {argv!r}
from samuel_gen.cli.{command} import main
main()
"""


@dataclass(frozen=True)
class Kind:
    """A command that is killed.

    Attributes:
        command: its name.
        phases: the phase of each function, or file, that the stack may name; the first that is
            found counts.
        words: returns the arguments of a start, given the folder of the result and whether the
            start is a new interpreter.
        result: the file that exists once the command has ended.
        longest: a kill at random comes up to this many seconds after a start.
        targets: patterns of the files to aim at, below the folder.
        digest: returns the SHA-256 of the result.
    """

    command: str
    phases: dict[str, str]
    words: Callable[[Path, bool], list[str]]
    result: str
    longest: float
    targets: list[str]
    digest: Callable[[Path], str]


def _train_words(folder: Path, is_fresh: bool) -> list[str]:
    state = folder / "checkpoints" / "last.ckpt"
    return [f"ckpt={state}"] if state.exists() else [*TRAIN, f"hydra.run.dir={folder}"]


def _encode_words(folder: Path, is_fresh: bool) -> list[str]:
    return [*ENCODE, f"output={folder}", f"workers={2 if is_fresh else 1}"]


def _digest_weights(folder: Path) -> str:
    weights = load_file(folder / "model.safetensors")
    return hashlib.sha256(
        b"".join(name.encode() + weights[name].numpy().tobytes() for name in sorted(weights))
    ).hexdigest()


def _digest_files(folder: Path) -> str:
    sha = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if ".partial" not in path.relative_to(folder).parts:
            sha.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return sha.hexdigest()


KINDS = {
    "train": Kind(
        "train",
        {
            "write_atomically": "writing a file",
            "save_checkpoint": "writing a file",
            "in encode_dataset": "rendering and encoding the songs",
            "in _release": "release",
            "in make_checkpoint": "release",
            "evaluation_loop.py": "validation",
            "training_epoch_loop.py": "training step",
            "in _run_stage": "between two epochs",
        },
        _train_words,
        "model.safetensors",
        10.0,
        ["checkpoints/.*.partial", ".*.partial"],
        _digest_weights,
    ),
    "encode": Kind(
        "encode",
        {
            "write_atomically": "writing a file",
            "in save": "writing a file",
            "in assemble": "assembling the data set",
            "in encode_song": "rendering or encoding a song",
            "in _encode_in_processes": "while two processes encode",
            "in _encode": "between two songs",
        },
        _encode_words,
        "dataset.json",
        3.0,
        [".partial/.*.partial", ".*-*.partial", ".dataset.json.partial"],
        _digest_files,
    ),
}


def fork(kind: Kind, words: list[str], stack: Path, log: Path) -> int:
    """Run a command in a fork of this process, which has imported everything but computed nothing.

    Returns:
        the id of the new process, which leads a group of its own.
    """
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setpgid(0, 0)
        with log.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        faulthandler.register(signal.SIGTTIN, file=stack.open("w"), all_threads=False, chain=True)
        sys.argv = [f"samuel-{kind.command}", *words]
        importlib.import_module(f"samuel_gen.cli.{kind.command}").main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def start_fresh(kind: Kind, words: list[str], stack: Path, log: Path) -> int:
    """Run a command in a new interpreter; return its id."""
    argv = [f"samuel-{kind.command}", *words]
    script = START.format(stack=str(stack), argv=argv, command=kind.command)
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-c", script], stdout=file, stderr=file, process_group=0
        ).pid


def wait_for_moment(
    kind: Kind, process: int, folder: Path, rng: random.Random, is_fresh: bool, is_aimed: bool
) -> int:
    """Wait for the moment of the kill; return the exit status if the process ends before.

    Returns:
        the status of `os.waitpid`, or -1 if the process is still running.
    """
    target = rng.choice(kind.targets) if is_aimed else None
    seconds = rng.uniform(0.0, kind.longest) + (rng.uniform(0.0, IMPORTS) if is_fresh else 0.0)
    delay = rng.uniform(0.0, 0.004)
    passes = rng.choice([0, 0, 1, 5]) if is_aimed else 0  # how many such files are let through
    end = time.monotonic() + (LONGEST if is_aimed else seconds)
    was_there = False
    while time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        is_there = target is not None and any(folder.glob(target))
        if is_there and not was_there:
            if passes <= 0:
                time.sleep(delay)
                return -1
            passes -= 1
        was_there = is_there
        time.sleep(0.0002 if is_aimed else 0.01)
    return -1


def kill(process: int, stack: Path) -> str | int:
    """Stop a process where it is, kill its group, and return the stack that it had.

    The signal that stops it makes faulthandler write the stack first, in C.

    Returns:
        the stack, or the status of a process that has ended just before.
    """
    os.kill(process, signal.SIGTTIN)
    _, status = os.waitpid(process, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        return status
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return stack.read_text() if stack.exists() else ""


def find_phase(kind: Kind, folder: Path, stack: str) -> str:
    """Name the phase in which a process was killed."""
    if any(path.is_file() for path in folder.rglob(".*.partial")):
        return "writing a file, which was left in part"
    for word, phase in kind.phases.items():
        if word in stack:
            is_first = phase == "training step" and not (folder / "checkpoints/last.ckpt").exists()
            return "first epoch" if is_first else phase
    return "start-up"


def run_kills(kind: Kind, kills: int, work: Path) -> list[dict[str, object]]:
    """Kill and resume until the number is reached; what is done stands in `kills.json`."""
    record = work / "kills.json"
    done = json.loads(record.read_text()) if record.exists() else []
    number = max((each["number"] for each in done), default=-1) + 1
    while sum(each["phase"] != "finished" for each in done) < kills:
        rng = random.Random(number)
        rounds = sum(each["phase"] == "finished" for each in done)
        folder = work / f"round{rounds}"
        os.environ["SAMUEL_CACHE"] = str(work / f"cache{rounds}")
        is_fresh, is_aimed = number % FRESH == 0, number % AIMED == 0
        stack, log = work / "stack.txt", work / f"round{rounds}.log"
        stack.unlink(missing_ok=True)
        start = start_fresh if is_fresh else fork
        if (folder / kind.result).exists():  # this script was stopped before it noted that
            process = status = 0
        else:
            process = start(kind, kind.words(folder, is_fresh), stack, log)
            status = wait_for_moment(kind, process, folder, rng, is_fresh, is_aimed)
        phase, text = "finished", ""
        if status == -1:
            text = kill(process, stack)
        if isinstance(text, int):
            status, text = text, ""
        if status == -1:
            phase = find_phase(kind, folder, text)
            if (folder / kind.result).exists():  # what comes after needs no resuming
                done.append(_note(number, "after the result", is_fresh, is_aimed, text))
                phase = "finished"
        elif status:
            raise SystemExit(f"start {number} failed with {status}; see {log}")
        done.append(_note(number, phase, is_fresh, is_aimed, text))
        if phase == "finished":
            done[-1]["digest"] = kind.digest(folder)
            shutil.rmtree(folder)
        record.write_text(json.dumps(done, indent=0))
        print(number, phase, file=sys.stderr, flush=True)
        number += 1
    return done


def _note(number: int, phase: str, is_fresh: bool, is_aimed: bool, stack: str) -> dict[str, object]:
    return {
        **{"number": number, "phase": phase, "fresh": is_fresh, "aimed": is_aimed},
        "stack": stack,
    }


def finish(kind: Kind, folder: Path) -> str:
    """Run the command to its end in a new interpreter; return the digest of its result."""
    if not (folder / kind.result).exists():
        name = f"samuel_gen.cli.{kind.command}"
        subprocess.run([sys.executable, "-m", name, *kind.words(folder, True)], check=True)
    return kind.digest(folder)


def main() -> None:
    """Print a table of the kills by phase, and whether all results are equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=list(KINDS))
    parser.add_argument("--kills", type=int, default=100, help="the number of kills")
    parser.add_argument("--folder", type=Path, help="where to work; a stopped run goes on there")
    arguments = parser.parse_args()
    kind = KINDS[arguments.command]
    work = (arguments.folder or Path(f"kills_{kind.command}")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    os.environ |= {"OMP_NUM_THREADS": "1", "SAMUEL_CACHE": str(work / "cache_whole")}
    whole = finish(kind, work / "whole")
    for module in pkgutil.walk_packages(samuel_gen.__path__, "samuel_gen."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert len(os.listdir("/proc/self/task")) == 1, "a fork copies one thread only"
    done = run_kills(kind, arguments.kills, work)
    rounds = [each["digest"] for each in done if each["phase"] == "finished"]
    os.environ["SAMUEL_CACHE"] = str(work / f"cache{len(rounds)}")
    rounds.append(finish(kind, work / f"round{len(rounds)}"))
    killed = [each for each in done if each["phase"] != "finished"]
    print("| phase | kills |\n|---|---|")
    for phase, count in Counter(each["phase"] for each in killed).most_common():
        print(f"| {phase} | {count} |")
    fresh, aimed = (sum(bool(each[key]) for each in killed) for key in ("fresh", "aimed"))
    print(f"{len(killed)} kills, {fresh} of a new interpreter, {aimed} aimed at a file in writing")
    equal = sum(digest == whole for digest in rounds)
    print(f"{equal} of {len(rounds)} results are equal to the unbroken one")


if __name__ == "__main__":
    main()
