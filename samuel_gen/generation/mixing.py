"""Accompaniment and mix at their loudness, and never above the peak ceiling."""

from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.edits import ScaledRecording, SplicedRecording
from samuel_gen.audio.loudness import LoudnessPeakMeter, db_to_gain, measure_recording
from samuel_gen.audio.recording import MemoryRecording, Recording, SummedRecording, read_segment

CEILING = -1.0
"""The highest true peak of a written file, in dBTP."""
MIX_LOUDNESS = -14.0
"""The loudness of a mix in LUFS: that of records, and that at which streaming services play."""
_MOST_ATTENUATION = 30  # dB, in steps of 1 dB

Stereo = Float[Tensor, "2 samples"]


def loudness_gain(measured: LoudnessPeakMeter, loudness: float) -> float:
    """The gain that brings a sound to a loudness, without a true peak above the ceiling.

    Args:
        measured: the loudness and the peak of the sound.
        loudness: the target in LUFS.
    """
    return db_to_gain(min(loudness - measured.loudness, CEILING - measured.peak))


def mix(vocal: Recording, accompaniment: Recording) -> ScaledRecording:
    """Add both, and bring the sum to MIX_LOUDNESS or as near as the ceiling lets it."""
    both = SummedRecording([vocal, accompaniment])
    return ScaledRecording(both, loudness_gain(measure_recording(both), MIX_LOUDNESS))


def splice_segment(
    vocal: Recording,
    accompaniment: Recording,
    mix_gain: float,
    start: int,
    patch: Stereo,
    fade: int,
) -> SplicedRecording:
    """Replace a segment of the accompaniment, at a level at which neither it nor the mix clips.

    Only the patch is turned down, in steps of 1 dB. Everything outside it stays as it is.

    Args:
        vocal, accompaniment: the recordings of the mix.
        mix_gain: the gain of the mix.
        start: the first sample of the segment.
        patch: the new samples of the segment.
        fade: the length of the cross-fade at either end of the patch, in samples.
    """
    rate = accompaniment.sample_rate
    first = max(0, start - rate)
    near_vocal, near_accompaniment = (
        MemoryRecording(read_segment(sound, first, start + patch.shape[-1] + rate), rate)
        for sound in (vocal, accompaniment)
    )

    def measure_peaks(sound: Recording) -> tuple[float, float]:
        near_mix = ScaledRecording(SummedRecording([near_vocal, sound]), mix_gain)
        return measure_recording(sound).peak, measure_recording(near_mix).peak

    allowed = [max(CEILING, peak) for peak in measure_peaks(near_accompaniment)]
    quieter = patch
    for attenuation in range(_MOST_ATTENUATION):
        quieter = db_to_gain(float(-attenuation)) * patch
        peaks = measure_peaks(SplicedRecording(near_accompaniment, start - first, quieter, fade))
        if all(peak <= most for peak, most in zip(peaks, allowed, strict=True)):
            break
    return SplicedRecording(accompaniment, start, quieter, fade)
