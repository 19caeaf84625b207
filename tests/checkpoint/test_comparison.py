import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.comparison import Comparison, flatten_config
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser


@pytest.fixture
def checkpoint() -> Checkpoint:
    return Checkpoint(
        weights={"encode.weight": torch.ones(3, 4), "decode.bias": torch.ones(4)},
        config={"model": {"_target_": "x.Network", "widths": [1, 2]}, "codec": None},
        codec_identity=CodecIdentity("spectral", "abc", 44100, 2048, 2),
        vocal_normaliser=LatentNormaliser(torch.zeros(2), torch.tensor([1.0, 2.0])),
        accompaniment_normaliser=LatentNormaliser(torch.zeros(2), torch.tensor([3.0, 4.0])),
        provenance={},
    )


def test_a_checkpoint_against_itself_differs_in_nothing(checkpoint) -> None:
    found = Comparison.of(checkpoint, checkpoint)
    assert not (found.config or found.only_first or found.only_second or found.shapes)
    assert found.codec is None and found.normalisers == {}
    told = [line.split(maxsplit=1) for line in found.lines()]
    assert {text for name, text in told if name != "tensors"} == {"identical"}


def test_both_values_of_each_key_that_differs(checkpoint) -> None:
    config = {"model": {"_target_": "x.Network", "widths": [1, 3], "depth": 2}, "codec": None}
    found = Comparison.of(checkpoint, replace(checkpoint, config=config))
    assert found.config == {
        "model.widths": ("[1, 2]", "[1, 3]"),
        "model.depth": ("not given", "2"),
    }
    assert "  model.widths  [1, 2] / [1, 3]" in found.lines()


def test_a_flat_config_keeps_every_value() -> None:
    nested = {"a": {"b": {"c": 1}, "d": [1, {"e": 2}]}, "f": None, "g": {}}
    assert flatten_config(nested) == {"a.b.c": 1, "a.d": [1, {"e": 2}], "f": None, "g": {}}


def test_tensors_of_one_only_and_other_shapes(checkpoint) -> None:
    weights = {"encode.weight": torch.ones(3, 5), "norm.scale": torch.tensor(1.0)}
    found = Comparison.of(checkpoint, replace(checkpoint, weights=weights))
    assert (found.only_first, found.only_second) == (("decode.bias",), ("norm.scale",))
    assert found.shapes == {"encode.weight": ("3x4", "3x5")}
    lines = "\n".join(found.lines())
    assert "encode.weight 3x4 / 3x5" in lines and "not compared" in lines


def test_weights_are_compared_by_part(checkpoint) -> None:
    weights = checkpoint.weights | {"decode.bias": torch.full((4,), 1.25)}
    found = Comparison.of(checkpoint, replace(checkpoint, weights=weights))
    assert found.parts["decode"].relative == pytest.approx(0.25)
    assert found.parts["encode"].relative == 0
    assert any(line.split() == ["encode", "identical"] for line in found.lines())


def test_codec_and_normalisers(checkpoint) -> None:
    moved = LatentNormaliser(torch.tensor([0.0, 0.5]), torch.tensor([1.1, 2.0]))
    three = LatentNormaliser(torch.zeros(3), torch.ones(3))
    other = replace(
        checkpoint,
        codec_identity=replace(checkpoint.codec_identity, weights_hash="def"),
        vocal_normaliser=moved,
        accompaniment_normaliser=three,
    )
    found = Comparison.of(checkpoint, other)
    assert found.codec is not None and "weights_hash abc / def" in found.codec
    assert found.normalisers == {
        "vocal": "scales differ by up to 10.00%, means by up to 0.25 of a scale",
        "accompaniment": "2 / 3 channels",
    }


def test_it_needs_neither_lightning_nor_hydra() -> None:
    script = (
        "import sys, samuel_gen.checkpoint.comparison\n"
        "assert not {'lightning', 'hydra', 'omegaconf'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
