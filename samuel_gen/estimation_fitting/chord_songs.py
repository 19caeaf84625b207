"""Melodies with their lead sheets, composed without any sound, for the training of harmonisers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from samuel_gen.corpus.annotation import annotate
from samuel_gen.corpus.melody import compose_melody, vary_timing
from samuel_gen.corpus.plan import Plan, plan_song
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.singers import SINGERS, draw_singer
from samuel_gen.corpus.styles.catalogue import STYLES, UNHEARD_STYLES
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.theory import parse_numeral
from samuel_gen.estimation.harmony_prior import MODES, STATES, general_tables
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.sheet import FASTEST, SLOWEST, ChordChange, LeadSheet

FRAME_SECONDS = 2048 / 44_100
_PER_FRAME = 4  # pitch frames per frame
_WIDTH = 0.35  # semitones: blur of a pitch class, as in the melody track of a vocal
_NUMERALS = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_INVENTED = 0.7  # share of songs with invented progressions


@dataclass(frozen=True, eq=False)
class Melody:
    """A melody as it is measured, and the lead sheet of its song.

    Attributes:
        pitch_classes: the strength of each pitch class per frame of FRAME_SECONDS.
        sheet: the true lead sheet.
    """

    pitch_classes: Float[np.ndarray, "12 frames"]
    sheet: LeadSheet


def compose_song(
    seed: int,
    seconds: float | int = 48.0,
    *,
    unheard: bool = False,
    errors: float | int = 1.0,
    variety: float | int = 0.0,
) -> Melody:
    """Compose the melody of a song and sing it with the errors of singers and of pitch tracking.

    Args:
        seed: the seed of the song.
        seconds: the length of the song.
        unheard: whether to use the styles that no song for training has.
        errors: the amount of errors; 0 for none, 1 for those of amateurs.
        variety: the amount of variety; above 0 many songs have invented progressions, and some
            melodies care little about the chords; at 0 songs are those that are rendered.
    """
    rng = np.random.default_rng([seed, 0])
    singing = np.random.default_rng([seed, 1])
    inventing = np.random.default_rng([seed, 2])
    styles = UNHEARD_STYLES if unheard else STYLES
    if inventing.random() < variety * _INVENTED:
        styles = tuple(_invent_progressions(style, inventing) for style in styles)
    plan = plan_song(seed, float(seconds), rng, styles)
    singer = draw_singer(rng, SINGERS)
    sung_plan = _loosen(plan, 0.5 * variety * inventing.random(), inventing)
    notes = compose_melody(sung_plan, singer.low, singer.high, rng)
    notes = vary_timing(notes, float(seconds), singing)
    pitch_classes = sing_notes(notes, float(seconds), singing, float(errors))
    return Melody(pitch_classes, annotate(seed, plan, singer, notes, ()).lead_sheet)


def _invent_progressions(style: Style, rng: np.random.Generator) -> Style:
    """Return a style with progressions that are drawn by the usual successors of chords."""
    tables = general_tables()
    progressions = []
    for mode in range(len(MODES)):
        chosen = []
        for _ in range(3):
            state = int(rng.choice(len(STATES), p=_flatten(tables.initial[mode])))
            walk = [state]
            for _ in range(int(rng.choice([2, 3, 4, 4, 4, 8])) - 1):
                state = int(rng.choice(len(STATES), p=_flatten(tables.transition[mode, state])))
                walk.append(state)
            chosen.append(_write_bars(walk, rng))
        progressions.append(tuple(chosen))
    return replace(style, major=progressions[0], minor=progressions[1])


def _flatten(shares: Float[np.ndarray, " states"]) -> Float[np.ndarray, " states"]:
    """Make rare chords more frequent."""
    return np.asarray(shares**0.8 / (shares**0.8).sum())


def _write_bars(walk: Sequence[int], rng: np.random.Generator) -> str:
    """Write states as numerals, of which each lasts for half a bar, one bar or two bars."""
    numerals = []
    for state in walk:
        interval, family = STATES[state]
        numeral = _NUMERALS[interval] if family == "" else _NUMERALS[interval].lower()
        numerals.append(numeral + ("dim" if family == "dim" else ""))
    rhythm = rng.choice(["half", "bar", "two bars"], p=[0.2, 0.6, 0.2])
    if rhythm == "half":
        return " ".join(",".join(numerals[at : at + 2]) for at in range(0, len(numerals), 2))
    return " ".join(numeral for numeral in numerals for _ in range(1 + (rhythm == "two bars")))


def _loosen(plan: Plan, share: float, rng: np.random.Generator) -> Plan:
    """Return a plan in which some chords are replaced by others of the key.

    A melody over it disagrees with some chords of the true plan, as real melodies do.

    Args:
        plan: the true plan.
        share: the share of chords that are replaced.
        rng: the source of all random choices.
    """
    numerals = ("I", "ii", "IV", "V", "vi") if plan.mode == "major" else ("i", "iv", "bVI", "bVII")
    chords = [
        replace(timed, chord=parse_numeral(str(rng.choice(numerals)), plan.tonic))
        if rng.random() < share
        else timed
        for timed in plan.chords
    ]
    return replace(plan, chords=tuple(chords))


def sing_notes(
    notes: Sequence[Note], seconds: float | int, rng: np.random.Generator, errors: float | int
) -> Float[np.ndarray, "12 frames"]:
    """Return the pitch classes of notes, sung with glides, wrong and missing notes and detuning.

    Args:
        notes: the notes, one at a time.
        seconds: the length of the song.
        rng: the source of all random choices.
        errors: the amount of errors; 0 for none.
    """
    frames = int(np.ceil(seconds / FRAME_SECONDS))
    times = (np.arange(frames * _PER_FRAME) + 0.5) * FRAME_SECONDS / _PER_FRAME
    pitch = np.full(times.size, np.nan)
    glide = 0.02 + 0.06 * errors * rng.random()
    skipped = 0.03 * errors * rng.random()
    missed = 0.06 * errors * rng.random()
    previous = None
    for note in notes:
        sounding = (times >= note.start) & (times < note.end)
        if rng.random() < skipped or not sounding.any():
            continue
        target = note.midi + errors * rng.normal(0, 0.15)
        if rng.random() < missed:
            target += rng.choice([-2, -1, 1, 2])
        age = times[sounding] - note.start
        start = target if previous is None else previous
        if rng.random() < 0.2 * errors:
            start = target - 1.5  # a scoop from below
        pitch[sounding] = target + (start - target) * np.exp(-age / glide)
        previous = target
    pitch += errors * rng.normal(0, 0.1) + 0.1 * errors * rng.standard_normal(times.size)
    pitch[rng.random(times.size) < 0.1 * errors * rng.random()] = np.nan
    return _blur_pitch(pitch)


def perturb_beats(melody: Melody, rng: np.random.Generator) -> Melody:
    """Return a melody with the errors that estimated beats have.

    Beats are some 20 ms away. Some sheets have half or double tempo, beats between the beats, or
    bars that begin on another beat.
    """
    sheet = melody.sheet
    count = len(sheet.beats)
    bar = sheet.meter.beats_per_bar
    places, first = np.arange(count, dtype=float), sheet.first_position
    draw = rng.random()
    if draw < 0.05 and sheet.tempo > 2 * SLOWEST + 5:
        places, first = places[rng.integers(2) :: 2], 1
    elif 0.05 < draw < 0.1 and sheet.tempo < FASTEST / 2 - 5:
        places, first = np.arange(2 * count - 1) / 2, 1
    elif 0.1 < draw < 0.15:
        places = places[:-1] + 0.5
    elif 0.15 < draw < 0.25:
        first = int(rng.integers(bar)) + 1
    beats = np.interp(places, np.arange(count), np.asarray(sheet.beats))
    beats = (
        beats + rng.normal(0, 0.02) + 0.05 * np.diff(beats).min() * rng.uniform(-1, 1, beats.size)
    )
    return replace(melody, sheet=_rebeat(sheet, beats, places, first))


def _rebeat(
    sheet: LeadSheet,
    times: Float[np.ndarray, " beats"],
    places: Float[np.ndarray, " beats"],
    first_position: int,
) -> LeadSheet:
    """Return a sheet with other beats, under the same chords at the same times.

    Args:
        sheet: the true sheet.
        times: the new beats in seconds.
        places: the new beats, in beats of the true sheet.
        first_position: the place of the first new beat in its bar.
    """
    numbers = np.arange(places.size)
    changes: dict[float, Chord | None] = {}
    for change in sheet.chords:
        at = np.interp(change.beat, places, numbers)
        changes[float(round(2 * at) / 2)] = change.chord
    chords = tuple(ChordChange(beat, chord) for beat, chord in sorted(changes.items()))
    return replace(sheet, beats=tuple(times), chords=chords, first_position=first_position)


def _blur_pitch(pitch: Float[np.ndarray, " times"]) -> Float[np.ndarray, "12 frames"]:
    """Turn pitches (MIDI, NaN for none) into the pitch classes of a melody track."""
    voiced = ~np.isnan(pitch)
    distance = (np.nan_to_num(pitch)[:, None] - np.arange(12) + 6) % 12 - 6
    salience = np.exp(-0.5 * (distance / _WIDTH) ** 2) * voiced[:, None]
    salience = salience.reshape(-1, _PER_FRAME, 12).sum(1)
    voicing = voiced.reshape(-1, _PER_FRAME).mean(1)
    norm = np.maximum(np.linalg.norm(salience, axis=1), 1e-9)
    return np.asarray((salience * (voicing / norm)[:, None]).T)
