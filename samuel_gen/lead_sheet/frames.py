"""The lead sheet as frames for the network, at the rate of the latents."""

import numpy as np
from jaxtyping import Float

from samuel_gen.lead_sheet.sheet import LeadSheet

CHORD_FEATURES = 24
BEAT_FEATURES = 6
_PULSE_FRAMES = 0.8  # standard deviation of a beat's pulse

Frames = Float[np.ndarray, "features frames"]


def chord_frames(sheet: LeadSheet, num_frames: int, frame_seconds: float) -> Frames:
    """Return the chord of each frame: 12 rows for its tones, 12 for its bass.

    A frame has the chord that sounds at its centre. All rows are 0 for no chord.

    Args:
        sheet: the lead sheet; after its last beat its last chord goes on.
        num_frames: the number of frames, from 0 s on.
        frame_seconds: the length of a frame in seconds.
    """
    frames = np.zeros((CHORD_FEATURES, num_frames), np.float32)
    if not sheet.chords:
        return frames
    centres = (np.arange(num_frames) + 0.5) * frame_seconds
    places = sheet.beat_at(centres)
    changes = np.array([change.beat for change in sheet.chords])
    which = np.searchsorted(changes, places, side="right") - 1
    for number, change in enumerate(sheet.chords):
        if change.chord is not None:
            sounding = which == number
            for pitch_class in change.chord.pitch_classes:
                frames[pitch_class, sounding] = 1
            frames[12 + change.chord.bass, sounding] = 1
    return frames


def beat_frames(sheet: LeadSheet, num_frames: int, frame_seconds: float) -> Frames:
    """Return the beats as frames: pulses of beats and downbeats, and two phases.

    The rows are a pulse on each beat, a pulse on each downbeat (Gaussians of 0.8 frames), sine and
    cosine of the phase within the beat, sine and cosine of the phase within the bar. Before and
    after the sheet the phases go on, and there are no pulses.

    Args:
        sheet: the lead sheet.
        num_frames: the number of frames, from 0 s on.
        frame_seconds: the length of a frame in seconds.
    """
    centres = (np.arange(num_frames) + 0.5) * frame_seconds
    places = sheet.beat_at(centres)
    bar = sheet.meter.beats_per_bar
    phases = 2 * np.pi * np.stack([places, (places + sheet.first_position - 1) / bar])
    pulses = [
        _pulses(np.asarray(times), centres / frame_seconds, frame_seconds)
        for times in (sheet.beats, sheet.downbeats)
    ]
    rows = [*pulses, np.sin(phases[0]), np.cos(phases[0]), np.sin(phases[1]), np.cos(phases[1])]
    return np.stack(rows).astype(np.float32)


def _pulses(
    times: Float[np.ndarray, " times"], centres: Float[np.ndarray, " frames"], frame_seconds: float
) -> Float[np.ndarray, " frames"]:
    """Return a Gaussian of height 1 around the nearest of some times, in frames."""
    if times.size == 0:
        return np.zeros_like(centres)
    at = times / frame_seconds
    right = np.clip(np.searchsorted(at, centres), 1, max(1, at.size - 1))
    nearest = np.minimum(
        np.abs(centres - at[np.minimum(right, at.size - 1)]), np.abs(centres - at[right - 1])
    )
    return np.asarray(np.exp(-0.5 * (nearest / _PULSE_FRAMES) ** 2))
