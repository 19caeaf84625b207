"""Hints on how to improve a recording of a vocal."""

import math
from collections.abc import Iterator

import numpy as np

from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.analysis.recording_meter import RecordingMeter


def find_hints(
    meter: RecordingMeter, melody: MelodyTrack, sung_seconds: float, frame_seconds: float
) -> Iterator[str]:
    """Find the faults of a recording, and say in plain English how to repair each.

    Args:
        meter: the levels of the whole recording, measured on the melody's frames.
        melody: the melody track of the recording.
        sung_seconds: the time in which a pitch is sung.
        frame_seconds: the length of the melody's frames.
    """
    if meter.loudness == -math.inf:
        yield "there is no sound: is it the right track, and was the microphone on?"
        return
    if sung_seconds < 1:
        yield "hardly a note is sung: is it a vocal?"
    elif sung_seconds / meter.seconds < 0.25:
        yield f"only {sung_seconds / meter.seconds:.0%} of the recording is sung: cut the rest off"
    if 1 <= sung_seconds < 8:
        yield f"only {sung_seconds:.0f} s are sung: too little to be sure of key and tempo"
    if meter.loudness < -35:
        yield f"the vocal is very quiet: {meter.loudness:.0f} LUFS; about -20 is usual"
    if meter.clipped > 8:
        yield f"distorted: {meter.clipped} samples are at full scale; record at a lower level"
    if len(meter.channel_peaks) == 2 and min(meter.channel_peaks) < 0.003 * max(
        meter.channel_peaks
    ):
        yield "one channel is silent: export the recording as mono"
    yield from _background_hints(meter, melody, frame_seconds)


def _background_hints(
    meter: RecordingMeter, melody: MelodyTrack, frame_seconds: float
) -> Iterator[str]:
    """Find noise in the rests, and loud sound without a pitch."""
    level = meter.frame_levels
    voiced = melody.voicing[: level.size].numpy() > 0.5
    resting = melody.activity[: level.size].numpy() < 0.25
    if voiced.sum() * frame_seconds < 1:
        return
    loud = float(np.percentile(level[voiced], 90))
    if resting.sum() * frame_seconds > 0.5 and loud - float(np.median(level[resting])) < 25:
        yield "hum or noise between the notes: sing closer to the microphone"
    audible = level > loud - 10
    unpitched = float((~voiced & audible).sum() / max(1, audible.sum()))
    if unpitched > 0.3:
        yield f"{unpitched:.0%} of the loud sound has no pitch: is there more than one singer?"
