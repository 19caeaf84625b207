"""Figures of a harmonisation: agreement with the true chords, and fit to the melody.

Source: Yeh et al. 2021, "Automatic Melody Harmonization with Triad Chords: A Comparative Study",
for the metrics without a truth; tonal distance of Harte, Sandler & Gasser 2006.
"""

import numpy as np
from jaxtyping import Float

from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.pitch_names import name_pitch_class
from samuel_gen.lead_sheet.sheet import LeadSheet

_DEGREES = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "#5", "6", "b7", "7")
_CONSONANCE = np.array([1, -1, -1, 1, 1, 0, -1, 1, 1, 1, -1, -1])  # of intervals above a chord tone
_AUDIBLE = 0.3  # norm of a frame's pitch classes from which it belongs to a note
_SHORTEST = 2  # frames of a note

Notes = list[tuple[int, int, int]]
"""First frame, frame after the last, and pitch class of each note."""


def compare_chords(
    estimated: LeadSheet, true: LeadSheet, seconds: float | int
) -> tuple[float, float]:
    """Return the shares of time in which root, and root with major or minor, agree.

    Args:
        estimated: the sheet to judge.
        true: the true sheet. Time without a chord, and for the second figure also time with
            chords that are neither major nor minor, does not count.
        seconds: the length of the song.

    Source: `mir_eval.chord`, metrics `root` and `majmin`.
    """
    from mir_eval import chord as harte

    spans = [
        _list_spans(sheet, float(seconds), unknown)
        for sheet, unknown in ((true, "X"), (estimated, "N"))
    ]
    intervals, true_labels, labels = harte.util.merge_labeled_intervals(
        *(part for span in spans for part in span)
    )
    durations = harte.util.intervals_to_durations(intervals)
    root, majmin = (
        _weigh(compare(true_labels, labels), durations) for compare in (harte.root, harte.majmin)
    )
    return root, majmin


def _weigh(agrees: Float[np.ndarray, " spans"], durations: Float[np.ndarray, " spans"]) -> float:
    """The share of time that agrees, of that which can be compared; NaN if none can."""
    durations = durations * (agrees >= 0)
    return float(agrees @ durations / durations.sum()) if durations.any() else float("nan")


def energy_share(
    chroma: Float[np.ndarray, "12 frames"], frame_seconds: float | int, sheet: LeadSheet
) -> float:
    """Return the share of an accompaniment's root power on the tones of a sheet's chords.

    Frames without a chord do not count. Chance is 1/4 for triads.
    """
    tones = chord_tones(sheet, chroma.shape[1], frame_seconds)
    whole = chroma[:, tones.any(axis=0)].sum()
    return float((chroma * tones).sum() / whole) if whole > 0 else 0.0


def chord_tones(
    sheet: LeadSheet, frames: int, frame_seconds: float | int
) -> Float[np.ndarray, "12 frames"]:
    """Return 1 for the tones of the chord that sounds in each frame, else 0."""
    tones = np.zeros((12, frames))
    for frame, place in enumerate(sheet.beat_at((np.arange(frames) + 0.5) * frame_seconds)):
        chord = sheet.chord_at(place)
        if chord is not None:
            tones[sorted(chord.pitch_classes), frame] = 1
    return tones


def find_notes(pitch_classes: Float[np.ndarray, "12 frames"]) -> Notes:
    """Find notes: runs of frames with the same strongest pitch class."""
    strongest = pitch_classes.argmax(axis=0)
    strongest[np.linalg.norm(pitch_classes, axis=0) < _AUDIBLE] = -1
    edges = [0, *(np.flatnonzero(np.diff(strongest)) + 1).tolist(), strongest.size]
    runs = [
        (first, last, int(strongest[first])) for first, last in zip(edges, edges[1:], strict=False)
    ]
    return [run for run in runs if run[2] >= 0 and run[1] - run[0] >= _SHORTEST]


def describe_fit(notes: Notes, tones: Float[np.ndarray, "12 frames"]) -> tuple[float, float, float]:
    """Return CTnCTR, PCS and MCTD of a melody over chords.

    CTnCTR is the share of notes that are chord tones, or lead by at most two semitones to the next
    note. PCS is the mean consonance of notes and chord tones, from -1 to 1. MCTD is the mean tonal
    distance of notes and chords; lower is closer.
    """
    good, consonance, distance, lengths = [], [], [], []
    for number, (first, last, pitch_class) in enumerate(notes):
        chord = tones[:, (first + last) // 2]
        if not chord.any():
            continue
        following = notes[number + 1][2] if number + 1 < len(notes) else pitch_class
        step = min((following - pitch_class) % 12, (pitch_class - following) % 12)
        good.append(bool(chord[pitch_class]) or 0 < step <= 2)
        intervals = (pitch_class - np.flatnonzero(chord)) % 12
        consonance.append(float(_CONSONANCE[intervals].mean()))
        note = np.eye(12)[pitch_class]
        distance.append(float(np.linalg.norm(_tonal_centroid(note) - _tonal_centroid(chord))))
        lengths.append(last - first)
    if not lengths:
        return float("nan"), float("nan"), float("nan")
    return (
        float(np.mean(good)),
        float(np.average(consonance, weights=lengths)),
        float(np.average(distance, weights=lengths)),
    )


def describe_progression(sheet: LeadSheet) -> tuple[float, float, float]:
    """Return CHE, CC and CTD of a progression.

    CHE is the entropy of its chords in nats, CC the number of different ones, CTD the mean tonal
    distance of neighbours.
    """
    chords = [change.chord for change in sheet.chords if change.chord is not None]
    _, counts = np.unique([str(chord) for chord in chords], return_counts=True)
    shares = counts / counts.sum()
    centroids = [_tonal_centroid(_tones_of(chord)) for chord in chords]
    steps = [
        float(np.linalg.norm(after - now))
        for now, after in zip(centroids, centroids[1:], strict=False)
    ]
    entropy = float(-(shares * np.log(shares)).sum())
    return entropy, float(counts.size), float(np.mean(steps)) if steps else 0.0


def _tones_of(chord: Chord) -> Float[np.ndarray, " 12"]:
    tones = np.zeros(12)
    tones[sorted(chord.pitch_classes)] = 1
    return tones


def _tonal_centroid(tones: Float[np.ndarray, " 12"]) -> Float[np.ndarray, " 6"]:
    """The place of tones on the circles of fifths, minor thirds and major thirds."""
    steps = np.arange(12)
    angles = np.stack([steps * 7 * np.pi / 6, steps * 3 * np.pi / 2, steps * 2 * np.pi / 3])
    circles = (
        np.stack([np.sin(angles), np.cos(angles)], axis=1) * np.array([1, 1, 0.5])[:, None, None]
    )
    return np.asarray(circles.reshape(6, 12) @ tones / tones.sum())


def _list_spans(
    sheet: LeadSheet, seconds: float, unknown: str
) -> tuple[Float[np.ndarray, "spans 2"], list[str]]:
    """The chords of a sheet as intervals in seconds and labels after Harte.

    Args:
        sheet: the lead sheet.
        seconds: the length of the song.
        unknown: the label of time without a chord.
    """
    starts = [max(0.0, sheet.time_at(change.beat)) for change in sheet.chords]
    starts[0] = 0.0
    rows = [
        (start, stop, _label(change.chord) or unknown)
        for start, stop, change in zip(starts, [*starts[1:], seconds], sheet.chords, strict=True)
        if start < min(stop, seconds)
    ]
    intervals = np.array([(start, min(stop, seconds)) for start, stop, _ in rows])
    return intervals, [label for _, _, label in rows]


def _label(chord: Chord | None) -> str:
    if chord is None:
        return ""
    intervals = sorted((tone - chord.root) % 12 for tone in chord.pitch_classes)
    degrees = ",".join(_DEGREES[interval] for interval in intervals)
    return f"{name_pitch_class(chord.root)}:({degrees})"
