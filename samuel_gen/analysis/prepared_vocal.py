"""The vocal as the network receives it: at the reference loudness, as melody and latents."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.melody import MelodyTrack, extract_melody_from_blocks
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, LoudnessMeter, db_to_gain, meter_blocks
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.streaming import encode_blocks

Blocks = Iterable[Float[Tensor, "2 _"]]


@dataclass(frozen=True, eq=False)
class PreparedVocal:
    """A vocal in the form that training and generation share.

    Attributes:
        loudness: the loudness of the recording in LUFS; -inf for silence.
        gain: the factor that brings it to REFERENCE_LOUDNESS; 1 for silence.
        melody: the melody track, on the frames of the latents.
        latents: the codec's latents at REFERENCE_LOUDNESS, (channels, frames), not normalised.
    """

    loudness: float
    gain: float
    melody: MelodyTrack
    latents: Float[Tensor, "channels frames"]


@torch.inference_mode()
def prepare_vocal(
    open_blocks: Callable[[], Blocks],
    codec: LatentCodec,
    known: tuple[float, MelodyTrack] | None = None,
) -> PreparedVocal:
    """Measure, track and encode a vocal; data sets and generation both call this.

    Args:
        open_blocks: returns the vocal from its start at the codec's sample rate, in stereo blocks
            of any lengths; called twice, or once if loudness and melody are known.
        codec: the codec of the latents.
        known: the loudness in LUFS, and the melody on the frames of the latents.
    """
    loudness, melody = known or _measure_vocal(open_blocks(), codec)
    gain = db_to_gain(REFERENCE_LOUDNESS - loudness) if loudness > -float("inf") else 1.0
    latents = torch.cat(
        list(encode_blocks(codec, (gain * block for block in open_blocks()))), dim=1
    )
    return PreparedVocal(loudness, gain, melody, latents)


def _measure_vocal(blocks: Blocks, codec: LatentCodec) -> tuple[float, MelodyTrack]:
    meter = LoudnessMeter(codec.sample_rate)
    measured = meter_blocks(blocks, meter)
    melody = extract_melody_from_blocks(measured, codec.sample_rate, codec.hop_length)
    return meter.loudness, melody
