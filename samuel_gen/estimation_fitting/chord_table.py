"""The table of harmonisers: agreement with true chords, and fit to melody and accompaniment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from samuel_gen.analysis.music import CHROMA_SECONDS
from samuel_gen.estimation.harmoniser import KEYS, decode_harmony, harmonise
from samuel_gen.estimation.harmony_evidence import collect_halves
from samuel_gen.estimation.harmony_scores import score_melody_by_rules
from samuel_gen.estimation_fitting.chord_metrics import (
    chord_tones,
    compare_chords,
    describe_fit,
    describe_progression,
    energy_share,
    find_notes,
)
from samuel_gen.estimation_fitting.chord_tests import KnownSong
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

Harmoniser = Callable[[KnownSong], LeadSheet]


class ChordFigures(NamedTuple):
    """The figures of one harmonisation; the field names are the columns of the table.

    Attributes:
        root, majmin: the shares of time with the true root, and with the true root and third.
        key, relative: 1 if the key is the true one, and if it is that or its relative key.
        energy: the share of the true accompaniment's chroma on the chords' tones.
        CTnCTR, PCS, MCTD: the fit of melody and chords.
        CHE, CC, CTD: entropy, number and distance of the chords.
    """

    root: float
    majmin: float
    key: float
    relative: float
    energy: float
    CTnCTR: float
    PCS: float
    MCTD: float
    CHE: float
    CC: float
    CTD: float


def judge(song: KnownSong, sheet: LeadSheet) -> ChordFigures:
    """Measure the chords and the key of a sheet against a song."""
    root, majmin = compare_chords(sheet, song.sheet, song.seconds)
    key, true = sheet.key, song.sheet.key
    has_keys = key is not None and true is not None
    tones = chord_tones(sheet, song.pitch_classes.shape[1], song.frame_seconds)
    missing = float("nan")
    return ChordFigures(
        root,
        majmin,
        float(key == true) if has_keys else missing,
        float(key.relative_major == true.relative_major) if key and true else missing,
        missing if song.chroma is None else energy_share(song.chroma, CHROMA_SECONDS, sheet),
        *describe_fit(find_notes(song.pitch_classes), tones),
        *describe_progression(sheet),
    )


def default_systems() -> dict[str, Harmoniser]:
    """The harmonisers that the table compares, by name."""
    return {
        "from the vocal": _harmonise_vocal,
        "from the melody": _harmonise_melody,
        "from the melody, by rules": _harmonise_by_rules,
        "from the melody, key given": lambda song: _harmonise_melody(song, is_key_given=True),
        "beats half a beat late": lambda song: _harmonise_melody(_delay_beats(song)),
        "half the tempo": lambda song: _harmonise_melody(_halve_tempo(song)),
        "double the tempo": lambda song: _harmonise_melody(_double_tempo(song)),
        "from the accompaniment": _harmonise_accompaniment,
    }


def format_rows(
    name: str, songs: Sequence[KnownSong], systems: dict[str, Harmoniser]
) -> Iterator[str]:
    """Yield the rows of a Markdown table: anchors first, then the systems.

    Args:
        name: the name of the songs.
        songs: the songs.
        systems: the harmonisers; those that cannot judge these songs return no chords.
    """
    others = [*songs[1:], songs[0]]
    anchors: dict[str, Harmoniser] = {
        "true chords": lambda song: song.sheet,
        "another song's chords": lambda song: others[songs.index(song)].sheet,
    }
    for title, system in (anchors | systems).items():
        sheets = [system(song) for song in songs]
        if all(sheet.chords for sheet in sheets):
            figures = [judge(song, sheet) for song, sheet in zip(songs, sheets, strict=True)]
            cells = " | ".join(_format(value) for value in _mean(figures))
            yield f"| {name}, {len(songs)} | {title} | {cells} |"


def format_header() -> str:
    """Return the two first lines of the table."""
    columns = ["songs", "chords", *ChordFigures._fields]
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def _mean(figures: Sequence[ChordFigures]) -> list[float]:
    """The mean of each figure over the songs that have it."""
    columns = np.array(figures, dtype=float).T
    return [
        float(column[~np.isnan(column)].mean()) if (~np.isnan(column)).any() else float("nan")
        for column in columns
    ]


def _format(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _harmonise_vocal(song: KnownSong) -> LeadSheet:
    sheet = replace(song.sheet, chords=(), key=None)
    return harmonise(song.pitch_classes, song.frame_seconds, sheet, chroma=song.sound).sheet


def _harmonise_melody(song: KnownSong, is_key_given: bool = False) -> LeadSheet:
    sheet = replace(song.sheet, chords=(), key=None)
    key = song.sheet.key if is_key_given else None
    return harmonise(song.pitch_classes, song.frame_seconds, sheet, key=key).sheet


def _harmonise_by_rules(song: KnownSong) -> LeadSheet:
    halves = collect_halves(song.pitch_classes, song.frame_seconds, song.sheet)
    return decode_harmony(score_melody_by_rules(halves, KEYS), KEYS, song.sheet).sheet


def _harmonise_accompaniment(song: KnownSong) -> LeadSheet:
    sheet = replace(song.sheet, chords=(), key=None)
    if song.chroma is None:
        return sheet
    return harmonise(song.chroma, CHROMA_SECONDS, sheet, accompaniment=True).sheet


def _delay_beats(song: KnownSong) -> KnownSong:
    return _rebeat(song, np.arange(len(song.sheet.beats)) + 0.5)


def _halve_tempo(song: KnownSong) -> KnownSong:
    return _rebeat(song, np.arange(0.0, len(song.sheet.beats), 2))


def _double_tempo(song: KnownSong) -> KnownSong:
    return _rebeat(song, np.arange(2 * len(song.sheet.beats)) / 2)


def _rebeat(song: KnownSong, places: np.ndarray) -> KnownSong:
    """Return a song with beats at other places; impossible tempi leave it as it is."""
    tempo = song.sheet.tempo / (places[1] - places[0])
    if not 31 < tempo < 299:
        return song
    beats = tuple(song.sheet.time_at(float(place)) for place in places)
    key = song.sheet.key
    sheet = LeadSheet(beats, meter=song.sheet.meter, chords=(ChordChange(0, None),), key=key)
    return replace(song, sheet=sheet)
