"""Does a band keep the song's beat and tempo, and do its notes begin where they should?

Silence scores 0 in every figure here. NaN stands for an unknown truth.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.agreement import ONSET_SECONDS, pulse
from samuel_gen.evaluation.clip import Clip

TEMPO_TOLERANCE = 0.04
BEAT_WINDOW, ONSET_WINDOW = 0.07, 0.05  # s, either way
_OCTAVES = (1 / 3, 1 / 2, 1, 2, 3)
_GRID_WIDTH = 0.03  # s: the Gaussian around each eighth, of the width of an onset's rise


def beat_f_measure(clip: Clip) -> float:
    """F-measure of the band's tracked beats against the true ones, within 70 ms, 0 to 1.

    True are those of the score or, without one, those tracked in the true band; NaN if there are
    none. No beats at the start are left out, since nothing here has to warm up. Half and double
    tempo earn about 2/3, and beats of a foreign song about .23.

    Source: Davies, Degara & Plumbley 2009, "Evaluation methods for musical audio beat tracking
    algorithms", section 3.1 (`mir_eval.beat.f_measure`).
    """
    return f_measure_of_beats(clip.true_beats, clip.band.beats)


def f_measure_of_beats(
    true: Float[np.ndarray, " beats"], heard: Float[np.ndarray, " heard"]
) -> float:
    """The same of beats [s] that any tracker has found."""
    import mir_eval

    if true.size == 0:
        return math.nan
    if heard.size == 0:
        return 0.0
    return float(mir_eval.beat.f_measure(true, heard, f_measure_threshold=BEAT_WINDOW))


def tempo_agreement(clip: Clip) -> float:
    """Is the band's tempo within 4 % of the song's? 1 or 0.

    The band's is that of its tracked beats; the song's that of the score or, without one, of the
    beats tracked in the true band. NaN if it has none.

    Source: "accuracy 1" of Gouyon et al. 2006, "An experimental comparison of audio tempo
    induction algorithms", section IV.
    """
    return _tempo_is_near(clip, (1,))


def tempo_octave_agreement(clip: Clip) -> float:
    """As `tempo_agreement`, but a half, a third, twice and three times the tempo are right too.

    Source: "accuracy 2" of the same article.
    """
    return _tempo_is_near(clip, _OCTAVES)


def onset_f_measure(clip: Clip) -> float:
    """F-measure of the band's onsets against the true band's, within 50 ms, 0 to 1.

    Each onset is matched at most once. A foreign band earns about .3. NaN if nothing begins in
    the true band.

    Source: Boeck, Krebs & Schedl 2012, "Evaluating the online capabilities of onset detection
    methods", section 3 (`mir_eval.onset.f_measure`).
    """
    import mir_eval

    true, heard = clip.true_band.onsets, clip.band.onsets
    if true.size == 0:
        return math.nan
    if heard.size == 0:
        return 0.0
    return float(mir_eval.onset.f_measure(true, heard, window=ONSET_WINDOW)[0])


def grid_pulse(clip: Clip) -> float:
    """Correlation of the band's onset strength with the song's eighth notes, -1 to 1; 0 is chance.

    Around each eighth there is a Gaussian of 30 ms. A beat has two eighths, in 12/8 three; swung
    ones are not bent. In a band that has already ended nothing begins. NaN without a score, or if
    it has fewer than two beats.
    """
    if clip.score is None or clip.true_beats.size < 2:
        return math.nan
    eighths = _eighths(clip.true_beats, 3 if clip.score.meter == "12/8" else 2)
    first, last = np.ceil(eighths[0] / ONSET_SECONDS), np.floor(eighths[-1] / ONSET_SECONDS)
    frames = np.arange(int(first), int(last) + 1)
    strength = clip.band.onset_strength
    strength = np.pad(strength, (0, max(0, frames.size + frames[0] - strength.size)))[frames]
    if not np.ptp(strength) > 0:
        return 0.0
    times = frames * ONSET_SECONDS
    following = np.searchsorted(eighths, times).clip(1, eighths.size - 1)
    nearest = np.minimum(times - eighths[following - 1], eighths[following] - times)
    grid = np.exp(-0.5 * (nearest / _GRID_WIDTH) ** 2)
    return float(np.corrcoef(grid, strength)[0, 1])


def voice_pulse(clip: Clip) -> float:
    """Do the sung notes begin where the band's do, rather than just before or after? -1 to 1.

    0 is chance. See `agreement.pulse`. NaN if nothing is sung.
    """
    if not clip.vocal.sings:
        return math.nan
    features = clip.vocal.melody.features.double().cpu().numpy()
    return pulse(features, clip.vocal.melody_seconds, clip.band.played)


def _tempo_is_near(clip: Clip, multiples: Sequence[float | int]) -> float:
    heard, true = clip.band.tempo, clip.true_tempo
    if true is None:
        return math.nan
    if heard is None:
        return 0.0
    return float(any(abs(heard / (true * by) - 1) <= TEMPO_TOLERANCE for by in multiples))


def _eighths(beats: Float[np.ndarray, " beats"], per_beat: int) -> Float[np.ndarray, " eighths"]:
    """The beats and what divides them evenly, up to the last beat."""
    places = np.arange((beats.size - 1) * per_beat + 1) / per_beat
    return np.asarray(np.interp(places, np.arange(beats.size), beats))
