"""The option `ckpt=` of samuel-train: resume an earlier run with its own settings."""

import os
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError

_OUTPUT = "hydra.run.dir="


def expand_resume(arguments: list[str]) -> list[str]:
    """Add the settings and the folder of the run that `ckpt=` names.

    `ckpt=last` is the newest run below the runs folder, `ckpt=PATH` the run of that training
    state. The arguments of the earlier command come first, so that the new ones override them.

    Args:
        arguments: the arguments of the command line; without `ckpt=` they are returned unchanged.

    Raises:
        SamuelError: there is no such training state.
    """
    paths = [argument.removeprefix("ckpt=") for argument in arguments if _is_ckpt(argument)]
    if not paths or paths[-1] in ("", "null"):
        return arguments
    state = _find_last_state(arguments) if paths[-1] == "last" else Path(paths[-1])
    if not state.is_file():
        raise SamuelError(
            f"ckpt={state}: no such file; name the last.ckpt of a run, or use ckpt=last for the "
            "newest run"
        )
    run = state.resolve().parent.parent
    earlier = [argument for argument in _read_overrides(run) if not _is_ckpt(argument)]
    new = [argument for argument in arguments if not _is_ckpt(argument)]
    has_folder = any(argument.startswith(_OUTPUT) for argument in new)
    folder = [] if has_folder else [_quote(_OUTPUT, run)]
    single = "hydra.mode=RUN"  # one run of a sweep is resumed without the others
    return [*earlier, *new, _quote("ckpt=", state.resolve()), *folder, single]


def _is_ckpt(argument: str) -> bool:
    return argument.startswith("ckpt=")


def _quote(key: str, path: Path) -> str:
    """Write an override with a path that may contain characters of Hydra's grammar."""
    escaped = str(path).replace("'", "\\'")
    return f"{key}'{escaped}'"


def _find_last_state(arguments: list[str]) -> Path:
    runs = os.environ.get("SAMUEL_RUNS", "runs")
    for argument in arguments:
        if argument.startswith("runs="):
            runs = argument.removeprefix("runs=")
    states = Path(runs).glob("**/checkpoints/last.ckpt")
    newest = max(states, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise SamuelError(
            f"ckpt=last: no run below {Path(runs).resolve()} has saved a training state; start "
            "without ckpt=, or name the file: ckpt=PATH"
        )
    return newest


def _read_overrides(run: Path) -> list[str]:
    from omegaconf import OmegaConf

    file = run / ".hydra" / "overrides.yaml"
    if not file.is_file():
        return []
    overrides: Any = OmegaConf.to_container(OmegaConf.load(file))  # keeps interpolations
    return [str(override) for override in overrides]
