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
def saved(tmp_path_factory) -> Path:
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
def copied(saved: Path, tmp_path: Path) -> Path:
    shutil.copytree(saved, tmp_path / "copy")
    return tmp_path / "copy"


def library_network(folder: Path):
    from diffusers import AutoencoderOobleck

    return AutoencoderOobleck.from_pretrained(folder, subfolder="vae")


def codec_of(folder: str | Path, **arguments) -> OobleckCodec:
    return OobleckCodec(folder, "tiny_vae", device="cpu", **arguments)


@pytest.fixture(scope="session")
def whole(saved) -> OobleckCodec:
    """Never tiles: what the tests' signals are is one tile to it."""
    return codec_of(saved, tile_frames=10**6)


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def edit(folder: Path, **changes) -> None:
    path = folder / "vae" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_is_a_codec_of_the_configured_shape(whole):
    assert isinstance(whole, LatentCodec)
    assert (whole.channels, whole.hop_length, whole.sample_rate) == (CHANNELS, HOP, 16_000)


def test_gives_what_the_library_gives(whole, saved):
    network = library_network(saved)
    audio = noise(20 * HOP)
    with torch.no_grad():
        latents = network.encode(audio[None]).latent_dist.mode()
        sound = network.decode(latents).sample
    torch.testing.assert_close(whole.encode(audio), latents[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(whole.decode(latents[0]), sound[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("frames", [32, 33, 41, 67, 100])
def test_tiles_cannot_be_told_from_the_whole(whole, saved, frames):
    tiled = codec_of(saved, tile_frames=32)
    audio = noise(frames * HOP - 3)
    latents = whole.encode(audio)
    assert latents.std() > 0.05  # random weights, but not dead ones
    torch.testing.assert_close(tiled.encode(audio), latents, atol=1e-5, rtol=1e-5)
    latents = latents / latents.std()
    torch.testing.assert_close(tiled.decode(latents), whole.decode(latents), atol=1e-5, rtol=1e-5)


def test_the_context_is_as_long_as_it_must_be_and_no_longer(whole):
    """Zero gradients beyond it; at its end, from the most sensitive sample of a frame, some."""
    middle, (encoder, decoder) = 30, whole._networks
    audio = noise(61 * HOP).requires_grad_()
    encoder(audio[None])[0, :, middle].square().sum().backward()
    by_frame = audio.grad.unflatten(1, (-1, HOP)).abs().amax((0, 2))
    heard = torch.nonzero(by_frame)[:, 0] - middle
    assert max(-heard.min(), heard.max()) == whole._contexts[0]
    latents = torch.randn(CHANNELS, 61, generator=torch.Generator().manual_seed(0)).requires_grad_()
    sound = decoder(latents[None])[0, :, middle * HOP : (middle + 1) * HOP]
    sound.square().sum().backward()
    heard = torch.nonzero(latents.grad.abs().amax(0))[:, 0] - middle
    assert max(-heard.min(), heard.max()) == whole._contexts[1]
    assert whole.context_frames == max(whole._contexts)


@pytest.mark.parametrize("posterior", ["mean", "sample"])
def test_a_stream_has_the_latents_of_the_whole(saved, posterior):
    codec, audio = codec_of(saved, posterior=posterior), noise(90 * HOP + 11)
    found = torch.cat(list(encode_blocks(codec, audio.split(1000, dim=1), 20)), dim=1)
    torch.testing.assert_close(found, codec.encode(audio), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, HOP, HOP + 1, 50 * HOP - 1])
def test_length(whole, samples):
    latents = whole.encode(noise(samples))
    assert latents.shape == (CHANNELS, math.ceil(samples / HOP))
    assert whole.decode(latents).shape == (2, latents.shape[1] * HOP)
    assert whole.decode(latents, samples).shape == (2, samples)


def test_fewer_samples_are_the_first_of_all_and_more_are_silent(whole):
    latents = whole.encode(noise(50 * HOP))
    audio = whole.decode(latents)
    fewer, more = whole.decode(latents, 10 * HOP + 5), whole.decode(latents, 60 * HOP)
    torch.testing.assert_close(fewer, audio[:, : 10 * HOP + 5], atol=1e-5, rtol=1e-5)
    assert torch.equal(more[:, : 50 * HOP], audio) and not more[:, 50 * HOP :].any()


def test_a_sample_scatters_around_the_mean_as_far_as_the_encoder_believes(saved, whole):
    audio = noise(400 * HOP)
    sample = codec_of(saved, posterior="sample", tile_frames=10**6).encode(audio)
    again = codec_of(saved, posterior="sample").encode(audio)
    torch.testing.assert_close(again, sample, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        scale = library_network(saved).encode(audio[None]).latent_dist.std[0]
    scattered = (sample - whole.encode(audio)) / scale
    assert abs(scattered.mean()) < 0.1 and abs(scattered.std() - 1) < 0.1
    assert abs(torch.corrcoef(scattered)[0, 1]) < 0.2


def test_the_weights_make_the_identity_and_not_their_place(saved, copied, whole):
    assert whole.identity.name == "tiny_vae" and whole.identity.sample_rate == 16_000
    assert codec_of(copied / "vae", subfolder=None).identity == whole.identity
    assert codec_of(str(copied), posterior="sample", tile_frames=99).identity == whole.identity
    from safetensors.torch import load_file, save_file

    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["encoder.conv1.bias"] += 1e-6
    save_file(weights, path)
    assert "weights_hash" in (codec_of(copied).identity.difference(whole.identity) or "")


def test_travels_as_its_arguments(saved, whole):
    whole.encode(noise(HOP))
    parcel = pickle.dumps(whole)
    assert len(parcel) < 500
    there = pickle.loads(parcel)
    assert there == whole
    assert torch.equal(there.encode(noise(HOP)), whole.encode(noise(HOP)))


def test_loaded_in_inference_mode_it_is_as_good_outside(saved, whole):
    codec = codec_of(saved)
    with torch.inference_mode():
        latents = codec.encode(noise(20 * HOP))
    torch.testing.assert_close(codec.encode(noise(20 * HOP)), whole.encode(noise(20 * HOP)))
    torch.testing.assert_close(codec.decode(latents), whole.decode(latents.clone()))


def test_costs_nothing_until_it_is_used():
    codec = codec_of("no/such/place/anywhere")
    with pytest.raises(SamuelError, match="no such folder"):
        _ = codec.sample_rate


def test_without_diffusers_one_line_names_the_extra_at_once(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(SamuelError, match=r"pip install 'samuel-gen\[vae\]'"):
        codec_of(saved)


def test_a_tile_without_room_for_its_context_is_refused(saved):
    codec = codec_of(saved, tile_frames=4)
    with pytest.raises(SamuelError, match=r"codec.tile_frames=4; expected more than \d+"):
        _ = codec.context_frames


@pytest.mark.parametrize(("name", "value"), [("posterior", "mode"), ("max_batch", 0)])
def test_values_that_cannot_be_are_refused_at_once(name, value):
    codec = codec_of("x")
    object.__setattr__(codec, name, value)  # the tests' own type checks would come first
    with pytest.raises(SamuelError, match=f"codec.{name}={value}; expected"):
        codec.__post_init__()


def test_an_unknown_device_is_the_users_error(saved):
    with pytest.raises(SamuelError, match="codec.device=abacus"):
        OobleckCodec(saved, "tiny_vae", device="abacus").encode(noise(HOP))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"_class_name": "AutoencoderKL"}, "describes AutoencoderKL"),
        ({"audio_channels": 1}, "1 channels of audio"),
        ({"decoder_input_channels": 4}, "4 to the decoder"),
        ({"downsampling_ratios": [2, 4, 3]}, "expected even ones"),
        ({"decoder_channels": 16}, "weights that cannot be used"),
    ],
    ids=["class", "mono", "latents", "odd", "other_weights"],
)
def test_another_autoencoder_is_refused(copied, changes, reason):
    edit(copied, **changes)
    with pytest.raises(SamuelError, match=reason) as caught:
        codec_of(copied).encode(noise(HOP))
    assert "\n" not in str(caught.value)


def test_damaged_files_are_refused(copied):
    weights = copied / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(SamuelError, match="weights that cannot be used.*copy"):
        codec_of(copied).encode(noise(HOP))
    (copied / "vae" / "config.json").write_text("{")
    with pytest.raises(SamuelError, match="not readable as JSON"):
        codec_of(copied).encode(noise(HOP))


def test_a_folder_without_an_autoencoder_is_refused(tmp_path, copied):
    with pytest.raises(SamuelError, match="no config.json in it; expected config.json and"):
        codec_of(tmp_path).encode(noise(HOP))
    (copied / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(SamuelError, match="no diffusion_pytorch_model.safetensors in it"):
        codec_of(copied).encode(noise(HOP))


def halved(folder: Path) -> OobleckCodec:
    """As it is on a GPU."""
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


def test_half_precision_is_close(saved, whole):
    check_close(halved(saved), whole)


def test_half_precision_that_does_not_suffice_says_so(saved):
    with pytest.raises(SamuelError, match="codec.half=false"):
        halved(saved).encode(1e6 * noise(10 * HOP))


@pytest.mark.gpu
def test_a_gpu_computes_in_half_precision(saved, whole):
    check_close(OobleckCodec(saved, "tiny_vae", device="cuda", tile_frames=32), whole)
