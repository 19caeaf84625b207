"""Can the borders of the windows be heard? Flux, level and mix there against everywhere else.

python -m samuel_gen.corpus 1000007 --seconds 300 -o long
python experiments/sampling/seams.py long/vocals.wav demo/training/model.safetensors -o seams.png

The control is the same music with hard cuts at the same borders: at each, another seed goes on.
"""

import argparse
from pathlib import Path

import librosa
import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from samuel_gen.audio.recording import SoundFile
from samuel_gen.audio.resample import tuned_rate
from samuel_gen.diffusion.windows import window_starts
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.stages import OVERLAP_FRAMES, WINDOW_FRAMES

HOP = 512  # samples between two figures
REACH = 0.03  # s on either side of a border in which it would be heard
AROUND = 2  # s, before and after, whose mix is compared
Values = NDArray[np.float64]


def flux(sound: Values, rate: int) -> Values:
    """Spectral flux: the rise of the mel level in dB, averaged over the bands, per hop."""
    return np.asarray(librosa.onset.onset_strength(y=sound, sr=rate, hop_length=HOP), float)


def steps(sound: Values, rate: int) -> Values:
    """How far the level of the second after each hop is from that of the second before, in dB."""
    power = np.pad(np.cumsum(sound.astype(np.float64) ** 2), (1, 0))
    at = np.arange(0, sound.size, HOP)
    after, before = np.minimum(at + rate, sound.size), np.maximum(at - rate, 0)
    later = (power[after] - power[at]) / np.maximum(after - at, 1)
    earlier = (power[at] - power[before]) / np.maximum(at - before, 1)
    return np.abs(10 * np.log10((later + 1e-9) / (earlier + 1e-9)))


def change(sound: Values, rate: int) -> Values:
    """How far the mean mel spectrum of two seconds after each hop is from that before, in dB."""
    mel = librosa.feature.melspectrogram(y=sound, sr=rate, hop_length=HOP, n_mels=40)
    sums = np.pad(np.cumsum(mel, axis=1), ((0, 0), (1, 0)))
    at, span = np.arange(mel.shape[1]), round(AROUND * rate / HOP)
    after, before = np.minimum(at + span, mel.shape[1]), np.maximum(at - span, 0)
    later = (sums[:, after] - sums[:, at]) / np.maximum(after - at, 1)
    earlier = (sums[:, at] - sums[:, before]) / np.maximum(at - before, 1)
    floor = 1e-6 * mel.max()
    return np.abs(10 * np.log10((later + floor) / (earlier + floor))).mean(0)


def apart(values: Values, borders: Values, rate: int) -> tuple[Values, Values]:
    """The highest value around each border, and around each other time."""
    reach = round(REACH * rate / HOP)
    highest = np.lib.stride_tricks.sliding_window_view(np.pad(values, reach, "edge"), 2 * reach + 1)
    highest = highest.max(1)
    places = np.unique(np.round(borders * rate / HOP).astype(int))
    places = places[places < highest.size]
    far = np.ones(highest.size, bool)
    edge = round(AROUND * rate / HOP)
    far[:edge] = far[-edge:] = False
    for place in places:
        far[max(0, place - 2 * reach) : place + 2 * reach + 1] = False
    return highest[places], highest[far]


def chance(here: Values, elsewhere: Values) -> tuple[float, float, float]:
    """Probability that a border is above a time elsewhere (.5: no difference), and its 95 %.

    The seeds share the song's beat, so the borders are drawn anew, not the values.

    Args:
        here: (seeds, borders).
        elsewhere: at other times of any seed.
    """
    ranks = (np.searchsorted(np.sort(elsewhere), here) / elsewhere.size).mean(0)
    draws = np.random.default_rng(0).choice(ranks, (2000, ranks.size)).mean(1)
    return float(ranks.mean()), *(float(edge) for edge in np.percentile(draws, [2.5, 97.5]))


def main() -> None:
    """Generate, cut, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vocal", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG")
    arguments = parser.parse_args()

    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    made = accompanist.takes(SoundFile(arguments.vocal), seeds=range(arguments.seeds))
    rate, frames = made[0].sample_rate, made[0].latents.shape[1]
    played = tuned_rate(accompanist.codec.sample_rate, made[0].tuning_cents)
    starts = np.array(window_starts(frames, WINDOW_FRAMES, OVERLAP_FRAMES))
    ends = starts[:-1] + WINDOW_FRAMES
    borders = np.unique([*starts[1:], *ends]) * accompanist.codec.hop_length / played

    sounds = [each.accompaniment.mean(0).double().numpy() for each in made]
    cut = [sound.copy() for sound in sounds]
    for index, border in enumerate(borders):
        for song, sound in enumerate(cut):
            at = round(border * rate)
            sound[at:] = sounds[(song + index + 1) % len(sounds)][at:]

    figure = Figure(figsize=(10, 8), layout="constrained")
    panels = figure.subplots(3, 2)
    print(f"{len(borders)} borders in {frames} frames, {len(sounds)} seeds")
    measures = (
        ("flux", flux, "dB per hop"),
        ("level", steps, "dB from second to second"),
        ("mix", change, "dB from two seconds to two seconds"),
    )
    for row, (name, measure, unit) in zip(panels, measures, strict=True):
        for axes, (kind, group) in zip(
            row, (("one trajectory", sounds), ("cuts", cut)), strict=True
        ):
            pairs = [apart(measure(sound, rate), borders, rate) for sound in group]
            here = np.stack([pair[0] for pair in pairs])
            elsewhere = np.concatenate([pair[1] for pair in pairs])
            middle, low, high = chance(here, elsewhere)
            text = f"{name}, {kind}: P(border > elsewhere) = {middle:.2f} [{low:.2f}, {high:.2f}]"
            print(f"{text}; medians {np.median(here):.2f} and {np.median(elsewhere):.2f} {unit}")
            bins = np.linspace(0, np.percentile(elsewhere, 99.9), 50)
            axes.hist(elsewhere, bins, density=True, alpha=0.5, label="elsewhere")
            axes.hist(
                here.ravel(), bins[::3], density=True, histtype="step", linewidth=2, label="borders"
            )
            axes.set_title(text, fontsize=9)
            axes.set_xlabel(unit)
            axes.legend()
    figure.savefig(arguments.output, dpi=100)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
