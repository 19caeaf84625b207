"""Measure estimated lead sheets by what is given, and say how far their confidences can be trusted.

    python experiments/lead_sheet/estimates.py --real LABELLED

Two tables: the power of the true accompaniment on the tones of the estimated chords (0 for those of
another song, 1 for the true ones), with nothing, the beats, the key or both given; and, in thirds,
the confidence that is said and the share of estimates that are right. Rendered songs last 24 s; no
estimator has learned from them.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.progress import track

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.music import CHROMA_SECONDS, MUSIC_RATE, analyse_music
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.audio.phase import mono_blocks
from samuel_gen.audio.recording import MemoryRecording, Recording, SoundFile
from samuel_gen.corpus.song import render_song
from samuel_gen.estimation import harmoniser
from samuel_gen.estimation.estimate import SheetEstimate, estimate_from_report
from samuel_gen.estimation.given import parse_given
from samuel_gen.estimation.harmony_network import load_chord_network
from samuel_gen.estimation_fitting.beats_table import compare_beats
from samuel_gen.estimation_fitting.chord_metrics import energy_share
from samuel_gen.estimation_fitting.labels import list_labelled, read_labels
from samuel_gen.lead_sheet.sheet import LeadSheet

SECONDS = 24.0
FIRST_SONG, FIRST_UNHEARD = 48_500_000, 49_500_000
DOWNBEATS = 0.7  # F-measure from which bar 1 counts as right


@dataclass(frozen=True)
class KnownSong:
    """The analysed vocal of a song, its true sheet, and the chroma of its true accompaniment."""

    report: RecordingReport
    sheet: LeadSheet
    chroma: np.ndarray


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=48, help="rendered songs (default 48)")
    parser.add_argument("--unheard", type=int, default=40, help="in unheard styles (default 40)")
    parser.add_argument("--real", type=Path, help="folder of real songs with labels.json")
    parser.add_argument("--harmoniser", type=Path, help="other weights of the harmoniser")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.harmoniser:
        network = load_chord_network(options.harmoniser)
        harmoniser.load_chord_network = lambda: network
    sets: dict[str, list[KnownSong]] = {
        "rendered": list(render_songs(FIRST_SONG, options.songs, unheard=False)),
        "unheard styles": list(render_songs(FIRST_UNHEARD, options.unheard, unheard=True)),
        "real": list(load_songs(options.real)) if options.real else [],
    }
    print(
        "| songs | nothing given | true beats | true key | beats and key |\n|---|---|---|---|---|"
    )
    for name, songs in sets.items():
        if songs:
            shares = [measure_power(songs, **parts) for parts in GIVEN]
            print(f"| {name}, {len(songs)} | {' | '.join(f'{each:.2f}' for each in shares)} |")
    rendered = sets["rendered"] + sets["unheard styles"]
    estimates = [estimate_from_report(song.report) for song in rendered]
    print("\n| part | said, right in the lowest third | in the middle | in the highest |")
    print("|---|---|---|---|")
    for part, is_right in CHECKS.items():
        said = np.array([estimate.confidences[part] for estimate in estimates])
        right = np.array([is_right(e.sheet, s) for e, s in zip(estimates, rendered, strict=True)])
        thirds = np.array_split(np.argsort(said), 3)
        cells = [f"{said[third].mean():.2f}, {right[third].mean():.2f}" for third in thirds]
        print(f"| {part} | {' | '.join(cells)} |")


def render_songs(first: int, count: int, *, unheard: bool) -> Iterator[KnownSong]:
    """Render songs and analyse their vocals."""
    for seed in track(range(first, first + count), "rendering"):
        song = render_song(seed, seconds=SECONDS, unheard=unheard)
        vocal = MemoryRecording(song.vocal, song.sample_rate)
        accompaniment = MemoryRecording(song.accompaniment, song.sample_rate)
        yield make_song(vocal, accompaniment, song.score.lead_sheet)


def load_songs(folder: Path) -> Iterator[KnownSong]:
    """Read real songs with vocals.ogg, accompaniment.ogg and labels.json."""
    for place in list_labelled(folder):
        stems = [SoundFile(place / f"{stem}.ogg") for stem in ("vocals", "accompaniment")]
        yield make_song(*stems, read_labels(place))


def make_song(vocal: Recording, accompaniment: Recording, sheet: LeadSheet) -> KnownSong:
    """Analyse a song."""
    chroma = analyse_music(mono_blocks(accompaniment, MUSIC_RATE), 0.0).chroma
    return KnownSong(analyse_file(vocal), sheet, chroma)


GIVEN: Sequence[dict[str, bool]] = (
    {},
    {"has_beats": True},
    {"has_key": True},
    {"has_beats": True, "has_key": True},
)


def estimate(song: KnownSong, has_beats: bool, has_key: bool) -> SheetEstimate:
    """Estimate the sheet of a song with some parts of the true one given."""
    key = song.sheet.key if has_key else None
    if not has_beats:
        return estimate_from_report(song.report, parse_given(key=key))
    beats = replace(song.sheet, chords=(), key=key, style=None)
    return estimate_from_report(song.report, parse_given(lead_sheet=beats))


def measure_power(
    songs: Sequence[KnownSong], has_beats: bool = False, has_key: bool = False
) -> float:
    """Return the normalised share of the true accompaniments' power on the estimated chords."""
    own, true, other = [], [], []
    for number, song in enumerate(songs):
        sheet = estimate(song, has_beats, has_key).sheet
        another = songs[(number + 1) % len(songs)].sheet
        for kept, each in ((own, sheet), (true, song.sheet), (other, another)):
            kept.append(energy_share(song.chroma, CHROMA_SECONDS, each))
    return float((np.mean(own) - np.mean(other)) / (np.mean(true) - np.mean(other)))


def compare(sheet: LeadSheet, song: KnownSong) -> tuple[float, float, float]:
    """Return tempo, downbeats and meter of a comparison of the beats."""
    pairs = [(np.array(each.beats), np.array(each.downbeats)) for each in (song.sheet, sheet)]
    figures = compare_beats(*pairs[0], *pairs[1])
    return figures.tempo, figures.downbeats, figures.meter


CHECKS: dict[str, Callable[[LeadSheet, KnownSong], bool]] = {
    "tempo": lambda sheet, song: compare(sheet, song)[0] == 1,
    "bar 1": lambda sheet, song: compare(sheet, song)[1] > DOWNBEATS,
    "meter": lambda sheet, song: compare(sheet, song)[2] == 1,
    "key": lambda sheet, song: sheet.key == song.sheet.key,
}


if __name__ == "__main__":
    main()
