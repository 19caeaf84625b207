"""The command `python -m samuel_gen.estimation_fitting.beats_table`, which measures the tracker."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation_fitting.beat_songs import BeatSong, Styles
from samuel_gen.estimation_fitting.labels import list_labelled, read_labels

if TYPE_CHECKING:
    from samuel_gen.models.beat_network import BeatNetworks

FIRST_SEED = 910_000_000
"""The seed of the first measured song; no song of the training has one as high."""
_LENGTHS = (10.0, 48.0, 180.0)
_STYLES: tuple[Styles, ...] = ("core", "all", "unheard")


class BeatFigures(NamedTuple):
    """The agreement of tracked beats with the true ones, each 0 to 1.

    Attributes:
        beats, beats_wide: F1 within 70 and within 200 ms.
        octaves: F1 within 70 ms, the best of the beats, their half and their double.
        offbeats: the same, the off-beats among the candidates.
        downbeats: F1 of the downbeats within 70 ms.
        tempo: 1 if the tempo is right within 4 %.
        meter: 1 if the number of beats per bar is right.
    """

    beats: float
    beats_wide: float
    octaves: float
    offbeats: float
    downbeats: float
    tempo: float
    meter: float


def compare_beats(
    true: Float[np.ndarray, " true"],
    true_downbeats: Float[np.ndarray, " true_downbeats"],
    tracked: Float[np.ndarray, " tracked"],
    downbeats: Float[np.ndarray, " downbeats"],
) -> BeatFigures:
    """Compare tracked beats with the true ones.

    Args:
        true, true_downbeats: the true times in seconds.
        tracked, downbeats: the tracked times in seconds.

    Source: `mir_eval.beat.f_measure`, without its warm-up of 5 s.
    """
    middles = (tracked[1:] + tracked[:-1]) / 2
    double = np.sort(np.concatenate([tracked, middles]))
    octaves = [tracked, double, tracked[::2], tracked[1::2]]
    figures = [_f_measure(true, each, 0.07) for each in [*octaves, middles]]
    tempo = float(np.median(np.diff(tracked)) / np.median(np.diff(true)))
    return BeatFigures(
        figures[0],
        _f_measure(true, tracked, 0.2),
        max(figures[:4]),
        max(figures),
        _f_measure(true_downbeats, downbeats, 0.07),
        float(abs(tempo - 1) < 0.04),
        float(_bar_length(true, true_downbeats) == _bar_length(tracked, downbeats)),
    )


def _bar_length(
    beats: Float[np.ndarray, " beats"], downbeats: Float[np.ndarray, " downbeats"]
) -> int:
    """Return the usual number of beats from one downbeat to the next; 0 if there is none."""
    numbers = np.searchsorted(beats, downbeats - 1e-3)
    return int(np.median(np.diff(numbers))) if numbers.size > 1 else 0


def _f_measure(
    true: Float[np.ndarray, " true"], tracked: Float[np.ndarray, " tracked"], window: float
) -> float:
    import mir_eval

    if not tracked.size:
        return 0.0
    return float(mir_eval.beat.f_measure(true, tracked, f_measure_threshold=window))


def track_song(
    song: BeatSong,
    powers: Float[np.ndarray, "frames bands"],
    tracker: "BeatNetworks",
    *,
    has_pitch: bool,
    tempo: bool,
) -> BeatFigures:
    """Track the beats of a song; return the figures.

    Args:
        song: the song with its true beats.
        powers: the powers of the part that is tracked.
        tracker: the networks.
        has_pitch: give the tracker the pitch of the vocal.
        tempo: give the decoder the true mean tempo.
    """
    from samuel_gen.estimation.beat_decoding import decode_beats
    from samuel_gen.estimation.beat_tracker import run_network

    frequency = song.frequency if has_pitch else None
    activations = run_network(tracker, powers, frequency, song.frame_seconds)
    given = 60 / float(np.mean(np.diff(song.beats))) if tempo else None
    sheet = decode_beats(activations, song.seconds, tempo=given).sheet
    return compare_beats(
        song.beats, song.downbeats, np.array(sheet.beats), np.array(sheet.downbeats)
    )


def measure(songs: Sequence[BeatSong], name: str, tracker: "BeatNetworks") -> Iterable[str]:
    """Measure a tracker on some songs; yield rows of a markdown table.

    A tempo is given for steady songs only: with it the tracker draws a steady grid.

    Args:
        songs: the songs.
        name: the name of the songs in the table.
        tracker: the networks.
    """
    inputs: dict[str, Callable[[BeatSong], tuple[Float[np.ndarray, "frames bands"], bool]]] = {
        "vocal": lambda song: (song.vocal_powers, True),
        "mix": lambda song: (song.mix_powers, False),
        "accompaniment": lambda song: (song.accompaniment_powers, False),
    }
    for part, choose in inputs.items():
        for tempo in (False, True):
            chosen = [song for song in songs if song.is_steady] if tempo else songs
            if not chosen:
                continue
            rows = []
            for song in chosen:
                powers, has_pitch = choose(song)
                rows.append(track_song(song, powers, tracker, has_pitch=has_pitch, tempo=tempo))
            means = " | ".join(f"{figure:.3f}" for figure in np.mean(rows, axis=0))
            yield f"| {name}, {len(chosen)} | {part} | {'tempo' if tempo else '-'} | {means} |"


def load_real_songs(folder: Path) -> list[BeatSong]:
    """Load songs from folders with vocals.ogg, accompaniment.ogg and labels.json.

    Args:
        folder: a folder with a folder for each song.
    """
    from samuel_gen.audio.recording import SoundFile
    from samuel_gen.estimation_fitting.beat_songs import analyse_song

    songs = []
    for place in list_labelled(folder):
        sheet = read_labels(place)
        stems = [SoundFile(place / name) for name in ("vocals.ogg", "accompaniment.ogg")]
        length = min(stem.samples for stem in stems)
        vocal, accompaniment = (stem.read()[:, :length] for stem in stems)
        beats, downbeats = np.array(sheet.beats), np.array(sheet.downbeats)
        rate = stems[0].sample_rate
        songs.append(analyse_song(vocal, accompaniment, rate, beats, downbeats, str(sheet.meter)))
    return songs


def main(arguments: list[str] | None = None) -> int:
    """Print the table and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.estimation_fitting.beats_table",
        description="Measure the beat tracker on rendered songs and on real ones.",
    )
    parser.add_argument("--songs", type=int, default=30, help="rendered songs of each kind")
    parser.add_argument("--seconds", type=float, nargs="*", default=_LENGTHS, help="their lengths")
    parser.add_argument("--real", type=Path, help="folder of real songs with labels.json")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps the features")
    parser.add_argument("--weights", type=Path, help="weights of another tracker")
    options = parser.parse_args(arguments)
    if options.weights is not None and not options.weights.is_file():
        parser.error(f"--weights {options.weights}: no such file")

    from samuel_gen.estimation.beat_tracker import WEIGHTS, load_networks
    from samuel_gen.estimation_fitting.beat_songs import render_beat_songs

    tracker = load_networks(options.weights or WEIGHTS)
    print(f"| songs | part | given | {' | '.join(BeatFigures._fields)} |")
    print("|" + "---|" * (3 + len(BeatFigures._fields)))
    if options.real:
        for row in measure(load_real_songs(options.real), "real", tracker):
            print(row, flush=True)
    for styles in _STYLES:
        for seconds in options.seconds:
            seeds = range(FIRST_SEED, FIRST_SEED + options.songs)
            songs = list(render_beat_songs(seeds, seconds, options.cache, styles))
            for row in measure(songs, f"{styles} styles, {seconds:g} s", tracker):
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
