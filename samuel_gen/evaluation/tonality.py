"""Harmony metrics: key, scale, chords and pitch classes of an accompaniment against the song's.

Every metric here is 0 for silence and NaN if the truth is unknown.
"""

import math

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.agreement import harmony_agreement
from samuel_gen.analysis.key import KeyEstimate
from samuel_gen.analysis.music import CHROMA_SECONDS
from samuel_gen.corpus.theory import scale_of
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.lead_sheet.frames import chord_frames
from samuel_gen.lead_sheet.sheet import LeadSheet


def key_agreement(inputs: MetricInput) -> float:
    """1 if the accompaniment's key is the song's, else 0; chance is 1/24.

    The accompaniment's key is the likeliest one of its chroma. The song's key is that of its lead
    sheet or, without one, the likeliest one of the vocal; NaN without either.

    Source: the key profiles of Albrecht & Shanahan 2013, as in `analysis.key.rank_keys`.
    """
    key, true = inputs.accompaniment.key, inputs.true_key
    if true is None:
        return math.nan
    return float(key is not None and (key.tonic, key.mode) == (true.tonic, true.mode))


def relative_key_agreement(inputs: MetricInput) -> float:
    """1 if the accompaniment's key is the song's or its relative key, else 0; chance is 1/12.

    The keys are those of `key_agreement`.
    """
    key, true = inputs.accompaniment.key, inputs.true_key
    if true is None:
        return math.nan
    return float(key is not None and _scale(key) == _scale(true))


def scale_share(inputs: MetricInput) -> float:
    """Share of the accompaniment's root power, by pitch class, on the song's scale, 0 to 1.

    Minor is natural minor. An accompaniment on all twelve classes equally scores 7/12. The song's
    key is that of `key_agreement`; mistaking it for its relative key changes nothing, since the
    scale is the same. NaN if the key is unknown.
    """
    if inputs.true_key is None:
        return math.nan
    power = inputs.accompaniment.chroma.sum(axis=1)
    return _share(power[sorted(_scale(inputs.true_key))].sum(), power.sum())


def chord_share(inputs: MetricInput) -> float:
    """Share of the accompaniment's root power, by pitch class, on the current chord, 0 to 1.

    The chords are those of the song's lead sheet; NaN without chords.
    """
    return math.nan if inputs.lead_sheet is None else share_on_chords(inputs, inputs.lead_sheet)


def share_on_chords(inputs: MetricInput, sheet: LeadSheet) -> float:
    """Share of the accompaniment's root power, by pitch class, on the chords of a sheet, 0 to 1.

    Only frames in which a chord sounds count. An accompaniment on all twelve classes equally
    scores 1/12 per chord tone, which is 1/4 for triads. NaN if the sheet has no chords.
    """
    if not any(change.chord for change in sheet.chords):
        return math.nan
    chroma = inputs.accompaniment.chroma
    centred = sheet.shift(CHROMA_SECONDS / 2)  # chroma frame 0 is centred on 0 s
    tones = chord_frames(centred, chroma.shape[1], CHROMA_SECONDS)[:12]
    return _share((chroma * tones).sum(), chroma[:, tones.any(axis=0)].sum())


def true_chroma_correlation(inputs: MetricInput) -> float:
    """Correlation of the accompaniment's pitch classes with the true one's, -1 to 1; chance is 0.

    It is computed in each frame (46 ms) over the twelve classes and averaged over the frames in
    which the true accompaniment sounds. Frames in which the accompaniment is silent or has ended
    count as 0. NaN if the true accompaniment is silent.
    """
    true, own = inputs.true_accompaniment.chroma, inputs.accompaniment.chroma
    sounding = true.any(axis=0)
    if not sounding.any():
        return math.nan
    missing = max(0, true.shape[1] - own.shape[1])
    own = np.pad(own, ((0, 0), (0, missing)))[:, : true.shape[1]]
    first, second = (x[:, sounding] - x[:, sounding].mean(axis=0) for x in (true, own))
    norms = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return float(((first * second).sum(axis=0) / np.maximum(norms, 1e-12)).mean())


def vocal_harmony(inputs: MetricInput) -> float:
    """Correlation of the accompaniment's pitch classes with the sung ones, -1 to 1; chance is 0.

    Both are averaged over two seconds around each frame, as in `harmony_agreement`. NaN if nothing
    is sung.
    """
    if not inputs.vocal.has_melody:
        return math.nan
    vocal = inputs.vocal
    return harmony_agreement(vocal.melody, vocal.melody_seconds, inputs.accompaniment.music)


def _scale(key: KeyEstimate) -> frozenset[int]:
    return frozenset(scale_of(key.tonic, key.mode))


def _share(part: Float[np.ndarray, ""] | float, whole: Float[np.ndarray, ""] | float) -> float:
    """`part / whole`, or 0 if the whole is 0."""
    return float(part / whole) if whole > 0 else 0.0
