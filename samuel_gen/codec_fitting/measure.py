"""The codec's figures: `python -m samuel_gen.codec_fitting.measure [FILES...] --songs 8`."""

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
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.codec_fitting.measure",
        description="What survives encoding and decoding: same harmony (chroma), same bass line, "
        "same rhythm (onset), of 1; colour, level and stereo width in dB of difference; CPU s "
        "per second of audio, on one thread. On accompaniments of rendered songs that the tables "
        "were not fitted to, at -20 LUFS, and on any files.",
    )
    parser.add_argument("files", nargs="*", type=Path, help="recordings to measure as well")
    parser.add_argument("--songs", type=int, default=8, help="rendered songs (default 8)")
    parser.add_argument("--seconds", type=float, default=24.0, help="of each song (default 24)")
    parser.add_argument("--iterations", type=int, help="of Griffin-Lim (default: the codec's)")
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
    for name, audio in track(_pieces(options), "measuring", total=count, console=console):
        figures = _figures(codec, audio)
        if name.startswith("song "):
            rendered.append(figures)
        table.add_row(name, *_texts(figures))
    if rendered:
        table.add_section()
        table.add_row("mean of the songs", *_texts(np.mean(np.abs(rendered), axis=0).tolist()))
    Console(width=120).print(table)


def _pieces(options: argparse.Namespace) -> "Iterator[tuple[str, Float[Tensor, '2 samples']]]":
    from samuel_gen.audio.files import read_audio
    from samuel_gen.audio.loudness import with_loudness
    from samuel_gen.audio.resample import resample, to_stereo
    from samuel_gen.codec_fitting.material import LOUDNESS, measuring_pieces
    from samuel_gen.codecs.spectral.grid import SAMPLE_RATE

    for path in options.files:
        samples, rate = read_audio(path)
        audio = to_stereo(resample(samples, rate, SAMPLE_RATE))
        yield path.name, with_loudness(audio, SAMPLE_RATE, LOUDNESS)
    yield from measuring_pieces(options.songs, options.seconds)


def _figures(codec: "SpectralCodec", audio: "Float[Tensor, '2 samples']") -> list[float]:
    import time
    from dataclasses import astuple

    from samuel_gen.codecs.quality import Quality

    seconds = audio.shape[1] / codec.sample_rate
    begin = time.process_time()
    latents = codec.encode(audio)
    encoded = time.process_time()
    back = codec.decode(latents, audio.shape[1])
    decoded = time.process_time()
    figures = astuple(Quality.of(audio, back, codec.sample_rate))
    return [*figures, (encoded - begin) / seconds, (decoded - encoded) / seconds]


def _texts(figures: list[float]) -> list[str]:
    from samuel_gen.codecs.quality import Quality

    *qualities, encoding, decoding = figures
    return [*Quality(*qualities).texts().values(), f"{encoding:.4f}", f"{decoding:.4f}"]


if __name__ == "__main__":
    sys.exit(main())
