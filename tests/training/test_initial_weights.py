from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.errors import SamuelError
from samuel_gen.storage import file_sha256
from samuel_gen.training.checkpoint_config import CheckpointConfig
from samuel_gen.training.initial_weights import load_initial_weights

ALL_VIEWS = "latents_melody_chords_beats_style"


@pytest.fixture
def checkpoint(make_checkpoint, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    make_checkpoint(step=30, began_with={"sha256": "0", "steps": 12}).save(path)
    return path


@pytest.fixture
def config(make_checkpoint) -> CheckpointConfig:
    return CheckpointConfig(**make_checkpoint().config)


def test_the_network_gets_the_weights_and_the_run_their_provenance(
    make_module, checkpoint: Path, config: CheckpointConfig, tiny_network
) -> None:
    module = make_module()
    initial = load_initial_weights(module, str(checkpoint), SpectralCodec(), config)
    for name, value in module.denoiser.state_dict().items():
        assert torch.equal(value, tiny_network.state_dict()[name]), name
    assert initial.sha256 == file_sha256(checkpoint)[:16]
    assert initial.steps == 42  # its own, and those of the weights that it began with


def test_a_network_with_a_lead_sheet_begins_with_weights_that_had_none(
    make_module, make_checkpoint, tmp_path: Path, config: CheckpointConfig
) -> None:
    whole = make_checkpoint()
    sheet = ("vocal.chords.", "vocal.beats.", "style.")
    old = {name: each for name, each in whole.weights.items() if not name.startswith(sheet)}
    assert len(old) < len(whole.weights)
    config = replace(config, model={**config.model, "conditioning": ALL_VIEWS})
    model = {**config.model, "conditioning": "latents_melody"}
    path = tmp_path / "old.safetensors"
    replace(whole, weights=old, config={**whole.config, "model": model}).save(path)

    module = make_module()
    own = {name: each.clone() for name, each in module.denoiser.state_dict().items()}
    load_initial_weights(module, str(path), SpectralCodec(), config)
    for name, value in module.denoiser.state_dict().items():
        assert torch.equal(value, old.get(name, own[name])), name


def test_a_network_with_fewer_views_is_refused(
    make_module, make_checkpoint, checkpoint, config
) -> None:
    whole = make_checkpoint()
    model = {**config.model, "conditioning": ALL_VIEWS}
    replace(whole, config={**whole.config, "model": model}).save(checkpoint)
    other = replace(config, model={**config.model, "conditioning": "latents"})
    with pytest.raises(SamuelError, match="they need model.conditioning=latents_melody_chords"):
        load_initial_weights(make_module(), str(checkpoint), SpectralCodec(), other)


def test_weights_of_another_network_are_refused(make_module, checkpoint, config) -> None:
    other = replace(config, model={**config.model, "widths": [8, 8], "depth": 2})
    with pytest.raises(SamuelError) as error:
        load_initial_weights(make_module(), str(checkpoint), SpectralCodec(), other)
    advice = "they need model.depth=1 'model.widths=[16, 32]'"
    assert str(error.value) == f"weights={checkpoint} do not fit this model: {advice}"


def test_for_the_bundled_weights_the_recipe_is_named(make_module, config) -> None:
    with pytest.raises(SamuelError, match=r"^weights=bundled do not .*; add experiment=release$"):
        load_initial_weights(make_module(), "bundled", SpectralCodec(), config)


def test_weights_for_another_codec_are_refused(
    make_module, checkpoint, config, framed_codec
) -> None:
    with pytest.raises(SamuelError, match=r"another codec's latents \(name .*framed"):
        load_initial_weights(make_module(), str(checkpoint), framed_codec, config)


def test_a_stranger_is_not_advised_upon(make_module, make_checkpoint, tmp_path, config) -> None:
    """The message about another network proposes overrides, which may name any code."""
    stranger = make_checkpoint()
    model = {**stranger.config["model"], "_target_": "os.system"}
    path = tmp_path / "stranger.safetensors"
    replace(stranger, config={**stranger.config, "model": model}).save(path)
    with pytest.raises(SamuelError, match=r"_target_ os\.system is not allowed"):
        load_initial_weights(make_module(), str(path), SpectralCodec(), config)
