"""Comparison of samplers, numbers of steps and guidance settings on unseen songs.

Which setting gives the best accompaniments by the metrics of `samuel-evaluate`? The CSV file gets
a row for each song and setting. A second run adds only the settings that the file lacks.

    python experiments/sampling/grid.py demo/training/model.safetensors --songs 12 -o grid.csv
"""

import argparse
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

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

FIRST_SONG, SECONDS = 1_000_100, 24.0  # seeds from here on belong to no training set
SHOWN = ("relative_key", "scale", "chord", "chroma_true", "chroma_voice", "beat_f", "pulse_grid")
SETTING_COLUMNS = ("sampler", "steps", "guidance", "rescale", "interval")
SAMPLERS = {"unipc": unipc, "dpm_solver_2m": dpm_solver_2m, "ddim": ddim, "ancestral": ancestral}
Row = dict[str, Any]


class Setting(NamedTuple):
    """A sampler and a guidance; the last three are as in `Guided`."""

    sampler: str
    steps: int
    scale: float = 2.0
    rescale: float = 0.0
    interval: tuple[float, float] = (0.0, 1.0)

    def label(self) -> tuple[str, ...]:
        """Return the values of SETTING_COLUMNS."""
        low, high = self.interval
        return (
            self.sampler,
            str(self.steps),
            f"{self.scale:g}",
            f"{self.rescale:g}",
            f"{low:g}-{high:g}",
        )


SETTINGS = [
    *(Setting("unipc", steps) for steps in (4, 8, 16, 32, 64)),
    *(Setting("dpm_solver_2m", steps) for steps in (8, 16)),
    *(Setting("ddim", steps) for steps in (8, 16, 50)),
    Setting("ancestral", 100),
    *(Setting("unipc", steps, scale) for scale in (1.0, 1.5, 3.0, 4.0, 6.0) for steps in (8, 16)),
    *(Setting("unipc", 16, scale, rescale=0.7) for scale in (2.0, 4.0)),
    *(Setting("unipc", 16, scale, interval=(0.2, 0.8)) for scale in (2.0, 4.0)),
    *(Setting("unipc", 16, scale, interval=(0.3, 1.0)) for scale in (2.0, 4.0)),
]


@dataclass
class ResultTable:
    """The results, one row for each song and setting, in memory and in a CSV file.

    Attributes:
        path: the CSV file.
        rows: the rows, those of earlier runs first.
    """

    path: Path
    rows: list[Row]

    @classmethod
    def open(cls, path: Path) -> "ResultTable":
        """Read the rows of earlier runs, if there are any."""
        if not path.exists():
            return cls(path, [])
        with path.open() as file:
            return cls(path, list(csv.DictReader(file)))

    def group(self) -> dict[tuple[str, ...], list[Row]]:
        """Return the rows by setting."""
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows:
            groups.setdefault(tuple(row[name] for name in SETTING_COLUMNS), []).append(row)
        return groups

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows and write the file."""
        self.rows += rows
        with self.path.open("w") as file:
            writer = csv.DictWriter(file, list(self.rows[-1]))
            writer.writeheader()
            writer.writerows(self.rows)


@dataclass(frozen=True, eq=False)
class UnseenSongs:
    """Rendered songs and their latents in the network's scale.

    Attributes:
        songs: the songs, all of the same length.
        accompanist: the accompanist under test.
        vocals: the encoded vocals, one batch.
        true_latents: the latents of each true accompaniment, (channels, frames).
    """

    songs: list[RenderedSong]
    accompanist: Accompanist
    vocals: Vocal
    true_latents: list[torch.Tensor]

    @classmethod
    def render(cls, accompanist: Accompanist, count: int) -> "UnseenSongs":
        """Render and encode so many songs."""
        songs = [render_song(FIRST_SONG + index, seconds=SECONDS) for index in range(count)]
        vocals = [
            accompanist.stages.encode(MemoryRecording(song.vocal, song.sample_rate))
            for song in songs
        ]
        model = accompanist.model
        latents = [
            model.accompaniment_normaliser.normalise(model.codec.encode(song.accompaniment))
            for song in songs
        ]
        return cls(songs, accompanist, Vocal.concat(vocals), latents)

    def decode(self, latents: Iterable[torch.Tensor]) -> list[torch.Tensor]:
        """Decode latents, one item per song."""
        model, length = self.accompanist.model, self.songs[0].accompaniment.shape[1]
        return [
            model.codec.decode(model.accompaniment_normaliser.denormalise(each), length)
            for each in latents
        ]

    def make_rows(
        self, label: Sequence[str], sounds: Sequence[torch.Tensor], std: float, frechet: float
    ) -> list[Row]:
        """Measure one accompaniment per song and return the rows of the table.

        Args:
            label: the values of SETTING_COLUMNS.
            sounds: the accompaniments.
            std: the standard deviation of their latents.
            frechet: the Frechet distance of their latents.
        """
        setting = dict(zip(SETTING_COLUMNS, label, strict=True))
        return [
            {**setting, "song": index, "std": std, "frechet": frechet, **measure(sound, song)}
            for index, (song, sound) in enumerate(zip(self.songs, sounds, strict=True))
        ]


def measure(accompaniment: torch.Tensor, song: RenderedSong) -> dict[str, float]:
    """Compute all song metrics of an accompaniment."""
    sound, vocal, true = (
        AnalysedSound(samples, song.sample_rate)
        for samples in (accompaniment, song.vocal, song.accompaniment)
    )
    return measure_song(MetricInput(sound, vocal, true, song.score.lead_sheet))


def frechet_distance(generated: torch.Tensor, true: torch.Tensor) -> float:
    """Squared Frechet distance between frames of latents, divided by the number of channels.

    Args:
        generated, true: the latents, (channels, frames).
    """
    means = [each.mean(1) for each in (generated, true)]
    first, second = (torch.cov(each.double()) for each in (generated, true))
    values, vectors = torch.linalg.eigh(first)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    gap = (means[0] - means[1]).double().square().sum()
    return float((gap + first.trace() + second.trace() - 2 * cross) / generated.shape[0])


def add_anchors(table: ResultTable, unseen: UnseenSongs) -> None:
    """Add the true accompaniments, plain, through the codec, and exchanged between songs."""
    true = [song.accompaniment for song in unseen.songs]
    anchors = {
        "true": true,
        "true through codec": unseen.decode(unseen.true_latents),
        "another song's": [*true[1:], true[0]],
    }
    std = float(torch.cat(unseen.true_latents, 1).std())
    for title, sounds in anchors.items():
        label = (title, "", "", "", "")
        if label not in table.group():
            table.add(unseen.make_rows(label, sounds, std, frechet=0.0))


def add_settings(table: ResultTable, unseen: UnseenSongs) -> None:
    """Generate with each setting that the table lacks, and add its rows."""
    true = torch.cat(unseen.true_latents, 1)
    for setting in track(SETTINGS):
        if setting.label() in table.group():
            continue
        latents = unseen.accompanist.stages.sample(
            unseen.vocals,
            seed=list(range(len(unseen.songs))),
            sampler=partial(SAMPLERS[setting.sampler], num_steps=setting.steps),
            guidance=partial(
                Guided, scale=setting.scale, rescale=setting.rescale, interval=setting.interval
            ),
        ).cpu()
        frechet = frechet_distance(latents.permute(1, 0, 2).flatten(1), true)
        sounds = unseen.decode(latents)
        table.add(unseen.make_rows(setting.label(), sounds, float(latents.std()), frechet))


def print_table(groups: Mapping[tuple[str, ...], Sequence[Row]], num_songs: int) -> None:
    """Print the means of each setting and the standard errors over songs."""
    columns = ["std", "frechet", *SHOWN]
    print("| " + " | ".join([*SETTING_COLUMNS, *columns]) + " |")
    print("|" + "---|" * (len(SETTING_COLUMNS) + len(columns)))
    for label, rows in groups.items():
        means = [np.nanmean([float(row[name]) for row in rows]) for name in columns]
        print("| " + " | ".join([*label, *(f"{mean:.2f}" for mean in means)]) + " |")
    names = [metric.name for metric in SONG_METRICS if metric.name in SHOWN]
    errors = []
    for name in names:
        stds = [np.nanstd([float(row[name]) for row in rows]) for rows in groups.values()]
        errors.append(f"{name} {np.mean(stds) / np.sqrt(num_songs):.2f}")
    print(f"standard errors over {num_songs} songs: {', '.join(errors)}")


def main() -> None:
    """Render the songs, generate with each setting, measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--songs", type=int, default=12)
    parser.add_argument("-o", "--output", type=Path, required=True, help="CSV file to write")
    arguments = parser.parse_args()
    table = ResultTable.open(arguments.output)
    unseen = UnseenSongs.render(Accompanist.from_pretrained(arguments.checkpoint), arguments.songs)
    add_anchors(table, unseen)
    add_settings(table, unseen)
    print_table(table.group(), arguments.songs)


if __name__ == "__main__":
    main()
