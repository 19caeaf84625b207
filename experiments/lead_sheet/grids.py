"""Split the scores of an evaluation of rendered songs by the grid: steady tempo or drifting.

    python experiments/lead_sheet/grids.py runs/evaluate/DATE/metrics.csv

The songs are those of `source=held_out`, of 24 s. A grid is steady if its beats are all equally
long. The normalised score is 0 for another song's accompaniment and 1 for the true one.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from samuel_gen.corpus.plan import plan_song

METRICS = ("relative_key", "chord", "beat_f", "downbeat_f", "tempo_octaves")
SYSTEMS = ("generated", "true", "mismatched")


def main() -> None:
    """Read the file, plan the songs again, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("metrics", type=Path, help="metrics.csv of samuel-evaluate")
    figures: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    songs: dict[str, set[str]] = defaultdict(set)
    with parser.parse_args().metrics.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            grid = "steady" if is_steady(row["song"]) else "drifting"
            songs[grid].add(row["song"])
            for metric in METRICS:
                figures[grid, row["system"], metric].append(float(row[metric]))
    print(f"| grid | songs | {' | '.join(METRICS)} |")
    print("|---" * (len(METRICS) + 2) + "|")
    for grid in sorted(songs):
        scores = []
        for metric in METRICS:
            generated, true, other = (np.nanmean(figures[grid, each, metric]) for each in SYSTEMS)
            scores.append(f"{(generated - other) / (true - other):.2f}")
        print(f"| {grid} | {len(songs[grid])} | {' | '.join(scores)} |")


def is_steady(name: str) -> bool:
    """Return whether all beats of a rendered song are equally long."""
    _, seed, index = name.split("-")
    number = int(seed) * 1_000_000 + int(index)
    plan = plan_song(number, 24.0, np.random.default_rng([number, 0]))
    steps = plan.style.meter.steps_per_beat
    beats = [plan.time_of(beat * steps) for beat in range(plan.bars * plan.style.meter.beats)]
    return bool(np.ptp(np.diff(beats)) < 1e-6)


if __name__ == "__main__":
    main()
