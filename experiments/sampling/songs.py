"""Voice, generated band and true band of songs never met, as one picture and as figures.

python experiments/sampling/songs.py demo/training/model.safetensors -o contact_sheet.png
"""

import argparse
from pathlib import Path

import torch
from rich.progress import track

from samuel_gen.analysis.fit import measure_fit
from samuel_gen.analysis.melody import extract_melody
from samuel_gen.analysis.recording_report import FRAME_SECONDS
from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.audio.true_peak import true_peak
from samuel_gen.corpus.song import render_song
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.plots import plot_spectrogram_grid

FIRST_SONG = 1_000_100  # seeds that no recipe trains on


def main() -> None:
    """Render, accompany, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--songs", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG")
    arguments = parser.parse_args()

    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    sheet: dict[str, dict[str, torch.Tensor]] = {}
    rate = 44_100
    rows = []
    for seed in track(range(FIRST_SONG, FIRST_SONG + arguments.songs)):
        song = render_song(seed, seconds=arguments.seconds)
        rate = song.sample_rate
        made = accompanist.accompany(song.vocal, rate)
        title = f"{seed} {song.score.style}, {song.score.tempo:.0f} BPM"
        sheet[title] = {
            "voice": song.vocal,
            "generated": made.accompaniment,
            "true": song.accompaniment,
        }
        hop = round(FRAME_SECONDS * rate)
        melody = extract_melody(song.vocal, rate, hop)
        own, true = (
            measure_fit(MemoryRecording(band, rate), melody, hop / rate, 0.0)
            for band in (made.accompaniment, song.accompaniment)
        )
        rows.append(
            f"| {title} | {own.harmony:.2f} ({true.harmony:.2f}) | {own.pulse:.2f} "
            f"({true.pulse:.2f}) | {own.silent_share:.0%} | {true_peak(made.mix, rate):.1f} "
            f"| {integrated_loudness(made.mix, rate):.1f} |"
        )
    print("| song | harmony (true band) | pulse (true band) | silent | mix, dBTP | mix, LUFS |")
    print("|---|---|---|---|---|---|", *rows, sep="\n")
    plot_spectrogram_grid(sheet, rate, arguments.output)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    main()
