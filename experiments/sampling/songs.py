"""Contact sheet of unseen songs: vocal, generated and true accompaniment.

Does the model play music that fits the vocal? The picture shows the spectrograms; the table
compares the fit of the generated accompaniment with that of the true one.

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
from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.song import RenderedSong, render_song
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.plots import plot_spectrogram_grid

FIRST_SONG = 1_000_100  # seeds from here on belong to no training set


def format_row(title: str, song: RenderedSong, result: Accompaniment) -> str:
    """Return the row of the table for one song, with the figures of its true accompaniment."""
    rate = song.sample_rate
    hop_length = round(FRAME_SECONDS * rate)
    melody = extract_melody(song.vocal, rate, hop_length)
    generated, true = (
        measure_fit(MemoryRecording(sound, rate), melody, hop_length / rate, 0.0)
        for sound in (result.accompaniment, song.accompaniment)
    )
    cells = [
        title,
        f"{generated.harmony:.2f} ({true.harmony:.2f})",
        f"{generated.pulse:.2f} ({true.pulse:.2f})",
        f"{generated.silent_share:.0%}",
        f"{true_peak(result.mix, rate):.1f}",
        f"{integrated_loudness(result.mix, rate):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Render the songs, generate, print the table and draw the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--songs", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=24.0, help="length of each song")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG file to write")
    arguments = parser.parse_args()

    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    sounds: dict[str, dict[str, torch.Tensor]] = {}
    rows = []
    for seed in track(range(FIRST_SONG, FIRST_SONG + arguments.songs)):
        song = render_song(seed, seconds=arguments.seconds)
        result = accompanist.accompany(song.vocal, song.sample_rate, candidates=1)
        title = f"{seed} {song.score.style}, {song.score.tempo:.0f} BPM"
        rows.append(format_row(title, song, result))
        sounds[title] = {
            "vocal": song.vocal,
            "generated": result.accompaniment,
            "true": song.accompaniment,
        }
    print("| song | harmony (true) | pulse (true) | silent | mix, dBTP | mix, LUFS |")
    print("|---|---|---|---|---|---|", *rows, sep="\n")
    plot_spectrogram_grid(sounds, SAMPLE_RATE, arguments.output)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    main()
