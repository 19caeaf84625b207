"""Configurations become objects, and bad ones are refused in one line."""

import collections
import functools

import pytest

from samuel_gen.build import TRUSTED, build, require_allowed
from samuel_gen.errors import SamuelError


def test_inner_nodes_are_built_first() -> None:
    node = {
        "_target_": "samuel_gen.diffusion.objective.Objective",
        "target": "epsilon",
        "weight": {"_target_": "samuel_gen.diffusion.objective.uniform", "_partial_": True},
    }
    objective = build(node, allow=TRUSTED)
    assert objective.predicts == "epsilon"


def test_a_partial_takes_further_arguments() -> None:
    counter = build({"_target_": "collections.Counter", "_partial_": True, "a": 2})
    assert isinstance(counter, functools.partial)
    assert counter(b=3) == collections.Counter(a=2, b=3)


def test_lists_and_plain_mappings_are_built_item_by_item() -> None:
    node = {"one": [{"_target_": "collections.OrderedDict", "x": 1}], "two": "text"}
    assert build(node) == {"one": [{"x": 1}], "two": "text"}


@pytest.mark.parametrize("name", ["os.system", "samuel_gen.cli.train.main", "subprocess.run"])
def test_a_downloaded_configuration_cannot_name_other_code(name: str) -> None:
    with pytest.raises(SamuelError, match="may only name"):
        build({"_target_": name, "command": "true"}, allow=TRUSTED)


def test_a_configuration_is_refused_without_building_it() -> None:
    good = {"_target_": "samuel_gen.models.unet.SoftAlignmentUNet"}
    require_allowed({"model": good, "widths": [1]}, TRUSTED)
    with pytest.raises(SamuelError, match="os.system is not allowed"):
        require_allowed({"a": [good, {"b": {"_target_": "os.system"}}]}, TRUSTED)


def test_imports_of_a_trusted_module_are_not_trusted() -> None:
    node = {"_target_": "samuel_gen.models.unet.F.torch.hub.load", "repo_or_dir": "x", "model": "y"}
    with pytest.raises(SamuelError, match="may only name"):
        build(node, allow=TRUSTED)


def test_an_unknown_key_lists_the_arguments() -> None:
    node = {"_target_": "samuel_gen.diffusion.schedules.cosine", "num_timestep": 3}
    with pytest.raises(SamuelError, match="num_timestep.*its arguments are num_timesteps, offset"):
        build(node)


@pytest.mark.parametrize(
    "name", ["samuel_gen.models.unet.Nothing", "samuel_gen.nothing.X", "nix.y"]
)
def test_a_missing_name_is_refused(name: str) -> None:
    with pytest.raises(SamuelError, match="does not exist; correct the name"):
        build({"_target_": name})


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("songs", "many", "int"),
        ("songs", 2.5, "int"),
        ("seconds", "long", "float"),
        ("seed", None, "int"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(key: str, value: object, expected: str) -> None:
    source = {"_target_": "samuel_gen.data.sources.rendered.RenderedSource", key: value}
    with pytest.raises(SamuelError, match=f"{key}={value} must be of type {expected}"):
        build(source)


def test_an_integer_is_accepted_for_a_float() -> None:
    source = build({"_target_": "samuel_gen.data.sources.rendered.RenderedSource", "seconds": 9})
    assert source.songs()[0].seconds == 9
