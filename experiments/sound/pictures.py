"""Spectrograms and clips of what goes into the codec and what comes out of its two decoders.

The songs are rendered, and no decoder was trained on them.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.files import write_audio
from samuel_gen.codec_fitting.pieces import render_measuring_pieces
from samuel_gen.codecs.spectral.codec import SpectralCodec

Audio = Float[Tensor, "2 samples"]
CLIPS = {"rock": (0, 6.0), "jazz": (4, 6.0), "synth": (6, 6.0)}
"""Song and first second of each clip."""
CLIP_SECONDS = 5.0
VIEWS = {"chords": (6, 6.0, 9.0, 4096, 8000), "attacks": (0, 6.0, 7.2, 512, 8000)}
"""Song, first and last second, window and highest frequency of each picture."""
SYSTEMS = ("original", "closed_form", "learned")


def main() -> None:
    """Write chords.png, attacks.png and three clips of each system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    output = parser.parse_args().output
    songs = [audio for _, audio in render_measuring_pieces(7, 16.0)]
    codecs = [SpectralCodec(decoder=name) for name in SYSTEMS[1:]]
    needed = {song for song, *_ in (*CLIPS.values(), *VIEWS.values())}
    sounds = {song: [songs[song], *(decode(x, songs[song]) for x in codecs)] for song in needed}
    for name, (song, start) in CLIPS.items():
        begin = round(start * SpectralCodec.sample_rate)
        end = begin + round(CLIP_SECONDS * SpectralCodec.sample_rate)
        for system, audio in zip(SYSTEMS, sounds[song], strict=True):
            write_audio(output / f"{name}_{system}.ogg", audio[:, begin:end], 44_100)
    for name, (song, start, stop, window, highest) in VIEWS.items():
        draw(output / f"{name}.png", sounds[song], start, stop, window, highest)


def decode(codec: SpectralCodec, audio: Audio) -> Audio:
    """Encode and decode."""
    return codec.decode(codec.encode(audio), audio.shape[1])


def draw(
    path: Path, sounds: list[Audio], start: float, stop: float, window: int, highest: int
) -> None:
    """Draw the spectrograms side by side.

    Args:
        path: the picture to write.
        sounds: one sound for each of `SYSTEMS`.
        start, stop: the seconds to show.
        window: samples of the window.
        highest: the highest frequency, in Hz.
    """
    figure, axes = plt.subplots(1, len(sounds), figsize=(13, 4.2), sharey=True)
    for axis, name, audio in zip(axes, SYSTEMS, sounds, strict=True):
        part = audio.mean(0)[round(start * 44_100) : round(stop * 44_100)]
        spectra = torch.stft(
            part, window, window // 8, window=torch.hann_window(window), return_complex=True
        )
        decibels = 20 * np.log10(spectra.abs().numpy() / window * 4 + 1e-6)
        axis.imshow(
            decibels,
            origin="lower",
            aspect="auto",
            extent=(start, stop, 0, 22_050),
            vmin=-95,
            vmax=-30,
            cmap="magma",
        )
        axis.set(title=name, xlabel="s", ylim=(0, highest))
    axes[0].set_ylabel("Hz")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


if __name__ == "__main__":
    main()
