"""Does a band play in the right key, on the right chords, with the voice?

Silence agrees with nothing: it scores 0 in every figure here. NaN stands for an unknown truth.
"""

import math

import numpy as np
from jaxtyping import Bool, Float

from samuel_gen.analysis.agreement import CHROMA_SECONDS, harmony
from samuel_gen.analysis.key import Key
from samuel_gen.corpus.score import Score
from samuel_gen.corpus.theory import scale_of
from samuel_gen.evaluation.clip import Clip


def key_agreement(clip: Clip) -> float:
    """Is the band's key the song's? 1 or 0; chance is 1/24.

    The band's key is the likeliest one of its chroma, the song's that of the score or, without
    one, that heard in the voice. NaN if there is no score and nothing is sung.

    Source: profiles of Albrecht & Shanahan 2013, see `audio.key.likely_keys`.
    """
    heard, true = clip.band.key, clip.true_key
    if true is None:
        return math.nan
    return float(heard is not None and (heard.tonic, heard.mode) == (true.tonic, true.mode))


def relative_key_agreement(clip: Clip) -> float:
    """As `key_agreement`, but the relative major or minor is right too; chance is 1/12."""
    heard, true = clip.band.key, clip.true_key
    if true is None:
        return math.nan
    return float(heard is not None and _scale(heard) == _scale(true))


def scale_share(clip: Clip) -> float:
    """Share of the band's root power, by pitch class, on the song's scale, 0 to 1.

    Minor is the natural one. A band on all twelve classes alike has 7/12. The key is that of
    `key_agreement`; a relative key taken for it has the same scale. NaN if none is known.
    """
    if clip.true_key is None:
        return math.nan
    power = clip.band.chroma.sum(axis=1)
    return _share(power[sorted(_scale(clip.true_key))].sum(), power.sum())


def chord_share(clip: Clip) -> float:
    """Share of the band's root power, by pitch class, on the tones of the chord of the time, 0..1.

    Counted is what sounds while the score names a chord. A band on all twelve classes alike has
    a twelfth per chord tone: 1/4 under triads. NaN without a score, or if it has no chords.
    """
    if clip.score is None or not clip.score.chords:
        return math.nan
    chroma = clip.band.chroma
    tones, known = _chord_tones(clip.score, chroma.shape[1])
    return _share((chroma * tones).sum(), chroma[:, known].sum())


def true_chroma_likeness(clip: Clip) -> float:
    """Correlation of the band's twelve pitch classes with the true band's, -1 to 1; 0 is chance.

    Frame by frame (46 ms), averaged over the frames in which the true band sounds; where the band
    is silent or has already ended, a frame counts as 0. NaN if the true band is silent.
    """
    true, band = clip.true_band.chroma, clip.band.chroma
    sounding = true.any(axis=0)
    if not sounding.any():
        return math.nan
    missing = max(0, true.shape[1] - band.shape[1])
    band = np.pad(band, ((0, 0), (0, missing)))[:, : true.shape[1]]
    first, second = (x[:, sounding] - x[:, sounding].mean(axis=0) for x in (true, band))
    norms = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return float(((first * second).sum(axis=0) / np.maximum(norms, 1e-12)).mean())


def voice_harmony(clip: Clip) -> float:
    """Correlation of the band's pitch classes with the sung ones around them, -1 to 1; 0 is chance.

    See `agreement.harmony`. NaN if nothing is sung.
    """
    if not clip.vocal.sings:
        return math.nan
    features = clip.vocal.melody.features.double().cpu().numpy()
    return harmony(features, clip.vocal.melody_seconds, clip.band.played)


def _scale(key: Key) -> frozenset[int]:
    return frozenset(scale_of(key.tonic, key.mode))


def _chord_tones(
    score: Score, frames: int
) -> tuple[Bool[np.ndarray, "12 frames"], Bool[np.ndarray, " frames"]]:
    """Which classes belong to the chord of each frame of the chroma, and where there is one."""
    tones = np.zeros((12, frames), bool)
    times = np.arange(frames) * CHROMA_SECONDS
    for chord in score.chords:
        first, last = np.searchsorted(times, (chord.start, chord.end))
        tones[list(chord.pitch_classes), first:last] = True
    return tones, np.asarray(tones.any(axis=0))


def _share(part: Float[np.ndarray, ""] | float, whole: Float[np.ndarray, ""] | float) -> float:
    """`part / whole`, 0 where there is nothing to share."""
    return float(part / whole) if whole > 0 else 0.0
