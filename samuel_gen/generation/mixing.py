"""Accompaniment and mix at their loudness, and never above the peak ceiling."""

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.edits import SplicedRecording
from samuel_gen.audio.limiter import LimitedRecording
from samuel_gen.audio.loudness import LoudnessPeakMeter, db_to_gain, measure_recording
from samuel_gen.audio.recording import MemoryRecording, Recording, SummedRecording, read_segment

CEILING = -1.0
"""The highest true peak of a written file, in dBTP."""
MIX_LOUDNESS = -14.0
"""The loudness of a mix in LUFS: that of records, and that at which streaming services play."""
MOST_LIMITING = 6.0
"""The most by which the limiter turns a peak down, in dB."""
_MOST_ATTENUATION = 30  # dB, in steps of 1 dB

Stereo = Float[Tensor, "2 samples"]


def loudness_gain(measured: LoudnessPeakMeter, loudness: float) -> float:
    """The gain that brings a sound to a loudness, with as much limiting as it bears.

    Args:
        measured: the loudness and the peak of the sound.
        loudness: the target in LUFS.
    """
    return db_to_gain(min(loudness - measured.loudness, CEILING + MOST_LIMITING - measured.peak))


def mix(vocal: Recording, accompaniment: Recording) -> LimitedRecording:
    """Add both, and bring the sum to MIX_LOUDNESS, or as near as the limiter lets it."""
    both = SummedRecording([vocal, accompaniment])
    return LimitedRecording(both, loudness_gain(measure_recording(both), MIX_LOUDNESS), CEILING)


def splice_segment(
    accompaniment: Recording, start: int, patch: Stereo, fade: int
) -> SplicedRecording:
    """Replace a segment of an accompaniment, at a level at which it does not clip.

    Only the patch is limited, and turned down in steps of 1 dB where its fades need it. Everything
    outside it stays as it is.

    Args:
        accompaniment: the recording.
        start: the first sample of the segment.
        patch: the new samples of the segment.
        fade: the length of the cross-fade at either end of the patch, in samples.
    """
    rate = accompaniment.sample_rate
    first = max(0, start - rate)
    near = MemoryRecording(read_segment(accompaniment, first, start + patch.shape[-1] + rate), rate)
    allowed = max(CEILING, measure_recording(near).peak)
    limited = LimitedRecording(MemoryRecording(patch, rate), 1.0, CEILING)
    patch = quieter = torch.cat(list(limited.blocks(rate)), dim=1)
    for attenuation in range(_MOST_ATTENUATION):
        quieter = db_to_gain(float(-attenuation)) * patch
        spliced = SplicedRecording(near, start - first, quieter, fade)
        if measure_recording(spliced).peak <= allowed:
            break
    return SplicedRecording(accompaniment, start, quieter, fade)
