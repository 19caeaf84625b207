"""The default sampler and the default guidance, read from the YAML that the commands use too."""

from functools import cache
from typing import Any

import yaml

from samuel_gen.build import build
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.samplers import PreparedSampler


@cache
def default_sampler() -> PreparedSampler:
    """Build the sampler of `configs/sampler/default.yaml`, with its number of steps given."""
    sampler: PreparedSampler = _build_default("sampler")
    return sampler


@cache
def default_guidance() -> Guidance:
    """Build the guidance of `configs/guidance/default.yaml`, which wraps a denoiser."""
    guidance: Guidance = _build_default("guidance")
    return guidance


def default_settings() -> dict[str, Any]:
    """Return the nodes of `configs/generate.yaml` without overrides."""
    return read_settings("default")


def read_settings(sampler: str) -> dict[str, Any]:
    """Return the nodes `decoder`, `sampler` and `guidance` with a sampler of `configs/sampler`.

    Hydra would give the same; importing it takes as long as generating some seconds of music.

    Args:
        sampler: the name of the sampler's file without its suffix.
    """
    node = _read("sampler", sampler)
    if "defaults" in node:
        node = _read("sampler", node.pop("defaults")[0]) | node
    return {"decoder": None, "sampler": node, "guidance": _read("guidance", "default")}


def _build_default(group: str) -> Any:
    return build(_read(group, "default"))


def _read(group: str, name: str) -> Any:
    text = (find_configs_folder() / group / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
