"""Features of the beat tracker: levels and rises in bands, pitch and its movement."""

import numpy as np
from jaxtyping import Bool, Float

from samuel_gen.analysis.tuning import estimate_tuning

_RANGE = 40.0  # dB below a band's own loud frames, at which its level is cut off
_FAINTEST = 70.0  # dB below the loudest band; fainter bands are the recording's noise
_SPANS = (2, 6)  # frames over which rises are measured
_WIDTH = 0.35  # semitones: standard deviation of the Gaussian around each pitch class
_MOVE = 3  # frames either way over which the movement of the pitch is measured
_GREATEST_MOVE = 3.0  # semitones

BAND_FEATURES = 24 * (1 + len(_SPANS))
PITCH_FEATURES = 12 + 4
BEAT_FEATURES = BAND_FEATURES + PITCH_FEATURES


def beat_features(
    powers: Float[np.ndarray, "frames bands"], frequency: Float[np.ndarray, " frames"] | None
) -> Float[np.ndarray, "features frames"]:
    """Return the features of a vocal or of music, independent of loudness and tone.

    The rows are levels of the bands, their rises over two spans, 12 pitch classes relative to the
    singer's tuning, voicing, the movement of the pitch and its amount, and a flag that the pitch
    is known. All pitch rows are 0 where it is not.

    Args:
        powers: the power in bands of the whole recording, frames about 12 ms apart.
        frequency: the pitch in Hz, 0 for none; None if it is not known.
    """
    levels = band_levels(powers)
    rows = [levels.T / _RANGE]
    for span in _SPANS:
        before = np.concatenate([np.repeat(levels[:1], span, 0), levels])[: len(levels)]
        rows.append(np.maximum(levels - before, 0).T / (_RANGE / 2))
    rows.append(_pitch_features(len(levels), frequency))
    return np.concatenate(rows).astype(np.float32)


def band_levels(powers: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, "frames bands"]:
    """Return the level of each band in dB above the bottom of its range, 0 to about 40.

    Each band is measured relative to its own loud frames, so that loudness and tone do not matter.

    Args:
        powers: the power in bands of the whole recording.
    """
    reference = _loud_powers(powers)
    if not reference.any():
        return np.zeros(powers.shape)
    reference = np.maximum(reference, reference.max() * 10 ** (-_FAINTEST / 10))
    relative = np.maximum(powers / reference, 10 ** (-_RANGE / 10))
    return np.asarray(_RANGE + 10 * np.log10(relative))


def _loud_powers(powers: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, " bands"]:
    """Return `loud_power` of each band: the 95th percentile of the frames near the loudest."""
    rising = np.sort(powers, axis=0)
    if not rising.any():
        return np.zeros(powers.shape[1])
    faint = (rising <= 1e-4 * rising[-1]).sum(0)
    place = faint + 0.95 * np.maximum(len(rising) - 1 - faint, 0)
    low = np.minimum(place.astype(int), len(rising) - 1)
    high = np.minimum(low + 1, len(rising) - 1)
    below, above = (np.take_along_axis(rising, at[None], 0)[0] for at in (low, high))
    return np.asarray(np.where(faint < len(rising), below + (place - low) * (above - below), 0.0))


def _pitch_features(
    frames: int, frequency: Float[np.ndarray, " frames"] | None
) -> Float[np.ndarray, "rows frames"]:
    rows = np.zeros((PITCH_FEATURES, frames), np.float32)
    if frequency is None:
        return rows
    tone = frequency > 0
    semitones = 69 + 12 * np.log2(np.where(tone, frequency, 440.0) / 440.0)
    pitch = (semitones - estimate_tuning(semitones, tone)).astype(np.float32)
    distance = (pitch - np.arange(12, dtype=np.float32)[:, None] + 6) % 12 - 6
    rows[:12] = np.exp(-0.5 * (distance / _WIDTH) ** 2) * tone
    move = _pitch_movement(semitones, tone)
    rows[12], rows[13], rows[14], rows[15] = tone, move, np.abs(move), 1
    return rows


def _pitch_movement(
    semitones: Float[np.ndarray, " frames"], tone: Bool[np.ndarray, " frames"]
) -> Float[np.ndarray, " frames"]:
    """Return the change of the pitch around each frame in units of the greatest, -1 to 1."""
    padded, sung = np.pad(semitones, _MOVE, "edge"), np.pad(tone, _MOVE)
    change = padded[2 * _MOVE :] - padded[: -2 * _MOVE]
    known = sung[2 * _MOVE :] & sung[: -2 * _MOVE]
    return np.asarray(np.clip(change, -_GREATEST_MOVE, _GREATEST_MOVE) / _GREATEST_MOVE * known)
