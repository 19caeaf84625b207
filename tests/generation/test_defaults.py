"""Python and the commands share one definition of the default sampler and guidance."""

from functools import partial

import hydra
from omegaconf import OmegaConf

from samuel_gen.build import build
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import unipc
from samuel_gen.generation.defaults import default_guidance, default_sampler, default_settings


def describe(function: partial) -> tuple[object, dict[str, object]]:
    return function.func, function.keywords


def test_the_defaults_are_those_of_samuel_generate() -> None:
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        config = OmegaConf.to_container(hydra.compose("generate"), resolve=True)
    assert describe(default_sampler()) == describe(build(config["sampler"]))
    assert describe(default_guidance()) == describe(build(config["guidance"]))


def test_the_defaults_are_the_documented_ones() -> None:
    settings = {"scale": 2.0, "rescale": 0.0, "interval": [0.6, 1.0]}
    assert describe(default_sampler()) == (unipc, {"num_steps": 16})
    assert describe(default_guidance()) == (Guided, settings)


def test_settings_without_overrides_are_what_hydra_composes() -> None:
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        composed = OmegaConf.to_container(hydra.compose("generate"), resolve=True)
    assert default_settings() == composed
