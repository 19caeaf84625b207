from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.errors import SamuelError


@pytest.fixture
def checkpoint() -> Checkpoint:
    """A checkpoint of two small tensors, which overrides the one of the tiny network."""
    return Checkpoint(
        weights={"layer.weight": torch.randn(3, 4), "layer.bias": torch.randn(4)},
        config={"model": {"_target_": "x.y", "widths": [1, 2]}, "codec": None},
        codec_identity=CodecIdentity("spectral", "abc", 44100, 2048, 2),
        vocal_normaliser=LatentNormaliser(torch.tensor([0.1, 0.2]), torch.tensor([1.0, 2.0])),
        accompaniment_normaliser=LatentNormaliser(torch.zeros(2), torch.tensor([3.0, 1e-7])),
        provenance={"epoch": 3, "metrics": {"val/mse": 0.5}},
    )


def test_a_saved_checkpoint_loads_unchanged(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "new" / "model.safetensors")
    loaded = Checkpoint.load(tmp_path / "new" / "model.safetensors")
    assert loaded.config == checkpoint.config
    assert loaded.codec_identity == checkpoint.codec_identity
    assert loaded.provenance == checkpoint.provenance
    for name, value in checkpoint.weights.items():
        assert torch.equal(loaded.weights[name], value)
    assert torch.equal(
        loaded.accompaniment_normaliser.scale, checkpoint.accompaniment_normaliser.scale
    )
    assert torch.equal(loaded.vocal_normaliser.mean, checkpoint.vocal_normaliser.mean)


def test_half_precision_keeps_three_digits(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoint.to_half_precision().save(tmp_path / "half")
    loaded = Checkpoint.load(tmp_path / "half")
    for name, value in checkpoint.weights.items():
        assert loaded.weights[name].dtype == torch.float16
        assert torch.allclose(loaded.weights[name].float(), value, rtol=1e-3)
    assert loaded.config == checkpoint.config and loaded.provenance == checkpoint.provenance


def test_the_same_checkpoint_makes_the_same_bytes(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a")
    checkpoint.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="no such file"):
        Checkpoint.load(tmp_path / "model.safetensors")


def test_a_training_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"anything")
    with pytest.raises(SamuelError, match=r"name the model\.safetensors"):
        Checkpoint.load(tmp_path / "last.ckpt")


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_truncated_file_is_refused(checkpoint: Checkpoint, tmp_path: Path, kept: int) -> None:
    checkpoint.save(tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:kept])
    with pytest.raises(SamuelError, match="not a whole safetensors file"):
        Checkpoint.load(tmp_path / "cut")


def test_other_safetensors_files_are_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(SamuelError, match="not a samuel_gen checkpoint"):
        Checkpoint.load(tmp_path / "other.safetensors")


def test_a_later_format_names_the_version_that_wrote_it(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("samuel_gen.checkpoint.checkpoint.FORMAT", 99)
    later = replace(checkpoint, provenance={"samuel_gen": "9.1.0"})
    later.save(tmp_path / "later")
    monkeypatch.undo()
    with pytest.raises(SamuelError, match=r"format 99, written by samuel_gen 9\.1\.0"):
        Checkpoint.load(tmp_path / "later")


def test_a_header_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.write((2**30).to_bytes(8, "little"))
        file.truncate(2**30 + 8)
    with pytest.raises(SamuelError, match="its header has 1073741824 bytes"):
        Checkpoint.load(path)


def test_weights_that_are_no_numbers_of_a_network_are_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    weights = {name: each.to(torch.int32) for name, each in checkpoint.weights.items()}
    replace(checkpoint, weights=weights).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="holds torch.int32"):
        Checkpoint.load(tmp_path / "m.safetensors")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 9_999, '{"format": 2}', "3"])
def test_a_damaged_description_is_refused(
    checkpoint: Checkpoint, tmp_path: Path, text: str
) -> None:
    save_file(checkpoint.weights, tmp_path / "m.safetensors", {"samuel_gen": text})
    with pytest.raises(SamuelError, match="its description is damaged"):
        Checkpoint.load(tmp_path / "m.safetensors")
