import resource
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from samuel_gen.checkpoint import loading
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.loading import TrainedModel, load_model
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.samplers import ddim
from samuel_gen.errors import SamuelError
from samuel_gen.generation.stages import Stages
from samuel_gen.models.unet import SoftAlignmentUNet
from tests.conftest import TINY_NETWORK

QUICK = partial(ddim, num_steps=2)


@pytest.fixture
def checkpoint(make_checkpoint) -> Checkpoint:
    return make_checkpoint()


def test_a_loaded_model_samples_what_the_network_samples(
    checkpoint: Checkpoint, tiny_model, vocal, tmp_path: Path
) -> None:
    checkpoint.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.codec.identity == SpectralCodec().identity
    first, second = (
        Stages(model, "cpu").sample(vocal, sampler=QUICK) for model in (loaded, tiny_model)
    )
    assert torch.equal(first, second)


def test_the_decoder_may_be_chosen(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "m.safetensors")
    for decoder in ("learned", "closed_form"):
        assert load_model(tmp_path / "m.safetensors", decoder=decoder).codec.decoder == decoder
    with pytest.raises(SamuelError, match="decoder=loud: choose one of"):
        load_model(tmp_path / "m.safetensors", decoder="loud")


def test_a_codec_with_one_decoder_leaves_no_choice(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch
) -> None:
    checkpoint.save(tmp_path / "m.safetensors")
    codec = SimpleNamespace(identity=checkpoint.codec_identity)
    monkeypatch.setattr(loading, "build", lambda node, allow: codec)
    with pytest.raises(SamuelError, match="has one decoder; leave it out"):
        load_model(tmp_path / "m.safetensors", decoder="learned")


def test_a_checkpoint_for_another_codec_is_refused_by_name(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    other = CodecIdentity("spectral", "feedbeef", 44100, 2048, 64)
    Checkpoint(**{**vars(checkpoint), "codec_identity": other}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="another codec.*feedbeef"):
        load_model(tmp_path / "m.safetensors")


def test_a_checkpoint_that_names_foreign_code_is_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    config = {**checkpoint.config, "model": {"_target_": "os.system", "command": "true"}}
    Checkpoint(**{**vars(checkpoint), "config": config}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="os.system"):
        load_model(tmp_path / "m.safetensors")


def test_weights_that_do_not_fit_are_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    weights = {name: x for name, x in checkpoint.weights.items() if "decode" not in name}
    Checkpoint(**{**vars(checkpoint), "weights": weights}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="do not fit"):
        load_model(tmp_path / "m.safetensors")


def test_a_checkpoint_of_an_unknown_codec_is_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    config = {**checkpoint.config, "codec": None}
    Checkpoint(**{**vars(checkpoint), "config": config}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="unknown codec"):
        load_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("conditioning", "follows"),
    [("latents_melody", False), ("latents_melody_style", False), ("melody_beats", True)],
)
def test_a_network_without_beats_and_chords_follows_no_lead_sheet(
    tiny_model: TrainedModel, conditioning: str, follows: bool
) -> None:
    network = SoftAlignmentUNet(**{**TINY_NETWORK, "conditioning": conditioning})
    assert replace(tiny_model, denoiser=network).follows_lead_sheets == follows
    rival = torch.nn.Identity()  # a network that does not name its views
    assert replace(tiny_model, denoiser=rival).follows_lead_sheets


def replace_config(checkpoint: Checkpoint, node: str, **values) -> Checkpoint:
    config = {**checkpoint.config, node: {**checkpoint.config[node], **values}}
    return replace(checkpoint, config=config)


@pytest.mark.parametrize(
    ("node", "values"),
    [
        ("model", {"widths": [10**5] * 4}),
        ("model", {"widths": [10**12] * 4}),
        ("model", {"widths": "wide"}),
        ("model", {"window_size": -3}),
        ("schedule", {"num_timesteps": 10**12}),
        ("objective", {"frobnicate": 1}),
    ],
)
def test_a_configuration_of_a_stranger_is_refused_without_allocating_it(
    checkpoint: Checkpoint, tmp_path: Path, node: str, values: dict
) -> None:
    replace_config(checkpoint, node, **values).save(tmp_path / "m.safetensors")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SamuelError) as caught:
        load_model(tmp_path / "m.safetensors")
    assert "\n" not in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "kilobytes"


def test_a_checkpoint_is_loaded_without_the_compiler_of_torch() -> None:
    """Its import takes longer than the loading itself."""
    code = (
        "import sys; from samuel_gen.checkpoint.bundled import BUNDLED\n"
        "from samuel_gen.checkpoint.loading import load_model\n"
        "load_model(BUNDLED); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
