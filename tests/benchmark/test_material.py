from pathlib import Path

import torch

from samuel_gen.benchmark.material import render_vocal
from samuel_gen.checkpoint.loading import load_model


def test_vocal_of_any_length_repeats_a_song() -> None:
    vocal, rate = render_vocal(70.0)
    assert vocal.shape == (2, 70 * rate) and vocal[:, : 30 * rate].any()
    assert torch.equal(vocal[:, 60 * rate :], vocal[:, : 10 * rate])


def test_untrained_checkpoint_can_be_loaded(checkpoint: Path) -> None:
    model = load_model(checkpoint)
    assert model.codec.identity.name == "spectral"
    assert model.vocal_normaliser.scale.isfinite().all()
