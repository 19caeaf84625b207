import json
import math
import pickle
import shutil
import sys
from pathlib import Path

import pytest
import torch

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.oobleck import OobleckCodec
from samuel_gen.codecs.streaming import encode_blocks
from samuel_gen.errors import SamuelError

RATIOS = [2, 4, 6]
HOP = math.prod(RATIOS)
CHANNELS = 8
CONFIG = {
    "encoder_hidden_size": 2 * CHANNELS,
    "downsampling_ratios": RATIOS,
    "channel_multiples": [1, 2, 2],
    "decoder_channels": 8,
    "decoder_input_channels": CHANNELS,
    "sampling_rate": 16_000,
}


@pytest.fixture(scope="session")
def saved_folder(tmp_path_factory) -> Path:
    """A small autoencoder with random weights, as diffusers saves it."""
    from diffusers import AutoencoderOobleck

    torch.manual_seed(0)
    network = AutoencoderOobleck(**CONFIG)
    with torch.no_grad():
        for name, values in network.named_parameters():
            if name.endswith(("alpha", "beta", "bias")):
                values.normal_(std=0.3)
    folder = tmp_path_factory.mktemp("autoencoder")
    network.save_pretrained(folder / "vae")
    return folder


@pytest.fixture
def folder_copy(saved_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(saved_folder, tmp_path / "copy")
    return tmp_path / "copy"


def load_with_diffusers(folder: Path):
    from diffusers import AutoencoderOobleck

    return AutoencoderOobleck.from_pretrained(folder, subfolder="vae")


def codec_of(folder: str | Path, **arguments) -> OobleckCodec:
    return OobleckCodec(folder, "tiny_vae", device="cpu", **arguments)


@pytest.fixture(scope="session")
def untiled(saved_folder) -> OobleckCodec:
    """A codec for which every signal of these tests is a single tile."""
    return codec_of(saved_folder, tile_frames=10**6)


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def edit_config(folder: Path, **changes) -> None:
    path = folder / "vae" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_codec_has_the_configured_shape(untiled):
    assert isinstance(untiled, LatentCodec)
    assert (untiled.channels, untiled.hop_length, untiled.sample_rate) == (CHANNELS, HOP, 16_000)


def test_results_equal_those_of_diffusers(untiled, saved_folder):
    network = load_with_diffusers(saved_folder)
    audio = noise(20 * HOP)
    with torch.no_grad():
        latents = network.encode(audio[None]).latent_dist.mode()
        sound = network.decode(latents).sample
    torch.testing.assert_close(untiled.encode(audio), latents[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(untiled.decode(latents[0]), sound[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("frames", [32, 33, 41, 67, 100])
def test_tiled_results_equal_untiled_ones(untiled, saved_folder, frames):
    tiled = codec_of(saved_folder, tile_frames=32)
    audio = noise(frames * HOP - 3)
    latents = untiled.encode(audio)
    assert latents.std() > 0.05  # the random weights do respond to the audio
    torch.testing.assert_close(tiled.encode(audio), latents, atol=1e-5, rtol=1e-5)
    latents = latents / latents.std()
    torch.testing.assert_close(tiled.decode(latents), untiled.decode(latents), atol=1e-5, rtol=1e-5)


def test_context_is_the_range_of_nonzero_gradients(untiled):
    """Gradients are zero beyond the context, and nonzero at its end."""
    middle, (encoder, decoder) = 30, untiled._networks
    audio = noise(61 * HOP).requires_grad_()
    encoder(audio[None])[0, :, middle].square().sum().backward()
    by_frame = audio.grad.unflatten(1, (-1, HOP)).abs().amax((0, 2))
    offsets = torch.nonzero(by_frame)[:, 0] - middle
    assert max(-offsets.min(), offsets.max()) == untiled._contexts[0]
    latents = torch.randn(CHANNELS, 61, generator=torch.Generator().manual_seed(0)).requires_grad_()
    sound = decoder(latents[None])[0, :, middle * HOP : (middle + 1) * HOP]
    sound.square().sum().backward()
    offsets = torch.nonzero(latents.grad.abs().amax(0))[:, 0] - middle
    assert max(-offsets.min(), offsets.max()) == untiled._contexts[1]
    assert untiled.context_frames == max(untiled._contexts)


@pytest.mark.parametrize("posterior", ["mean", "sample"])
def test_streamed_latents_equal_those_of_the_whole(saved_folder, posterior):
    codec, audio = codec_of(saved_folder, posterior=posterior), noise(90 * HOP + 11)
    found = torch.cat(list(encode_blocks(codec, audio.split(1000, dim=1), 20)), dim=1)
    torch.testing.assert_close(found, codec.encode(audio), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, HOP, HOP + 1, 50 * HOP - 1])
def test_lengths_of_latents_and_audio(untiled, samples):
    latents = untiled.encode(noise(samples))
    assert latents.shape == (CHANNELS, math.ceil(samples / HOP))
    assert untiled.decode(latents).shape == (2, latents.shape[1] * HOP)
    assert untiled.decode(latents, samples).shape == (2, samples)


def test_decoding_cuts_or_pads_to_the_given_length(untiled):
    latents = untiled.encode(noise(50 * HOP))
    audio = untiled.decode(latents)
    fewer, more = untiled.decode(latents, 10 * HOP + 5), untiled.decode(latents, 60 * HOP)
    torch.testing.assert_close(fewer, audio[:, : 10 * HOP + 5], atol=1e-5, rtol=1e-5)
    assert torch.equal(more[:, : 50 * HOP], audio) and not more[:, 50 * HOP :].any()


def test_sample_is_normal_around_the_mean(saved_folder, untiled):
    audio = noise(400 * HOP)
    sample = codec_of(saved_folder, posterior="sample", tile_frames=10**6).encode(audio)
    again = codec_of(saved_folder, posterior="sample").encode(audio)
    torch.testing.assert_close(again, sample, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        scale = load_with_diffusers(saved_folder).encode(audio[None]).latent_dist.std[0]
    noise_used = (sample - untiled.encode(audio)) / scale
    assert abs(noise_used.mean()) < 0.1 and abs(noise_used.std() - 1) < 0.1
    assert abs(torch.corrcoef(noise_used)[0, 1]) < 0.2


def test_identity_depends_on_the_weights_only(folder_copy, untiled):
    assert untiled.identity.name == "tiny_vae" and untiled.identity.sample_rate == 16_000
    assert codec_of(folder_copy / "vae", subfolder=None).identity == untiled.identity
    other_arguments = codec_of(str(folder_copy), posterior="sample", tile_frames=99)
    assert other_arguments.identity == untiled.identity
    from safetensors.torch import load_file, save_file

    path = folder_copy / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["encoder.conv1.bias"] += 1e-6
    save_file(weights, path)
    assert "weights_hash" in (codec_of(folder_copy).identity.difference(untiled.identity) or "")


def test_pickle_contains_the_arguments_only(untiled):
    untiled.encode(noise(HOP))
    pickled = pickle.dumps(untiled)
    assert len(pickled) < 500
    loaded = pickle.loads(pickled)
    assert loaded == untiled
    assert torch.equal(loaded.encode(noise(HOP)), untiled.encode(noise(HOP)))


def test_codec_loaded_in_inference_mode_works_outside(saved_folder, untiled):
    codec = codec_of(saved_folder)
    with torch.inference_mode():
        latents = codec.encode(noise(20 * HOP))
    torch.testing.assert_close(codec.encode(noise(20 * HOP)), untiled.encode(noise(20 * HOP)))
    torch.testing.assert_close(codec.decode(latents), untiled.decode(latents.clone()))


def test_nothing_is_read_before_first_use():
    codec = codec_of("no/such/place/anywhere")
    with pytest.raises(SamuelError, match="no such folder"):
        _ = codec.sample_rate


def test_missing_diffusers_is_an_error_at_once(saved_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(SamuelError, match=r"pip install 'samuel-gen\[vae\]'"):
        codec_of(saved_folder)


def test_tile_smaller_than_its_context_is_an_error(saved_folder):
    codec = codec_of(saved_folder, tile_frames=4)
    with pytest.raises(SamuelError, match=r"codec.tile_frames=4 is too small: it must exceed \d+"):
        _ = codec.context_frames


@pytest.mark.parametrize(("name", "value"), [("posterior", "mode"), ("max_batch", 0)])
def test_invalid_arguments_are_errors_at_once(name, value):
    codec = codec_of("x")
    object.__setattr__(codec, name, value)  # past the type checks that tests run with
    with pytest.raises(SamuelError, match=f"codec.{name}={value} is"):
        codec.__post_init__()


def test_unknown_device_is_an_error(saved_folder):
    with pytest.raises(SamuelError, match="codec.device=abacus"):
        OobleckCodec(saved_folder, "tiny_vae", device="abacus").encode(noise(HOP))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"_class_name": "AutoencoderKL"}, "describes AutoencoderKL"),
        ({"audio_channels": 1}, "audio_channels=1"),
        ({"decoder_input_channels": 4}, "decoder_input_channels=4"),
        ({"downsampling_ratios": [2, 4, 3]}, "contain an odd one"),
        ({"decoder_channels": 16}, "does not fit the AutoencoderOobleck"),
    ],
    ids=["class", "mono", "latents", "odd", "other_weights"],
)
def test_unsuitable_autoencoder_is_an_error(folder_copy, changes, reason):
    edit_config(folder_copy, **changes)
    with pytest.raises(SamuelError, match=reason) as caught:
        codec_of(folder_copy).encode(noise(HOP))
    assert "\n" not in str(caught.value)


def test_damaged_files_are_errors(folder_copy):
    weights = folder_copy / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(SamuelError, match="does not fit.*copy both files again"):
        codec_of(folder_copy).encode(noise(HOP))
    (folder_copy / "vae" / "config.json").write_text("{")
    with pytest.raises(SamuelError, match="not readable as JSON"):
        codec_of(folder_copy).encode(noise(HOP))


def test_folder_without_the_files_is_an_error(tmp_path, folder_copy):
    with pytest.raises(SamuelError, match="contains no config.json; name a folder with config"):
        codec_of(tmp_path).encode(noise(HOP))
    (folder_copy / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(SamuelError, match="contains no diffusion_pytorch_model.safetensors"):
        codec_of(folder_copy).encode(noise(HOP))


def half_precision_codec(folder: Path) -> OobleckCodec:
    """The codec in float16 on the CPU, in place of a GPU."""
    codec = codec_of(folder, tile_frames=32)
    codec.__dict__["_networks"] = tuple(part.half() for part in codec_of(folder)._networks)
    return codec


def check_close(codec: OobleckCodec, exact: OobleckCodec) -> None:
    audio = noise(100 * HOP)
    latents, expected = codec.encode(audio), exact.encode(audio)
    assert latents.device.type == "cpu" and latents.dtype == torch.float32
    assert (latents - expected).std() < 0.01 * expected.std()
    sound, expected = codec.decode(latents), exact.decode(latents)
    assert sound.device.type == "cpu" and sound.dtype == torch.float32
    assert 0 < (sound - expected).std() < 0.01 * expected.std()


def test_half_precision_is_close(saved_folder, untiled):
    check_close(half_precision_codec(saved_folder), untiled)


def test_overflow_of_half_precision_is_an_error(saved_folder):
    with pytest.raises(SamuelError, match="codec.half=false"):
        half_precision_codec(saved_folder).encode(1e6 * noise(10 * HOP))


@pytest.mark.gpu
def test_gpu_computes_in_half_precision(saved_folder, untiled):
    check_close(OobleckCodec(saved_folder, "tiny_vae", device="cuda", tile_frames=32), untiled)
