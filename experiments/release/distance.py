"""What the Frechet distance is made of, under several kinds of guidance.

python experiments/release/distance.py --scales 1 1.5 2 2.5 --low 0.3 0.6

Held-out rendered songs with their true lead sheets, one seed. `spectral-1` has three groups of
features: tone (power of eight bands), harmony (pitch classes that sound together) and rhythm. Each
group has a distance of its own; `lag 1` to `lag 6` are the strengths with which pitch classes sound
together with those so many semitones away, at one instant. In the row `training's sound` the same
songs are played with the soundfonts and the mastering of the training songs. A finished row is kept
in the CSV file, so that the command can be stopped and started again.
"""

import argparse
import csv
import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.embedding import embed
from samuel_gen.evaluation.frechet import frechet_distance
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.song_metrics import measure_song
from samuel_gen.evaluation.songs import EvaluationSong, load_songs
from samuel_gen.generation.accompanist import Accompanist

SECONDS = 24.0
HELD_OUT = 1  # the seed of configs/source/held_out.yaml
FONTS = ("TimGM6mb", "FluidR3_GM", "MuseScore_General_Lite")
GROUPS = {"tone": slice(0, 16), "harmony": slice(16, 34), "rhythm": slice(34, 36)}
LAGS = slice(16, 22)
HARMONY_WEIGHT = 6.0
METRICS = ("chord", "beat_f", "downbeat_f")


def main() -> None:
    """Measure the settings that are not in the CSV file yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=BUNDLED)
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--scales", type=float, nargs="+", default=[2.0])
    parser.add_argument("--low", type=float, nargs="+", default=[0.6], help="interval's clean end")
    parser.add_argument("-o", "--output", type=Path, default=Path("distance.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    songs = render(options.songs)
    true = [AnalysedSound(song.accompaniment, song.sample_rate) for song in songs]
    accompanist = Accompanist.from_pretrained(options.checkpoint)

    rows = list(csv.DictReader(options.output.open())) if options.output.exists() else []
    if not rows:
        rows.append({"scale": "true", "low": "", **measure(songs, true, true)})
        others = render(options.songs, soundfonts=FONTS, mastering=0.4)
        sounds = [AnalysedSound(song.accompaniment, song.sample_rate) for song in others]
        rows.append({"scale": "training's sound", "low": "", **measure(songs, true, sounds)})
    for scale, low in itertools.product(options.scales, options.low):
        name = {"scale": f"{scale:g}", "low": f"{low:g}"}
        if any(name.items() <= row.items() for row in rows):
            continue
        guidance = partial(Guided, scale=scale, interval=(low, 1.0))
        played = [
            generate(accompanist, song, guidance)
            for song in track(songs, f"scale {scale:g}, from {low:g}", transient=True)
        ]
        rows.append({**name, **measure(songs, true, played)})
        with options.output.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    for row in ({name: name for name in rows[0]}, *rows):
        print("| " + " | ".join(row.values()) + " |", flush=True)


def render(count: int, **settings: Any) -> list[EvaluationSong]:
    """Render held-out songs.

    Args:
        count: the number of songs.
        settings: the soundfonts and the mastering of `RenderedSource`.
    """
    items = RenderedSource(count, SECONDS, HELD_OUT, **settings).songs()
    return list(track(load_songs(items, SECONDS), "songs", count, transient=True))


def generate(
    accompanist: Accompanist, song: EvaluationSong, guidance: partial[Guided]
) -> AnalysedSound:
    """Generate an accompaniment from a song's vocal and true lead sheet."""
    (result,) = accompanist.generate_results(
        song.vocal,
        song.sample_rate,
        [0],
        candidates=1,
        guidance=guidance,
        lead_sheet=song.lead_sheet,
        tuning_cents=0.0,
        name=song.name,
    )
    return AnalysedSound(result.accompaniment, song.sample_rate)


def measure(
    songs: list[EvaluationSong], true: list[AnalysedSound], played: list[AnalysedSound]
) -> dict[str, str]:
    """Return the distances from the true accompaniments, the lags and the means of three metrics.

    Args:
        songs: the songs.
        true: their accompaniments.
        played: the accompaniments to judge.
    """
    one, two = (np.concatenate([embed(each.mono) for each in sounds]) for sounds in (played, true))
    figures = {"distance": frechet_distance(one, two)}
    for name, group in GROUPS.items():
        figures[name] = frechet_distance(one[:, group], two[:, group])
    for lag, value in enumerate(one[:, LAGS].mean(0) / HARMONY_WEIGHT, 1):
        figures[f"lag {lag}"] = float(value)
    found = []
    for song, sound, own in zip(songs, played, true, strict=True):
        vocal = AnalysedSound(song.vocal, song.sample_rate)
        found.append(measure_song(MetricInput(sound, vocal, own, song.lead_sheet)))
    for name in METRICS:
        figures[name] = float(np.nanmean([each[name] for each in found]))
    return {name: f"{value:.3f}" for name, value in figures.items()}


if __name__ == "__main__":
    main()
