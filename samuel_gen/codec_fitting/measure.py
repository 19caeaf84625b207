"""The command `python -m samuel_gen.codec_fitting.measure [FILES]`, which measures the codec."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from samuel_gen.codecs.spectral.codec import SpectralCodec

COLUMNS = ("chroma", "bass", "onset", "log-mel dB", "level dB", "width dB", "encode", "decode")


def main(arguments: list[str] | None = None) -> int:
    """Measure the codec, print the table and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.codec_fitting.measure",
        description="Measure the loss of encoding and decoding, on accompaniments of rendered "
        "songs that the tables were not fitted to and on any recordings, all at -20 LUFS. Harmony "
        "(chroma), bass line and rhythm (onset) are similarities, 1 at best; log-mel, level and "
        "width are differences in dB; encode and decode are CPU seconds per second of audio, on "
        "one thread.",
    )
    parser.add_argument("files", nargs="*", type=Path, help="recordings to measure as well")
    parser.add_argument(
        "--songs", type=int, default=8, help="the number of rendered songs (default 8)"
    )
    parser.add_argument("--seconds", type=float, default=24.0, help="seconds per song (default 24)")
    parser.add_argument(
        "--iterations", type=int, help="iterations of Griffin-Lim (default: the codec's)"
    )
    options = parser.parse_args(arguments)

    from samuel_gen.errors import SamuelError

    try:
        _print_table(options)
    except SamuelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _print_table(options: argparse.Namespace) -> None:
    import numpy as np
    import torch
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from samuel_gen.codecs.spectral.codec import SpectralCodec

    torch.set_num_threads(1)
    codec = SpectralCodec()
    if options.iterations is not None:
        codec = SpectralCodec(iterations=options.iterations)
    codec.decode(codec.encode(torch.zeros(2, codec.sample_rate)))  # the first call builds windows
    table = Table(
        title=f"spectral codec {codec.identity.weights_hash}, {codec.iterations} iterations"
    )
    table.add_column("")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    count = len(options.files) + options.songs
    console = Console(stderr=True)
    rendered = []
    for name, audio in track(_collect_pieces(options), "measuring", total=count, console=console):
        metrics = _measure_piece(codec, audio)
        if name.startswith("song "):
            rendered.append(metrics)
        table.add_row(name, *_format_metrics(metrics))
    if rendered:
        table.add_section()
        table.add_row(
            "mean of the songs", *_format_metrics(np.mean(np.abs(rendered), axis=0).tolist())
        )
    Console(width=120).print(table)


def _collect_pieces(
    options: argparse.Namespace,
) -> "Iterator[tuple[str, Float[Tensor, '2 samples']]]":
    """Yield name and audio of each recording, then of each rendered song."""
    from samuel_gen.audio.files import read_audio
    from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness
    from samuel_gen.audio.resample import resample, to_stereo
    from samuel_gen.codec_fitting.pieces import render_measuring_pieces
    from samuel_gen.codecs.spectral.grid import SAMPLE_RATE

    for path in options.files:
        samples, rate = read_audio(path)
        audio = to_stereo(resample(samples, rate, SAMPLE_RATE))
        yield path.name, normalise_loudness(audio, SAMPLE_RATE, REFERENCE_LOUDNESS)
    yield from render_measuring_pieces(options.songs, options.seconds)


def _measure_piece(codec: "SpectralCodec", audio: "Float[Tensor, '2 samples']") -> list[float]:
    """Return the metrics of one round trip in the order of `COLUMNS`."""
    import time
    from dataclasses import astuple

    from samuel_gen.codecs.quality import Quality

    seconds = audio.shape[1] / codec.sample_rate
    begin = time.process_time()
    latents = codec.encode(audio)
    encoded = time.process_time()
    back = codec.decode(latents, audio.shape[1])
    decoded = time.process_time()
    metrics = astuple(Quality.measure(audio, back, codec.sample_rate))
    return [*metrics, (encoded - begin) / seconds, (decoded - encoded) / seconds]


def _format_metrics(metrics: list[float]) -> list[str]:
    from samuel_gen.codecs.quality import Quality

    *qualities, encoding, decoding = metrics
    return [*Quality(*qualities).texts().values(), f"{encoding:.4f}", f"{decoding:.4f}"]


if __name__ == "__main__":
    sys.exit(main())
