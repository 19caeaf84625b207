"""Chords and key that fit a melody, or that music plays, on the beats of a lead sheet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.music import CHROMA_SECONDS
from samuel_gen.estimation.harmony_choice import choose_states
from samuel_gen.estimation.harmony_colours import colour_states
from samuel_gen.estimation.harmony_confidence import (
    ChordProbabilities,
    list_triads,
    mean_probability,
    name_alternatives,
    place_states,
    pool_keys,
)
from samuel_gen.estimation.harmony_decoding import pass_messages
from samuel_gen.estimation.harmony_evidence import change_probability, collect_halves
from samuel_gen.estimation.harmony_fixed import (
    FixedChord,
    arrange_fixed,
    insert_fixed,
    score_fixed,
)
from samuel_gen.estimation.harmony_network import load_chord_network, score_melody
from samuel_gen.estimation.harmony_prior import MODES, STATES, general_tables
from samuel_gen.estimation.harmony_scores import HarmonyScores, score_music
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

KEYS = tuple(Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12))
_CADENCE = 3.0  # factor on a tonic at the end
_ALTERNATIVES = 3
_SOUND_TRUST = 0.3  # weight of the vocal's chroma beside its melody; chosen on rendered songs
_TONICS = {"major": STATES.index((0, "")), "minor": STATES.index((0, "m"))}


@dataclass(frozen=True)
class HarmonyEstimate:
    """Chords and key, and how sure they are.

    Attributes:
        sheet: the lead sheet with chords and key.
        confidences: the mean probability of the "chords", and that of the "key" unless it is given.
        alternatives: single chords that are almost as probable, as text, and other keys.
        probabilities: the probability of each triad at each beat over all keys.
    """

    sheet: LeadSheet
    confidences: dict[str, float]
    alternatives: dict[str, tuple[str, ...]]
    probabilities: ChordProbabilities


def harmonise(
    pitch_classes: Float[np.ndarray, "12 frames"],
    frame_seconds: float | int,
    sheet: LeadSheet,
    *,
    chroma: Float[np.ndarray, "12 chroma_frames"] | None = None,
    key: Key | None = None,
    fixed: Sequence[ChordChange | FixedChord] = (),
    accompaniment: bool = False,
) -> HarmonyEstimate:
    """Find the chords and the key of a whole song.

    Args:
        pitch_classes: the pitch classes of a melody per frame, relative to the singer's tuning,
            where the norm is the share of the frame that has a pitch; or the chroma of music.
        frame_seconds: the length of a frame.
        sheet: the beats, the meter and, for the colours of the chords, the style; its chords and
            its key are replaced.
        chroma: the chroma of the vocal, every CHROMA_SECONDS, in which second voices sound too.
        key: the key, if it is given.
        fixed: chords that are kept exactly; the others are found around them. A `ChordChange`
            holds for the rest of its bar, or until the next one.
        accompaniment: whether the pitch classes are the chroma of music.
    """
    keys = KEYS if key is None else (key,)
    if accompaniment:
        scores = _score_sound(pitch_classes, frame_seconds, sheet, keys)
    else:
        halves = collect_halves(pitch_classes, frame_seconds, sheet)
        scores = score_melody(halves, sheet, keys, load_chord_network())
    if chroma is not None:
        sound = _score_sound(chroma, CHROMA_SECONDS, sheet, keys)
        scores = replace(scores, states=scores.states + _SOUND_TRUST * sound.states)
    return decode_harmony(scores, keys, sheet, arrange_fixed(sheet, fixed))


def _score_sound(
    chroma: Float[np.ndarray, "12 frames"],
    frame_seconds: float | int,
    sheet: LeadSheet,
    keys: Sequence[Key],
) -> HarmonyScores:
    whole = chroma.sum(axis=0)
    shares = np.sqrt(chroma / np.where(whole > 0, whole, 1))
    return score_music(collect_halves(shares, frame_seconds, sheet), keys)


def decode_harmony(
    scores: HarmonyScores, keys: Sequence[Key], sheet: LeadSheet, fixed: Sequence[FixedChord] = ()
) -> HarmonyEstimate:
    """Find the most probable key, and the chords in it that agree best with all probable ones.

    Args:
        scores: the evidence for chords and keys.
        keys: the keys.
        sheet: the beats, the meter and the style.
        fixed: the given chords, in order and without overlaps.
    """
    modes = [MODES.index(key.mode) for key in keys]
    tables = general_tables()
    final = np.ones((len(keys), len(STATES)))
    final[np.arange(len(keys)), [_TONICS[key.mode] for key in keys]] = _CADENCE
    change = change_probability(sheet)
    model = (change, tables.transition[modes], tables.initial[modes], final)
    likelihood, posterior = pass_messages(score_fixed(scores.states, keys, fixed), *model)
    evidence = scores.keys + scores.trust * likelihood
    if fixed and not scores.trust:
        alone = score_fixed(np.zeros_like(scores.states), keys, fixed)
        evidence = scores.keys * _free_share(fixed, len(change)) + pass_messages(alone, *model)[0]
    shares = np.exp(evidence - evidence.max())
    shares /= shares.sum()
    ranking = np.argsort(-shares, kind="stable")
    best = int(ranking[0])
    probabilities = pool_keys(posterior, shares, keys)
    path = choose_states(probabilities, keys[best], change, *(each[best] for each in model[1:]))
    triads = [list_triads()[number] for number in np.array(place_states(keys[best]))[path]]
    coloured = colour_states(path, keys[best], sheet.style)
    changes = [ChordChange(beat, chord) for beat, chord in enumerate(coloured)]
    result = replace(sheet, key=keys[best], chords=insert_fixed(changes, fixed, len(triads)))
    confidences = {"chords": mean_probability(probabilities, triads, fixed)}
    doubts = name_alternatives(probabilities, triads, result, fixed, _ALTERNATIVES)
    alternatives = {"chords": doubts}
    if len(keys) > 1:
        confidences["key"] = float(shares[best])
        alternatives["key"] = tuple(str(keys[number]) for number in ranking[1:_ALTERNATIVES])
    return HarmonyEstimate(result, confidences, alternatives, probabilities)


def _free_share(fixed: Sequence[FixedChord], beats: int) -> float:
    """The share of the beats without a given chord."""
    is_free = np.ones(beats)
    for each in fixed:
        is_free[each.beats] = 0
    return float(is_free.mean())
