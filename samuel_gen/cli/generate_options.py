"""From what a user has typed after `samuel-generate` to a recipe for each take."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samuel_gen.cli.app import configs_folder
from samuel_gen.errors import SamuelError
from samuel_gen.generation.recipe import Promise, Recipe

SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}
SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
TRIES = 4
"""Of which a single take is the best."""
_MOST = 64
_FIXED = "seed count tries tuning balance extend format bits checkpoint".split()  # --from
_REDO = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)(?::(\d+))?")


def recipes(
    arguments: argparse.Namespace, plain: argparse.Namespace
) -> tuple[list[Recipe], Promise | None]:
    """What is to be made, and with --from what it should come to.

    Args:
        arguments: as they were given.
        plain: as they are where nothing is given.

    Raises:
        SamuelError: whatever is wrong with them.
    """
    words = arguments.takes
    overrides = [word for word in words if "=" in word and not Path(word).exists()]
    paths = [Path(word) for word in words if word not in overrides]
    if arguments.sheet is not None:
        other = [name for name in _FIXED if getattr(arguments, name) != getattr(plain, name)]
        if words or other:
            raise SamuelError(
                f"--from: found {', '.join([*words, *other])} too; expected nothing but --redo, "
                "-o, --device, --plots, --animation and --overwrite beside it; leave that out"
            )
        recipe, promise = Recipe.read(arguments.sheet)
        redo = [*recipe.redo, *_redo(arguments.redo, recipe.seeds[0], len(recipe.redo))]
        device = recipe.device if arguments.device == "auto" else arguments.device
        return [replace(recipe, redo=redo, device=device)], promise
    if not paths:
        raise SamuelError("no recording is named; expected one or more, or a folder; add its path")
    if not 1 <= arguments.count <= _MOST:
        raise SamuelError(f"--takes {arguments.count}; expected 1 to {_MOST}; change it")
    tries = arguments.tries
    if tries is None:
        tries = TRIES if arguments.count == 1 else 1
    if not 1 <= tries <= _MOST // arguments.count:
        raise SamuelError(
            f"--tries {tries}; expected 1 to {_MOST // arguments.count} for each take; change it"
        )
    if arguments.format == "flac" and arguments.bits == "float":
        raise SamuelError(
            "--bits float: FLAC holds 16 or 24; expected one of them; use --format wav"
        )
    if arguments.tuning is not None and not -100 <= arguments.tuning <= 100:
        raise SamuelError(
            f"--tuning {arguments.tuning:g}; expected -100 to 100 cents; a semitone is 100"
        )
    if not 0 <= arguments.extend <= 600:
        raise SamuelError(f"--extend {arguments.extend:g}; expected 0 to 600 seconds; change it")
    settings = _settings(overrides)
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    return [
        Recipe(
            take=take,
            checkpoint=arguments.checkpoint,
            settings=settings,
            seeds=list(seeds),
            tuning_cents=arguments.tuning,
            balance=arguments.balance,
            extend=arguments.extend,
            suffix=f".{arguments.format}",
            subtype=SUBTYPES[arguments.bits],
            device=arguments.device,
            redo=_redo(arguments.redo, arguments.seed, 0),
            tries=tries,
        )
        for take in _files(paths)
    ], None


def _redo(words: Sequence[str], seed: int, earlier: int) -> list[tuple[float, float, int]]:
    """Start, stop and seed of each stretch; where none is named, seeds go up from the take's."""
    found = []
    for index, word in enumerate(words, earlier + 1):
        match = _REDO.fullmatch(word)
        if match is None:
            raise SamuelError(
                f"--redo {word}: expected START-STOP in seconds, or START-STOP:SEED, for example "
                "12.5-20; correct it"
            )
        start, stop, own = match.groups()
        found.append((float(start), float(stop), int(own) if own else seed + index))
    return found


def _files(paths: Sequence[Path]) -> list[Path]:
    """The recordings, and those that lie in the folders."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SOUNDS)
            if not inside:
                raise SamuelError(
                    f"{path}: no recording in it; expected {', '.join(SOUNDS)}; check the path"
                )
            found += inside
        else:
            found.append(path)
    return found


def folders(takes: Sequence[Path], output: Path | None, overwrite: bool) -> list[Path]:
    """A folder for each take, none of which holds anything yet.

    Args:
        takes: the recordings.
        output: the folder of the only take, or of the folders of all.
        overwrite: they may hold something.

    Raises:
        SamuelError: one of them does, or two takes share a name.
    """
    if len(takes) == 1:
        found = [output or Path(f"{takes[0].stem}_accompaniment")]
    else:
        stems = [take.stem for take in takes]
        names = [
            take.stem if stems.count(take.stem) == 1 else take.name.replace(".", "_")
            for take in takes
        ]
        found = [output / name if output else Path(f"{name}_accompaniment") for name in names]
        twice = next((str(folder) for folder in found if found.count(folder) > 1), None)
        if twice is not None:
            raise SamuelError(
                f"{twice}: the folder of two takes; expected different names; rename one"
            )
    for folder in found:
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not overwrite):
            raise SamuelError(
                f"{folder}: there are files already; expected a new or empty folder; "
                "name another one with -o, or add --overwrite"
            )
    return found


def _settings(overrides: list[str]) -> dict[str, Any]:
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with hydra.initialize_config_dir(str(configs_folder()), version_base="1.3"):
            config = hydra.compose("generate", overrides=overrides)
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except (HydraException, OmegaConfBaseException) as error:
        raise SamuelError(" ".join(str(error).split())) from None
