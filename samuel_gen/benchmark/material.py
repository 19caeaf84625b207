"""The vocal and the checkpoint on which generation is timed."""

from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.models.unet import SoftAlignmentUNet

SONG_SEED = 1_000_007
"""The seed of the rendered song from which all material comes."""
LONGEST_SONG_SECONDS = 60.0
"""Length of the rendered song for longer vocals, which repeat it."""

Stereo = Float[Tensor, "2 samples"]


def render_vocal(seconds: float) -> tuple[Stereo, int]:
    """Return a rendered vocal, repeated to the given length, and its sample rate in Hz."""
    from samuel_gen.corpus.song import render_song

    song = render_song(SONG_SEED, seconds=min(LONGEST_SONG_SECONDS, max(seconds, 12.0)))
    length = round(seconds * song.sample_rate)
    repetitions = -(-length // song.vocal.shape[1])
    return song.vocal.repeat(1, repetitions)[:, :length], song.sample_rate


def write_untrained_checkpoint(config: dict[str, Any], path: Path) -> None:
    """Write a checkpoint of an untrained network, which is as fast as a trained one.

    Args:
        config: arguments of the network.
        path: the file to write.
    """
    from samuel_gen.corpus.song import render_song

    codec = SpectralCodec()
    song = render_song(SONG_SEED, seconds=24.0)
    vocal_normaliser, accompaniment_normaliser = (
        LatentNormaliser.fit(latents.mean(1), latents.std(1))
        for latents in (codec.encode(song.vocal), codec.encode(song.accompaniment))
    )
    nodes = {
        "model": {"_target_": "samuel_gen.models.unet.SoftAlignmentUNet", **config},
        "schedule": {"_target_": "samuel_gen.diffusion.schedules.cosine"},
        "objective": {"_target_": "samuel_gen.diffusion.objective.Objective"},
        "codec": {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"},
    }
    weights = SoftAlignmentUNet(**config).state_dict()
    Checkpoint(weights, nodes, codec.identity, vocal_normaliser, accompaniment_normaliser, {}).save(
        path
    )
