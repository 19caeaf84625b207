"""The configuration groups, and the resolvers that the YAML files use."""

import hashlib
import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from samuel_gen.cli.surroundings import require_writable
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from omegaconf import DictConfig

_GROUPS_OF_MANY = ("callbacks", "diffusion", "logger")  # no object themselves


def register_resolvers() -> None:
    """Register the resolvers whose names begin with `samuel_` with OmegaConf.

    Each imports what it needs when a value is resolved, so that `--help` stays fast.
    """
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver("samuel_cache", find_cache_folder, replace=True)
    OmegaConf.register_new_resolver("samuel_codec", compute_codec_hash, replace=True)
    OmegaConf.register_new_resolver("samuel_digest", compute_digest, replace=True)
    OmegaConf.register_new_resolver("samuel_precision", _choose_precision, replace=True)


def find_cache_folder() -> str:
    """Return the folder for rendered songs: SAMUEL_CACHE, or the user's cache folder.

    Raises:
        SamuelError: it may not be written.
    """
    from platformdirs import user_cache_dir

    try:
        folder = os.environ.get("SAMUEL_CACHE") or user_cache_dir("samuel_gen", appauthor=False)
    except RuntimeError:  # nobody knows the home
        folder = "~/.cache/samuel_gen"
    return require_writable(folder)


def compute_codec_hash(node: "DictConfig") -> str:
    """Return the hash of a codec's weights, so that each codec has a cache folder of its own.

    Args:
        node: the configuration of the codec.
    """
    from omegaconf import OmegaConf

    from samuel_gen.build import build

    return str(build(OmegaConf.to_container(node, resolve=True)).identity.weights_hash)


def compute_digest(node: "DictConfig") -> str:
    """Return a short digest of a part of the configuration, so that each has a cache of its own.

    Args:
        node: the part of the configuration.
    """
    from omegaconf import OmegaConf

    plain = json.dumps(OmegaConf.to_container(node, resolve=True), sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:8]


def _choose_precision(accelerator: str) -> str:
    from samuel_gen.models.precision import choose_precision

    return choose_precision(accelerator)


def check_choices(config: "DictConfig") -> None:
    """Refuse a chosen YAML file, such as one of the user's own, that describes no object.

    Args:
        config: the composed configuration, within a job of Hydra.

    Raises:
        SamuelError: the file is a list or empty, is of another package, or has no `_target_`.
    """
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import DictConfig

    for group, choice in HydraConfig.get().runtime.choices.items():
        if "/" in group or "@" in group or group in ("experiment", "augmentation"):
            continue
        node = config.get(group)
        if not isinstance(node, DictConfig):
            raise SamuelError(f"{group}={choice}: its YAML file needs lines KEY: VALUE")
        if "_target_" not in node and group not in _GROUPS_OF_MANY:
            raise SamuelError(
                f"{group}={choice}: its YAML file describes no object; it needs a line "
                "_target_: followed by the name of a class"
            )


def list_config_groups() -> str:
    """List the configuration groups and their choices, one group a line.

    The folders that the command line names with `--config-dir` are included.
    """
    choices: dict[str, set[str]] = {}
    for folder in map(Path, [str(find_configs_folder()), *find_config_dirs()]):
        for path in folder.glob("*/*.yaml"):
            if path.parent.name != "hydra":
                choices.setdefault(path.parent.name, set()).add(path.stem)
    return "\n".join(f"{name}: {', '.join(sorted(choices[name]))}" for name in sorted(choices))


def find_config_dirs() -> list[str]:
    """Return the folders that the command line names with `--config-dir` or `-cd`."""
    words = sys.argv[1:]
    joined = [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    return joined + [after for word, after in pairwise(words) if word in ("--config-dir", "-cd")]
