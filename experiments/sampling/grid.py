"""Which sampler, how many steps, how much guidance? Judged by what is heard on songs never met.

python experiments/sampling/grid.py demo/training/model.safetensors --songs 12 -o grid.csv

Each line of the CSV is one song made in one way; what is there already is not made again.
"""

import argparse
import csv
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.corpus.song import RenderedSong, render_song
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.song_metrics import SONG_METRICS, measure_song
from samuel_gen.generation.accompanist import Accompanist

FIRST_SONG, SECONDS = 1_000_100, 24.0  # seeds that no recipe trains on
SHOWN = ("relative_key", "scale", "chord", "chroma_true", "chroma_voice", "beat_f", "pulse_grid")
SAMPLERS = {"unipc": unipc, "dpm_solver_2m": dpm_solver_2m, "ddim": ddim, "ancestral": ancestral}
Way = tuple[str, int, float, float, tuple[float, float]]  # sampler, steps, scale, rescale, interval

WAYS: list[Way] = [
    *(("unipc", steps, 2.0, 0.0, (0.0, 1.0)) for steps in (4, 8, 16, 32, 64)),
    *(("dpm_solver_2m", steps, 2.0, 0.0, (0.0, 1.0)) for steps in (8, 16)),
    *(("ddim", steps, 2.0, 0.0, (0.0, 1.0)) for steps in (8, 16, 50)),
    ("ancestral", 100, 2.0, 0.0, (0.0, 1.0)),
    *(
        ("unipc", steps, scale, 0.0, (0.0, 1.0))
        for scale in (1.0, 1.5, 3.0, 4.0, 6.0)
        for steps in (8, 16)
    ),
    *(("unipc", 16, scale, 0.7, (0.0, 1.0)) for scale in (2.0, 4.0)),
    *(("unipc", 16, scale, 0.0, (0.2, 0.8)) for scale in (2.0, 4.0)),
    *(("unipc", 16, scale, 0.0, (0.3, 1.0)) for scale in (2.0, 4.0)),
]


def named(way: Way) -> dict[str, Any]:
    """The first columns of the table."""
    sampler, steps, scale, rescale, (low, high) = way
    return {
        "sampler": sampler,
        "steps": steps,
        "guidance": f"{scale:g}",
        "rescale": f"{rescale:g}",
        "interval": f"{low:g}-{high:g}",
    }


def figures(band: torch.Tensor, song: RenderedSong) -> dict[str, float]:
    """All metrics of one song."""
    accompaniment, vocal, true = (
        AnalysedSound(sound, song.sample_rate) for sound in (band, song.vocal, song.accompaniment)
    )
    return measure_song(MetricInput(accompaniment, vocal, true, song.score))


def distance(made: torch.Tensor, true: torch.Tensor) -> float:
    """Frechet distance of the latents' frames, over the root of their number."""
    means = [each.mean(1) for each in (made, true)]
    first, second = (torch.cov(each.double()) for each in (made, true))
    values, vectors = torch.linalg.eigh(first)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    gap = (means[0] - means[1]).double().square().sum()
    return float((gap + first.trace() + second.trace() - 2 * cross) / made.shape[0])


def main() -> None:
    """Render, generate in each way, measure, tabulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--songs", type=int, default=12)
    parser.add_argument("-o", "--output", type=Path, required=True, help="CSV")
    arguments = parser.parse_args()

    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    codec, normaliser = accompanist.codec, accompanist.accompaniment_normaliser
    songs = [render_song(FIRST_SONG + index, seconds=SECONDS) for index in range(arguments.songs)]
    heard = [accompanist.encode(MemoryRecording(song.vocal, song.sample_rate)) for song in songs]
    frames = heard[0].latents.shape[2]
    voices = Vocal.concat(heard)
    true = [normaliser.normalise(codec.encode(song.accompaniment)) for song in songs]
    everything = torch.cat(true, 1)

    rows: list[dict[str, Any]] = []
    if arguments.output.exists():
        with arguments.output.open() as file:
            rows = list(csv.DictReader(file))
    done = {tuple(str(row[name]) for name in named(WAYS[0])) for row in rows}

    def note(name: dict[str, Any], bands: list[torch.Tensor], spread: float, far: float) -> None:
        for index, (song, band) in enumerate(zip(songs, bands, strict=True)):
            found = figures(band, song)
            rows.append({**name, "song": index, "std": spread, "frechet": far, **found})
        with arguments.output.open("w") as file:
            writer = csv.DictWriter(file, list(rows[-1]))
            writer.writeheader()
            writer.writerows(rows)

    bands = [song.accompaniment for song in songs]
    decoded = [codec.decode(normaliser.denormalise(each), bands[0].shape[1]) for each in true]
    anchors = {
        "true": (bands, 0.0),
        "true through codec": (decoded, 0.0),
        "another song's": ([*bands[1:], bands[0]], 0.0),
    }
    for title, (sounds, far) in anchors.items():
        name = {key: "" for key in named(WAYS[0])} | {"sampler": title}
        if tuple(name.values()) not in done:
            note(name, sounds, float(everything.std()), far)
    for way in track(WAYS):
        if tuple(str(value) for value in named(way).values()) in done:
            continue
        sampler, steps, scale, rescale, interval = way
        latents = accompanist.sample(
            voices,
            seed=list(range(len(songs))),
            sampler=partial(SAMPLERS[sampler], num_steps=steps),
            guidance=partial(Guided, scale=scale, rescale=rescale, interval=interval),
        )
        made = [
            codec.decode(normaliser.denormalise(each), bands[0].shape[1]) for each in latents.cpu()
        ]
        flat = latents.permute(1, 0, 2).reshape(-1, len(songs) * frames)
        note(named(way), made, float(latents.std()), distance(flat, everything))

    columns = ["std", "frechet", *SHOWN]
    print("| sampler | steps | guidance | rescale | interval | " + " | ".join(columns) + " |")
    print("|" + "---|" * (5 + len(columns)))
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[name]) for name in named(WAYS[0])), []).append(row)
    for key, group in groups.items():
        means = {name: np.nanmean([float(row[name]) for row in group]) for name in columns}
        cells = " | ".join(f"{means[name]:.2f}" for name in columns)
        print("| " + " | ".join(key) + f" | {cells} |")
    spread = {
        metric.name: np.mean(
            [np.nanstd([float(row[metric.name]) for row in group]) for group in groups.values()]
        )
        for metric in SONG_METRICS
        if metric.name in SHOWN
    }
    errors = ", ".join(
        f"{name} {value / np.sqrt(len(songs)):.2f}" for name, value in spread.items()
    )
    print(f"standard errors over {len(songs)} songs: {errors}")


if __name__ == "__main__":
    main()
