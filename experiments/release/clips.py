"""Make the three clips of the README and their spectrogram from a song that was never trained on.

python experiments/release/clips.py

The bundled checkpoint accompanies the vocal of a rendered song. `docs/audio/vocal.ogg`,
`accompaniment.ogg` and `mix.ogg` hold the same 16 s, `docs/images/example.png` their spectrogram.
"""

import argparse
from pathlib import Path

import torch

from samuel_gen import Accompanist, write_audio
from samuel_gen.corpus.song import render_song
from samuel_gen.plots import plot_spectrograms

DOCS = Path(__file__).resolve().parents[2] / "docs"
START, SECONDS = 8.0, 16.0  # after the intro
FADE = 0.5  # s, at either end of a clip


def main() -> None:
    """Render, accompany, cut, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--song", type=int, default=1000003, help="seed of the rendered song")
    parser.add_argument("--output", type=Path, default=DOCS, help="folder of audio/ and images/")
    arguments = parser.parse_args()
    song = render_song(arguments.song, seconds=32.0)
    result = Accompanist.from_pretrained().accompany(song.vocal, song.sample_rate)
    sounds = {"vocal": song.vocal, "accompaniment": result.accompaniment, "mix": result.mix}
    rate = song.sample_rate
    clips = {name: cut(sound, rate) for name, sound in sounds.items()}
    for name, clip in clips.items():
        write_audio(arguments.output / "audio" / f"{name}.ogg", clip, rate)
    (arguments.output / "images").mkdir(parents=True, exist_ok=True)
    plot_spectrograms(clips, rate, arguments.output / "images" / "example.png")
    print(f"{', '.join(clips)} are in {arguments.output / 'audio'}")


def cut(sound: torch.Tensor, rate: int) -> torch.Tensor:
    """Cut the clip out of a sound, with a fade at either end."""
    clip = sound[:, round(START * rate) : round((START + SECONDS) * rate)].clone()
    fade = torch.linspace(0, 1, round(FADE * rate))
    clip[:, : len(fade)] *= fade
    clip[:, -len(fade) :] *= fade.flip(0)
    return clip


if __name__ == "__main__":
    main()
