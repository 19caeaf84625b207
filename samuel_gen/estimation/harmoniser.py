"""Chords and key that fit a melody, or that music plays, on the beats of a lead sheet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.harmony_choice import choose_states
from samuel_gen.estimation.harmony_confidence import (
    mean_probability,
    name_alternatives,
    pool_keys,
)
from samuel_gen.estimation.harmony_decoding import pass_messages
from samuel_gen.estimation.harmony_evidence import (
    change_probability,
    collect_halves,
    weigh_halves,
)
from samuel_gen.estimation.harmony_fixed import (
    FixedChord,
    arrange_fixed,
    insert_fixed,
    score_fixed,
)
from samuel_gen.estimation.harmony_prior import MODES, STATES, TONE_SHARES, general_tables
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key, Mode
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

_NOTES = 1.5  # independent notes that a beat full of singing counts as
_MUSIC_NOTES = 9.0  # the same for a beat of an accompaniment
_MODES: tuple[tuple[Mode, float], ...] = (("major", 0.6), ("minor", 0.4))  # and their shares
_CADENCE = 4.0  # factor on a tonic at the end
_KEY_SHARPNESS = 0.5  # exponent that calibrates the confidence of keys
_ALTERNATIVES = 3
_TONICS = {"major": STATES.index((0, "")), "minor": STATES.index((0, "m"))}


@dataclass(frozen=True)
class HarmonyEstimate:
    """Chords and key, and how sure they are.

    Attributes:
        sheet: the lead sheet with chords and key.
        confidences: the mean probability of the "chords", and that of the "key" unless it is given.
        alternatives: single chords that are almost as probable, as text, and other keys.
    """

    sheet: LeadSheet
    confidences: dict[str, float]
    alternatives: dict[str, tuple[str, ...]]


def harmonise(
    pitch_classes: Float[np.ndarray, "12 frames"],
    frame_seconds: float | int,
    sheet: LeadSheet,
    *,
    key: Key | None = None,
    fixed: Sequence[ChordChange | FixedChord] = (),
    accompaniment: bool = False,
) -> HarmonyEstimate:
    """Find the chords and the key of a whole song.

    Args:
        pitch_classes: the pitch classes of a melody per frame, relative to the singer's tuning,
            where the norm is the share of the frame that has a pitch; or the chroma of music.
        frame_seconds: the length of a frame.
        sheet: the beats and the meter; its chords and its key are replaced.
        key: the key, if it is given.
        fixed: chords that are kept exactly; the others are found around them. A `ChordChange`
            holds for the rest of its bar, or until the next one.
        accompaniment: whether the pitch classes are the chroma of music.
    """
    keys = [key] if key else [Key(tonic, mode) for mode, _ in _MODES for tonic in range(12)]
    if accompaniment:
        whole = pitch_classes.sum(axis=0)
        pitch_classes = np.sqrt(pitch_classes / np.where(whole > 0, whole, 1))
    halves = collect_halves(pitch_classes, frame_seconds, sheet)
    scores = _score_music(halves, keys) if accompaniment else _score_melody(halves, keys)
    return _decode(scores, keys, sheet, arrange_fixed(sheet, fixed))


def _score_melody(
    halves: Float[np.ndarray, "beats 2 12"], keys: Sequence[Key]
) -> Float[np.ndarray, "keys beats states"]:
    """The log-likelihood of each beat of a melody under each chord of each key."""
    notes = _NOTES * weigh_halves(halves)
    logs = np.log(general_tables().emission)
    return np.stack(
        [np.roll(notes, -key.tonic, axis=1) @ logs[MODES.index(key.mode)].T for key in keys]
    )


def _score_music(
    halves: Float[np.ndarray, "beats 2 12"], keys: Sequence[Key]
) -> Float[np.ndarray, "keys beats states"]:
    """The log-likelihood of each beat of an accompaniment under each chord of each key."""
    notes = _MUSIC_NOTES * halves.mean(axis=1)
    return np.stack([np.roll(notes, -key.tonic, axis=1) @ np.log(TONE_SHARES).T for key in keys])


def _decode(
    scores: Float[np.ndarray, "keys beats states"],
    keys: Sequence[Key],
    sheet: LeadSheet,
    fixed: Sequence[FixedChord],
) -> HarmonyEstimate:
    """Decode the chords in every key and keep the most probable key."""
    modes = [MODES.index(key.mode) for key in keys]
    tables = general_tables()
    transition, initial = tables.transition[modes], tables.initial[modes]
    scores = score_fixed(scores, keys, fixed)
    change = change_probability(sheet)
    final = np.ones((len(keys), len(STATES)))
    final[np.arange(len(keys)), [_TONICS[key.mode] for key in keys]] = _CADENCE
    likelihood, posterior = pass_messages(scores, change, transition, initial, final)
    likelihood = likelihood + np.log([_MODES[mode][1] for mode in modes])
    shares = np.exp(_KEY_SHARPNESS * (likelihood - likelihood.max()))
    shares /= shares.sum()
    ranking = np.argsort(-shares, kind="stable")
    best = int(ranking[0])
    pooled = pool_keys(posterior, shares, keys)
    path = choose_states(pooled, keys[best], change, transition[best], initial[best], final[best])
    triads = [_chord_of(int(state), keys[best]) for state in path]
    changes = [ChordChange(beat, chord) for beat, chord in enumerate(triads)]
    result = replace(sheet, key=keys[best], chords=insert_fixed(changes, fixed, len(triads)))
    confidences = {"chords": mean_probability(pooled, triads, fixed)}
    alternatives = {"chords": name_alternatives(pooled, triads, result, fixed, _ALTERNATIVES)}
    if len(keys) > 1:
        confidences["key"] = float(shares[best])
        alternatives["key"] = tuple(str(keys[number]) for number in ranking[1:_ALTERNATIVES])
    return HarmonyEstimate(result, confidences, alternatives)


def _chord_of(state: int, key: Key) -> Chord:
    interval, family = STATES[state]
    root = (interval + key.tonic) % 12
    return Chord(root, family, root)
