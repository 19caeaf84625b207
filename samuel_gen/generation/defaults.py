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
    """Return the nodes `sampler` and `guidance` of `configs/generate.yaml` without overrides.

    Hydra would give the same; importing it takes as long as generating some seconds of music.
    """
    return {group: _read_default(group) for group in ("sampler", "guidance")}


def _build_default(group: str) -> Any:
    return build(_read_default(group))


def _read_default(group: str) -> Any:
    text = (find_configs_folder() / group / "default.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
