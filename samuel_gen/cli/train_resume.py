"""`ckpt=last`: the same command again, from where it stopped."""

import os
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError

_OUTPUT = "hydra.run.dir="


def resumed(arguments: list[str]) -> list[str]:
    """The arguments of a run that goes on with an earlier one, in the earlier one's folder.

    `ckpt=last` means the newest run below the runs folder, `ckpt=PATH` the run of that
    checkpoint. What the earlier command said is said again, before what this one says.

    Args:
        arguments: of the command line; without a `ckpt=` they are returned as they are.

    Raises:
        SamuelError: there is no such checkpoint.
    """
    wanted = [argument.removeprefix("ckpt=") for argument in arguments if _names(argument)]
    if not wanted or wanted[-1] in ("", "null"):
        return arguments
    checkpoint = _last(arguments) if wanted[-1] == "last" else Path(wanted[-1])
    if not checkpoint.is_file():
        raise SamuelError(
            f"ckpt={checkpoint}: no such file; expected a training checkpoint; "
            "ckpt=last finds the newest run's"
        )
    run = checkpoint.resolve().parent.parent
    said = [argument for argument in _said_before(run) if not _names(argument)]
    new = [argument for argument in arguments if not _names(argument)]
    own_folder = any(argument.startswith(_OUTPUT) for argument in new)
    folder = [] if own_folder else [_quoted(_OUTPUT, run)]
    alone = "hydra.mode=RUN"  # a run of a sweep goes on by itself
    return [*said, *new, _quoted("ckpt=", checkpoint.resolve()), *folder, alone]


def _names(argument: str) -> bool:
    return argument.startswith("ckpt=")


def _quoted(key: str, path: Path) -> str:
    escaped = str(path).replace("'", "\\'")
    return f"{key}'{escaped}'"


def _last(arguments: list[str]) -> Path:
    runs = os.environ.get("SAMUEL_RUNS", "runs")
    for argument in arguments:
        if argument.startswith("runs="):
            runs = argument.removeprefix("runs=")
    found = Path(runs).glob("**/checkpoints/last.ckpt")
    newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise SamuelError(
            f"ckpt=last: no run with a finished epoch below {Path(runs).resolve()}; expected one; "
            "start without ckpt=, or name the checkpoint: ckpt=PATH"
        )
    return newest


def _said_before(run: Path) -> list[str]:
    from omegaconf import OmegaConf

    file = run / ".hydra" / "overrides.yaml"
    if not file.is_file():
        return []
    written: Any = OmegaConf.to_container(OmegaConf.load(file))  # interpolations stay as they are
    return [str(argument) for argument in written]
