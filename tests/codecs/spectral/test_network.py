import pytest
import torch

from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.codecs.spectral.fine_grid import FINE_BINS, FINE_PER_FRAME
from samuel_gen.codecs.spectral.grid import HIGH_PER_FRAME, LOW_BINS
from samuel_gen.codecs.spectral.network import BUNDLED_DECODER, CONTEXT, DecoderNetwork
from samuel_gen.codecs.spectral.stereo import STEREO_BANDS
from samuel_gen.codecs.spectral.tables import Tables
from samuel_gen.errors import SamuelError


@pytest.fixture
def network() -> DecoderNetwork:
    torch.manual_seed(0)
    return DecoderNetwork(channels=16, parts=8).eval()


def inputs(frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    latents = 5 * torch.randn(2, frames, 64, generator=generator)
    return latents, 10 * torch.rand(2, frames, FEATURES, generator=generator)


@pytest.mark.parametrize("frames", [1, 7])
def test_outputs_are_on_their_grids(network, frames):
    magnitudes, shares = network(*inputs(frames))
    assert magnitudes.low.shape == (2, frames, LOW_BINS)
    assert magnitudes.fine.shape == (2, FINE_PER_FRAME * frames, FINE_BINS)
    assert magnitudes.envelope.shape[:2] == (2, HIGH_PER_FRAME * frames)
    width, lean = shares[..., :STEREO_BANDS], shares[..., STEREO_BANDS:]
    assert width.min() >= 0 and width.max() <= 1 and (lean.abs() <= width).all()


def test_a_prediction_depends_on_its_context_only(network):
    latents, values = inputs(40)
    changed = latents.clone()
    changed[:, 20] += 10
    before, after = network(latents, values)[0].fine, network(changed, values)[0].fine
    differs = (before != after).any(2).any(0).unflatten(0, (40, FINE_PER_FRAME)).any(1)
    assert differs.nonzero().flatten().tolist() == list(range(20 - CONTEXT, 21 + CONTEXT))


def test_every_parameter_learns(network):
    magnitudes, shares = network(*inputs(12))
    outputs = (magnitudes.low, magnitudes.fine, magnitudes.envelope, shares)
    torch.stack([x.square().sum() for x in outputs]).sum().backward()
    assert all(x.grad is not None and x.grad.abs().sum() > 0 for x in network.parameters())


def test_the_bundled_network_is_small_and_for_the_bundled_tables():
    network = DecoderNetwork.load()
    assert network.tables == Tables.load().digest
    assert sum(x.numel() for x in network.parameters()) <= 2_000_000
    assert BUNDLED_DECODER.stat().st_size < 4e6


def test_saved_weights_keep_their_digest(tmp_path):
    torch.manual_seed(0)
    network = DecoderNetwork(tables="abc")
    network.save(tmp_path / "d.safetensors")
    again = DecoderNetwork.load(tmp_path / "d.safetensors")
    assert again.digest == network.digest and again.tables == "abc"
    assert again.digest != DecoderNetwork().digest


def test_unreadable_weights_are_named(tmp_path):
    (tmp_path / "d.safetensors").write_bytes(b"nothing")
    for name in ("d.safetensors", "missing.safetensors"):
        with pytest.raises(SamuelError, match="decoder=closed_form"):
            DecoderNetwork.load(tmp_path / name)


@pytest.mark.parametrize(
    "strange", [torch.ones(2**20, dtype=torch.int8), torch.ones(2, 2), torch.ones(1)]
)
def test_weights_of_another_network_are_one_line(strange, tmp_path):
    from safetensors.torch import load_file, save_file

    weights = load_file(BUNDLED_DECODER)
    path = tmp_path / "d.safetensors"
    save_file({**weights, "enter.weight": strange}, path, {"tables": "abc"})
    with pytest.raises(SamuelError, match="enter.weight has shape") as caught:
        DecoderNetwork.load(path)
    assert "\n" not in str(caught.value)


def test_a_decoder_with_a_header_of_a_gigabyte_is_one_line(tmp_path):
    path = tmp_path / "d.safetensors"
    with path.open("wb") as file:
        file.write((2**30).to_bytes(8, "little"))
        file.truncate(2**30 + 8)  # zeros that take no room on the disk
    with pytest.raises(SamuelError, match="its header has 1073741824 bytes"):
        DecoderNetwork.load(path)
