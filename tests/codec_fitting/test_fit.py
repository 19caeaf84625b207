import torch

from samuel_gen.codec_fitting import fit
from samuel_gen.codecs.spectral.codec import SpectralCodec


def test_command_writes_tables_that_the_codec_reads(tmp_path, capsys):
    output = tmp_path / "tables.safetensors"
    assert fit.main(["--songs", "1", "--seconds", "6", "--output", str(output)]) == 0
    codec = SpectralCodec(tables=output)
    assert codec.channels == 64 and codec.identity.weights_hash in capsys.readouterr().out
    assert codec.identity != SpectralCodec().identity


def test_components_are_the_directions_of_most_energy():
    axes = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(0))).Q
    energies = torch.tensor([1.0, 9.0, 4.0, 0.1, 16.0])
    moments = (axes * energies) @ axes.T
    components = fit._principal_components(moments.double(), 2)
    for component, axis in zip(components, (axes[:, 4], axes[:, 1]), strict=True):
        assert torch.allclose(component.abs(), axis.abs(), atol=1e-5)
        assert component[component.abs().argmax()] > 0


def test_command_refuses_songs_that_are_too_short(tmp_path, capsys):
    output = tmp_path / "tables.safetensors"
    assert fit.main(["--songs", "1", "--seconds", "2", "--output", str(output)]) == 2
    assert "too short" in capsys.readouterr().err and not output.exists()
