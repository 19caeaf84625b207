"""The weights in the package: small enough, whole, and following the voice."""

import numpy as np
import torch

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.corpus.song import render_song
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.generation.accompanist import Accompanist


def test_it_is_half_precision_and_at_most_40_megabytes() -> None:
    assert SHIPPED.stat().st_size <= 40e6
    checkpoint = Checkpoint.load(SHIPPED)
    assert {weights.dtype for weights in checkpoint.weights.values()} == {torch.float16}
    assert checkpoint.provenance["data"]["songs"] >= 2_000


def test_it_is_heard_in_single_precision() -> None:
    denoiser = Accompanist.from_pretrained(device="cpu").denoiser
    assert {weights.dtype for weights in denoiser.parameters()} == {torch.float32}


def test_its_bands_are_nearer_to_their_own_voices_bands_than_to_others() -> None:
    """Each generated band's mean latents correlate most with those of the true one."""
    accompanist = Accompanist.from_pretrained(device="cpu")
    songs = [render_song(seed, seconds=12.0) for seed in (2_000_001, 2_000_002, 2_000_003)]
    heard = [accompanist.encode(song.vocal, song.sample_rate) for song in songs]
    made = accompanist.sample(Vocal.concat(heard), seed=[0] * len(songs))
    assert abs(float(made.std()) - 1) < 0.25  # as wide as what it learned
    likeness = np.zeros((len(songs), len(songs)))
    for row, latents in enumerate(made):
        for column, song in enumerate(songs):
            true = accompanist.accompaniment_normaliser.normalise(
                accompanist.codec.encode(song.accompaniment)
            )
            frames = min(true.shape[1], latents.shape[1])
            pair = torch.stack([latents[:, :frames].flatten(), true[:, :frames].flatten()])
            likeness[row, column] = float(torch.corrcoef(pair)[0, 1])
    own = likeness.diagonal().mean()
    assert own > likeness[~np.eye(len(songs), dtype=bool)].mean() + 0.02
