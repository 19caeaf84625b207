"""The speed of the spectral codec."""

import time
from collections.abc import Callable
from typing import Any

import torch

from samuel_gen.benchmark.material import SONG_SEED
from samuel_gen.benchmark.timing import Row, time_in_turn
from samuel_gen.codecs.spectral.codec import SpectralCodec

SECONDS = 24.0


def measure_codec(repeats: int) -> list[Row]:
    """Measure CPU time and elapsed time of encoding and decoding, per second of audio.

    Args:
        repeats: number of timed runs of each direction.
    """
    from samuel_gen.corpus.song import render_song

    codec = SpectralCodec()
    audio = render_song(SONG_SEED, seconds=SECONDS).accompaniment
    latents = codec.encode(audio)
    directions: dict[str, Callable[[], Any]] = {
        "encode": lambda: codec.encode(audio),
        "decode": lambda: codec.decode(latents, audio.shape[1]),
    }
    rows = [
        Row("codec", name, "CPU s per s", _time_cpu(run, repeats))
        for name, run in directions.items()
    ]
    rows += [
        Row("codec", f"{name}, wall", "s per s", [each / SECONDS for each in runs])
        for name, runs in time_in_turn(directions, repeats, torch.device("cpu")).items()
    ]
    return rows


def _time_cpu(run: Callable[[], Any], repeats: int) -> list[float]:
    """Return the CPU seconds per second of audio of each run, after one run to warm up."""
    run()
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        spent.append((time.process_time() - begin) / SECONDS)
    return spent
