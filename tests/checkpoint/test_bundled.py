"""The bundled checkpoint: small enough, whole, and following the vocal and its lead sheet."""

from dataclasses import replace

import numpy as np
import torch

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.loading import load_model
from samuel_gen.corpus.song import render_song
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.generation.accompanist import Accompanist


def test_it_is_half_precision_and_at_most_40_megabytes() -> None:
    assert BUNDLED.stat().st_size <= 40e6
    checkpoint = Checkpoint.load(BUNDLED)
    assert {weights.dtype for weights in checkpoint.weights.values()} == {torch.float16}
    assert checkpoint.provenance["data"]["songs"] >= 200
    assert checkpoint.provenance["began_with"]["steps"] >= 15_000


def test_it_is_loaded_in_single_precision() -> None:
    denoiser = load_model(BUNDLED).denoiser
    assert {weights.dtype for weights in denoiser.parameters()} == {torch.float32}


def test_a_generated_accompaniment_is_nearest_to_the_true_one_of_its_own_vocal() -> None:
    """The latents of each generated accompaniment correlate most with those of the true one."""
    accompanist = Accompanist.from_pretrained(device="cpu")
    stages, model = accompanist.stages, accompanist.model
    songs = [render_song(seed, seconds=12.0) for seed in (2_000_001, 2_000_002, 2_000_003)]
    vocals = [stages.encode(song.vocal, song.sample_rate) for song in songs]
    sampled = stages.sample(Vocal.concat(vocals), seed=[0] * len(songs))
    assert abs(float(sampled.std()) - 1) < 0.25  # the spread of the training data
    correlation = np.zeros((len(songs), len(songs)))
    for row, latents in enumerate(sampled):
        for column, song in enumerate(songs):
            true = model.accompaniment_normaliser.normalise(model.codec.encode(song.accompaniment))
            frames = min(true.shape[1], latents.shape[1])
            pair = torch.stack([latents[:, :frames].flatten(), true[:, :frames].flatten()])
            correlation[row, column] = float(torch.corrcoef(pair)[0, 1])
    own = correlation.diagonal().mean()
    assert own > correlation[~np.eye(len(songs), dtype=bool)].mean() + 0.02


def test_the_accompaniment_follows_the_beats_and_the_chords_of_its_sheet() -> None:
    """Its latents correlate most with the true ones if it is given the true sheet."""
    accompanist = Accompanist.from_pretrained(device="cpu")
    stages, model = accompanist.stages, accompanist.model
    correlation = {"true": 0.0, "half a beat late": 0.0, "other chords": 0.0}
    for seed in (2_000_004, 2_000_006):
        song = render_song(seed, seconds=12.0)
        sheet = song.score.lead_sheet
        sheets = {
            "true": sheet,
            "half a beat late": sheet.shift(30 / sheet.tempo),
            "other chords": replace(sheet.transpose(6), key=sheet.key),
        }
        vocals = [
            stages.encode(song.vocal, song.sample_rate, 0.0, each) for each in sheets.values()
        ]
        sampled = stages.sample(Vocal.concat(vocals), seed=[0] * len(sheets))
        true = model.accompaniment_normaliser.normalise(model.codec.encode(song.accompaniment))
        for name, latents in zip(sheets, sampled, strict=True):
            pair = torch.stack([latents[:, : true.shape[1]].flatten(), true.flatten()])
            correlation[name] += float(torch.corrcoef(pair)[0, 1]) / 2
    assert correlation["true"] > correlation["half a beat late"] + 0.05
    assert correlation["true"] > correlation["other chords"] + 0.05
