"""The time and the memory of whole accompaniments, and the time that each stage takes."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from samuel_gen.analysis.recording_report import analyse_recording
from samuel_gen.audio.files import write_audio, write_blocks
from samuel_gen.audio.recording import SoundFile
from samuel_gen.benchmark.material import render_vocal
from samuel_gen.benchmark.timing import Row, run_in_process
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.stages import Stages

LENGTHS = (10.0, 47.55, 180.0, 600.0)
"""Lengths of the vocals in seconds."""
REFERENCE_LENGTH = 47.55
"""The length whose stages are reported and with which longer ones are compared, in seconds."""
WARM_UP_SECONDS = 10.0


def measure_accompaniments(checkpoint: Path, device: torch.device, repeats: int) -> list[Row]:
    """Measure accompaniments of one candidate, after a warm-up, each length in its own process.

    Args:
        checkpoint: a checkpoint; the vocals and the results are written into its folder.
        device: the device to generate on.
        repeats: number of timed runs of each length.
    """
    rows, medians = [], {}
    for length in LENGTHS:
        vocal = checkpoint.with_name(f"{length:g}.wav")
        write_audio(vocal, *render_vocal(length))
        stages, memory = run_in_process(
            _time_accompaniments, str(checkpoint), str(vocal), str(device), repeats
        )
        total = Row("accompany", f"{length:g} s", "s", stages.pop("all in"))
        medians[length] = total.median
        note = f"{total.median / length:.3f} of real time, {memory:.0f} MB"
        if REFERENCE_LENGTH in medians:
            note += f", {total.median / medians[REFERENCE_LENGTH]:.1f} times 47.55 s"
        rows.append(replace(total, note=note))
        if length == REFERENCE_LENGTH:
            parts = [Row("accompany", f"  {name}", "s", runs) for name, runs in stages.items()]
            rows += [replace(part, share=part.median / total.median) for part in parts]
    return rows


def _time_accompaniments(
    checkpoint: str, vocal: str, device: str, repeats: int
) -> dict[str, list[float]]:
    """Return the seconds of each stage and in all, from the vocal's file to the written files."""
    accompanist = Accompanist.from_pretrained(checkpoint, device)
    accompanist.stages = stages = _TimedStages(accompanist.model, device)
    seconds: dict[str, list[float]] = defaultdict(list)
    accompanist.accompany(*render_vocal(WARM_UP_SECONDS), candidates=1)
    for _ in range(repeats):
        stages.seconds.clear()
        begin = time.perf_counter()
        _accompany_file(accompanist, stages, Path(vocal))
        total = time.perf_counter() - begin
        rest = total - sum(stages.seconds.values())
        for name, own in {**stages.seconds, "all in": total, "the rest": rest}.items():
            seconds[name].append(own)
    return dict(seconds)


def _accompany_file(accompanist: Accompanist, stages: "_TimedStages", path: Path) -> None:
    """Generate for one file, and write accompaniment and mix beside it."""
    vocal = SoundFile(path)
    with stages.time_stage("hear the tuning"):
        report = analyse_recording(vocal.blocks(vocal.sample_rate), vocal.sample_rate)
    result = accompanist.accompany(vocal, candidates=1, report=report)
    sounds = {"accompaniment": result.accompaniment_recording, "mix": result.mix_recording}
    with stages.time_stage("write both"):
        for name, sound in sounds.items():
            rate = result.sample_rate
            write_blocks(path.with_name(f"{name}.wav"), sound.blocks(rate), 2, rate)


class _TimedStages(Stages):
    """Stages of generation that add up the seconds they take, by name, in `seconds`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def time_stage(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - begin

    def encode(self, *args: Any, **kwargs: Any) -> Any:
        with self.time_stage("hear the voice"):
            return super().encode(*args, **kwargs)

    def sample(self, *args: Any, **kwargs: Any) -> Any:
        with self.time_stage("denoise"):
            return super().sample(*args, **kwargs)

    def decode_to_disk(self, *args: Any, **kwargs: Any) -> Any:
        with self.time_stage("decode"):
            return super().decode_to_disk(*args, **kwargs)
