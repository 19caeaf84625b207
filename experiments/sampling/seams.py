r"""Audibility of the borders of windows: flux, level and mix at the borders and elsewhere.

Can the borders be heard in a long generation? The control is the same music with hard cuts at the
same borders: at each, the accompaniment of another seed continues.

    python -m samuel_gen.corpus 1000007 --seconds 300 -o long
    python experiments/sampling/seams.py long/vocals.wav demo/training/model.safetensors \
        -o seams.png
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from samuel_gen.audio.recording import SoundFile
from samuel_gen.audio.resample import tuned_rate
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.diffusion.windows import window_starts
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.stages import OVERLAP_FRAMES, WINDOW_FRAMES

HOP = 512  # samples between two values of a measure
REACH = 0.03  # s on either side of a border within which a change counts as its own
SPAN = 2  # s, before and after, whose spectra are compared
Values = NDArray[np.float64]


def spectral_flux(sound: Values, rate: int) -> Values:
    """Rise of the mel power in dB, averaged over the bands, per hop."""
    return np.asarray(librosa.onset.onset_strength(y=sound, sr=rate, hop_length=HOP), float)


def power_steps(sound: Values, rate: int) -> Values:
    """Difference in dB between the mean power of the seconds after and before each hop."""
    energy = np.pad(np.cumsum(sound.astype(np.float64) ** 2), (1, 0))
    at = np.arange(0, sound.size, HOP)
    after, before = np.minimum(at + rate, sound.size), np.maximum(at - rate, 0)
    later = (energy[after] - energy[at]) / np.maximum(after - at, 1)
    earlier = (energy[at] - energy[before]) / np.maximum(at - before, 1)
    return np.abs(10 * np.log10((later + 1e-9) / (earlier + 1e-9)))


def spectrum_changes(sound: Values, rate: int) -> Values:
    """Difference in dB between the mean mel spectra of SPAN seconds after and before each hop."""
    mel = librosa.feature.melspectrogram(y=sound, sr=rate, hop_length=HOP, n_mels=40)
    sums = np.pad(np.cumsum(mel, axis=1), ((0, 0), (1, 0)))
    at, span = np.arange(mel.shape[1]), round(SPAN * rate / HOP)
    after, before = np.minimum(at + span, mel.shape[1]), np.maximum(at - span, 0)
    later = (sums[:, after] - sums[:, at]) / np.maximum(after - at, 1)
    earlier = (sums[:, at] - sums[:, before]) / np.maximum(at - before, 1)
    floor = 1e-6 * mel.max()
    return np.abs(10 * np.log10((later + floor) / (earlier + floor))).mean(0)


MEASURES: tuple[tuple[str, Callable[[Values, int], Values], str], ...] = (
    ("flux", spectral_flux, "dB per hop"),
    ("level", power_steps, "dB from second to second"),
    ("mix", spectrum_changes, "dB from two seconds to two seconds"),
)


def find_borders(result: Accompaniment, codec: LatentCodec) -> Values:
    """Return the times in seconds at which a window of the generation starts or ends."""
    starts = np.array(window_starts(result.latents.shape[1], WINDOW_FRAMES, OVERLAP_FRAMES))
    frames = np.unique([*starts[1:], *(starts[:-1] + WINDOW_FRAMES)])
    return frames * codec.hop_length / tuned_rate(codec.sample_rate, result.tuning_cents)


def cut_hard(sounds: Sequence[Values], borders: Values, rate: int) -> list[Values]:
    """Continue each sound with the next one at the first border, with the one after at the next."""
    cut = [sound.copy() for sound in sounds]
    for index, border in enumerate(borders):
        for number, sound in enumerate(cut):
            at = round(border * rate)
            sound[at:] = sounds[(number + index + 1) % len(sounds)][at:]
    return cut


def split_by_border(values: Values, borders: Values, rate: int) -> tuple[Values, Values]:
    """Return the highest value around each border, and around each other hop.

    The hops near a border and those near either end of the sound are left out of the others.
    """
    reach = round(REACH * rate / HOP)
    highest = np.lib.stride_tricks.sliding_window_view(np.pad(values, reach, "edge"), 2 * reach + 1)
    highest = highest.max(1)
    places = np.unique(np.round(borders * rate / HOP).astype(int))
    places = places[places < highest.size]
    is_elsewhere = np.ones(highest.size, bool)
    edge = round(SPAN * rate / HOP)
    is_elsewhere[:edge] = is_elsewhere[-edge:] = False
    for place in places:
        is_elsewhere[max(0, place - 2 * reach) : place + 2 * reach + 1] = False
    return highest[places], highest[is_elsewhere]


def probability_above(here: Values, elsewhere: Values) -> tuple[float, float, float]:
    """Probability that a border exceeds another time (.5: no difference), and its 95 % interval.

    The seeds share the song's beat, so the bootstrap draws borders, not values.

    Args:
        here: the values at the borders, (seeds, borders).
        elsewhere: the values at all other times of all seeds.
    """
    ranks = (np.searchsorted(np.sort(elsewhere), here) / elsewhere.size).mean(0)
    draws = np.random.default_rng(0).choice(ranks, (2000, ranks.size)).mean(1)
    return float(ranks.mean()), *(float(edge) for edge in np.percentile(draws, [2.5, 97.5]))


def draw_panel(axes: Any, title: str, here: Values, elsewhere: Values, unit: str) -> None:
    """Draw the distributions of one measure at the borders and elsewhere."""
    bins = np.linspace(0, np.percentile(elsewhere, 99.9), 50)
    axes.hist(elsewhere, bins, density=True, alpha=0.5, label="elsewhere")
    axes.hist(here.ravel(), bins[::3], density=True, histtype="step", linewidth=2, label="borders")
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(unit)
    axes.legend()


def compare(sounds: Sequence[Values], borders: Values, rate: int, path: Path) -> None:
    """Print and draw all measures, for the sounds and for the control."""
    groups = {"one trajectory": sounds, "cuts": cut_hard(sounds, borders, rate)}
    figure = Figure(figsize=(10, 8), layout="constrained")
    panels = figure.subplots(len(MEASURES), len(groups))
    for row, (name, measure, unit) in zip(panels, MEASURES, strict=True):
        for axes, (kind, group) in zip(row, groups.items(), strict=True):
            pairs = [split_by_border(measure(sound, rate), borders, rate) for sound in group]
            here = np.stack([pair[0] for pair in pairs])
            elsewhere = np.concatenate([pair[1] for pair in pairs])
            middle, low, high = probability_above(here, elsewhere)
            text = f"{name}, {kind}: P(border > elsewhere) = {middle:.2f} [{low:.2f}, {high:.2f}]"
            print(f"{text}; medians {np.median(here):.2f} and {np.median(elsewhere):.2f} {unit}")
            draw_panel(axes, text, here, elsewhere, unit)
    figure.savefig(path, dpi=100)
    print(f"figure: {path}")


def main() -> None:
    """Generate with several seeds, find the borders of the windows and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vocal", type=Path, help="a recording of a minute or more")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--seeds", type=int, default=4, help="number of accompaniments")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG file to write")
    arguments = parser.parse_args()

    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    results = accompanist.generate_results(
        SoundFile(arguments.vocal), seeds=range(arguments.seeds), candidates=1
    )
    borders = find_borders(results[0], accompanist.model.codec)
    frames = results[0].latents.shape[1]
    print(f"{len(borders)} borders in {frames} frames, {len(results)} seeds")
    sounds = [result.accompaniment.mean(0).double().numpy() for result in results]
    compare(sounds, borders, results[0].sample_rate, arguments.output)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
