"""What each soundfont does to the codec, and how far its songs are from real accompaniments.

    python experiments/data/fonts.py REAL_SONGS [--songs 60]

REAL_SONGS/SONG/accompaniment.* are real accompaniments. The same songs are played with every font,
so that only the sound differs. A finished font is kept in the CSV file, so that the command can be
stopped and started again.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import torch

from samuel_gen.audio.files import read_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness
from samuel_gen.audio.resample import resample
from samuel_gen.codecs.fidelity import Fidelity
from samuel_gen.codecs.quality import Quality
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.corpus.installed_fonts import DEFAULT_FONT, find_soundfont
from samuel_gen.corpus.song import render_song
from samuel_gen.evaluation.analysed_sound import MUSIC_RATE
from samuel_gen.evaluation.embedding import embed
from samuel_gen.evaluation.frechet import frechet_distance

FONTS = (DEFAULT_FONT, "FluidR3_GM", "MuseScore_General_Lite")
FIRST_SONG = 3_000_000
SECONDS = 24.0
CODEC = ("chroma", "bass", "onset", "cqt_high", "log_spectral")


def main() -> None:
    """Measure the fonts that are not in the CSV file yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path, help="the folder of real songs")
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("fonts.csv"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(options.real.glob("*/accompaniment.*"))
    real = np.concatenate([_embed(*read_audio(path)) for path in paths])
    rows = list(csv.DictReader(options.output.open())) if options.output.exists() else []
    for name in FONTS:
        if name in {row["font"] for row in rows}:
            continue
        rows.append({"font": name, "songs": options.songs, **measure(name, options.songs, real)})
        with options.output.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    for row in rows:
        print(" | ".join(str(value) for value in row.values()), flush=True)


def measure(font: str, songs: int, real: np.ndarray) -> dict[str, str]:
    """Return the means over songs that are played with a font, and their distance from real ones.

    Args:
        font: the name of the soundfont.
        songs: the number of songs.
        real: the embedded windows of real accompaniments.
    """
    path = None if font == DEFAULT_FONT else find_soundfont(font)
    codec, spaces = SpectralCodec(), []
    sums = dict.fromkeys(CODEC, 0.0)
    for seed in range(FIRST_SONG, FIRST_SONG + songs):
        song = render_song(seed, seconds=SECONDS, soundfont=path)
        audio = normalise_loudness(song.accompaniment, song.sample_rate, REFERENCE_LOUDNESS)
        spaces.append(_embed(audio, song.sample_rate))
        decoded = codec.decode(codec.encode(audio), audio.shape[1])
        measures = Quality.measure(audio, decoded, codec.sample_rate).to_dict()
        measures |= Fidelity.measure(audio, decoded, codec.sample_rate).to_dict()
        for name in CODEC:
            sums[name] += measures[name] / songs
    distance = frechet_distance(np.concatenate(spaces), real)
    return {**{name: f"{x:.3f}" for name, x in sums.items()}, "frechet_real": f"{distance:.1f}"}


def _embed(audio: torch.Tensor, rate: int) -> np.ndarray:
    mono = resample(audio.mean(0, keepdim=True), rate, MUSIC_RATE)
    return np.asarray(embed(mono[0]))


if __name__ == "__main__":
    main()
