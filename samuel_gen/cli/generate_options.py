"""The arguments of `samuel-generate` as one recipe for each recording."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from samuel_gen.cli.generate_inputs import list_recordings
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import GivenSheet, parse_given
from samuel_gen.generation.recipe import Recipe, RecordedOutputs

_SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}
_MOST = 64  # candidates of all results
_FIXED_BY_RECIPE = "seed results candidates tuning balance extend format bits checkpoint".split()
_SHEET = "tempo bar_1_at meter key style chords beats lead_sheet".split()
_MOST_BARS = 16  # of a count-in
_REDO = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)(?::(\d+))?")


def parse_recipes(
    arguments: argparse.Namespace, defaults: argparse.Namespace
) -> tuple[list[Recipe], RecordedOutputs | None]:
    """Turn the arguments into a recipe for each recording.

    Args:
        arguments: the arguments as given.
        defaults: the arguments of a command line without any.

    Returns:
        the recipes, and with --from the files that the recorded run wrote.

    Raises:
        SamuelError: an argument is out of its range, or does not go with another.
    """
    words = arguments.vocals
    overrides = [word for word in words if "=" in word and not Path(word).exists()]
    paths = [Path(word) for word in words if word not in overrides]
    if arguments.recipe is not None:
        return _reproduce(arguments, defaults)
    if not paths:
        raise SamuelError("no recording given; name one or more, or a folder of them")
    candidates = _check_numbers(arguments)
    settings = _compose_settings(overrides)
    seeds = range(arguments.seed, arguments.seed + arguments.results)
    return [
        Recipe(
            vocal=vocal,
            checkpoint=arguments.checkpoint,
            settings=settings,
            seeds=list(seeds),
            tuning_cents=arguments.tuning,
            balance=arguments.balance,
            extend=arguments.extend,
            suffix=f".{arguments.format}",
            subtype=_SUBTYPES[arguments.bits],
            device=arguments.device,
            redo=_parse_redo(arguments.redo, arguments.seed, 0),
            candidates=candidates,
        )
        for vocal in list_recordings(paths)
    ], None


def _reproduce(
    arguments: argparse.Namespace, defaults: argparse.Namespace
) -> tuple[list[Recipe], RecordedOutputs]:
    """Read the recipe of --from, with the segments of --redo added."""
    others = [
        f"--{name.replace('_', '-')}"
        for name in _FIXED_BY_RECIPE + _SHEET
        if getattr(arguments, name) != getattr(defaults, name)
    ]
    if arguments.vocals or others:
        raise SamuelError(
            f"--from does not go with {', '.join([*arguments.vocals, *others])}: the file says it "
            "all; leave that out (--redo, --count-in, -o, --device, --plots, --animation and "
            "--overwrite may stay)"
        )
    recipe, recorded = Recipe.read(arguments.recipe)
    redo = [*recipe.redo, *_parse_redo(arguments.redo, recipe.seeds[0], len(recipe.redo))]
    device = recipe.device if arguments.device == "auto" else arguments.device
    return [replace(recipe, redo=redo, device=device)], recorded


def _check_numbers(arguments: argparse.Namespace) -> int:
    """Refuse numbers out of their range, and return the number of candidates."""
    if not 1 <= arguments.results <= _MOST:
        raise SamuelError(f"--results {arguments.results}: choose 1 to {_MOST}")
    candidates: int = arguments.candidates
    if not 1 <= candidates <= _MOST // arguments.results:
        raise SamuelError(
            f"--candidates {candidates}: choose 1 to {_MOST // arguments.results} for each result"
        )
    if arguments.format == "flac" and arguments.bits == "float":
        raise SamuelError("--bits float: FLAC holds 16 or 24 bits; choose one, or --format wav")
    if arguments.tuning is not None and not -100 <= arguments.tuning <= 100:
        raise SamuelError(
            f"--tuning {arguments.tuning:g}: choose -100 to 100 cents; a semitone has 100"
        )
    if not 0 <= arguments.extend <= 600:
        raise SamuelError(f"--extend {arguments.extend:g}: choose 0 to 600 seconds")
    if not 0 <= arguments.count_in <= _MOST_BARS:
        raise SamuelError(f"--count-in {arguments.count_in}: choose 0 to {_MOST_BARS} bars")
    return candidates


def parse_sheet(arguments: argparse.Namespace) -> GivenSheet | None:
    """Return what is given of the lead sheet; None if there is to be none.

    Args:
        arguments: the arguments as given.

    Raises:
        SamuelError: something of it cannot be read, or does not fit.
    """
    given = {name: getattr(arguments, name) for name in _SHEET}
    path = given["lead_sheet"]
    if path is not None and str(path) == "none" and not path.exists():
        others = [name for name in _SHEET if name != "lead_sheet" and given[name] is not None]
        if others:
            raise SamuelError(
                f"--lead-sheet none does not go with --{others[0].replace('_', '-')}; leave one out"
            )
        return None
    return parse_given(**given)


def _parse_redo(words: Sequence[str], seed: int, earlier: int) -> list[tuple[float, float, int]]:
    """Parse start, stop and seed of each segment; seeds that are not given count up from `seed`."""
    segments = []
    for index, word in enumerate(words, earlier + 1):
        match = _REDO.fullmatch(word)
        if match is None:
            raise SamuelError(
                f"--redo {word}: write START-STOP in seconds, or START-STOP:SEED, for example "
                "12.5-20"
            )
        start, stop, own = match.groups()
        segments.append((float(start), float(stop), int(own) if own else seed + index))
    return segments


def choose_folders(vocals: Sequence[Path], output: Path | None, overwrite: bool) -> list[Path]:
    """Choose a folder for the results of each recording.

    Args:
        vocals: the recordings.
        output: the folder of the only recording, or the parent of the folders of all.
        overwrite: whether a folder may hold files already.

    Raises:
        SamuelError: a folder holds files, or two recordings share a name.
    """
    if len(vocals) == 1:
        folders = [output or Path(f"{vocals[0].stem}_accompaniment")]
    else:
        stems = [vocal.stem for vocal in vocals]
        names = [
            vocal.stem if stems.count(vocal.stem) == 1 else vocal.name.replace(".", "_")
            for vocal in vocals
        ]
        folders = [output / name if output else Path(f"{name}_accompaniment") for name in names]
        twice = next((str(folder) for folder in folders if folders.count(folder) > 1), None)
        if twice is not None:
            raise SamuelError(f"{twice}: the folder of two recordings; rename one of them")
    for folder in folders:
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not overwrite):
            raise SamuelError(
                f"{folder}: there are files already; name another folder with -o, or add "
                "--overwrite"
            )
    return folders


def _compose_settings(overrides: list[str]) -> dict[str, Any]:
    """Compose the configuration nodes of `generate.yaml` from the overrides."""
    if not overrides:
        from samuel_gen.generation.defaults import default_settings

        return default_settings()
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
            config = hydra.compose("generate", overrides=overrides)
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except (HydraException, OmegaConfBaseException) as error:
        raise SamuelError(" ".join(str(error).split())) from None
