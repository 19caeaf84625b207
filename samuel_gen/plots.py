"""The pictures that commands write; each function draws one PNG file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.phase import to_mono
from samuel_gen.diffusion.schedules import NoiseSchedule, trailing_timesteps
from samuel_gen.diffusion.statistics import SONG_STD_TOLERANCE, SamplingStatistics, healthy_bounds

ROWS_PER_OCTAVE = 20
"""Rows of a spectrogram per octave. With more rows than pixels, a thin line could be skipped."""

Sound = Float[Tensor, "channels samples"]
Magnitudes = Float[np.ndarray, "rows columns"]


def plot_curves(
    lines: Mapping[str, Sequence[tuple[float, float]]], *, ylabel: str, path: str | Path
) -> None:
    """Draw lines over epochs.

    Args:
        lines: points (epoch, value) by the line's name; empty lines are left out.
        ylabel: label of the vertical axis.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, points in lines.items():
        if points:
            epochs, values = zip(*points, strict=True)
            axes.plot(epochs, values, marker="o", markersize=3, label=name)
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def plot_sampling(
    statistics: SamplingStatistics, schedule: NoiseSchedule, path: str | Path
) -> None:
    """Draw mean and standard deviation of the latents at each sampling step, with healthy bounds.

    Args:
        statistics: statistics collected during sampling.
        schedule: the noise schedule of the sampler.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    std, mean = statistics.noisy_std.tolist(), statistics.noisy_mean.tolist()
    visited = trailing_timesteps(schedule.num_timesteps, len(std))
    low, high = healthy_bounds(schedule, visited, data_std=1.0, tolerance=SONG_STD_TOLERANCE)
    steps = range(1, len(std) + 1)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(steps, low, high, alpha=0.2, label="healthy standard deviation")
    axes.plot(steps, std, marker="o", markersize=3, label="noisy, standard deviation")
    axes.plot(steps, mean, marker="o", markersize=3, label="noisy, mean")
    clean = statistics.clean_std.tolist()
    axes.plot(steps, clean, linestyle="--", label="clean prediction, standard deviation")
    axes.set(xlabel="sampling step", ylabel="latents")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def plot_spectrograms(sounds: Mapping[str, Sound], sample_rate: int, path: str | Path) -> None:
    """Draw log-frequency spectrograms one above the other, 80 dB deep, on one time axis.

    Args:
        sounds: the sounds by title, all at `sample_rate`.
        sample_rate: the sample rate in Hz.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 2.6 * len(sounds)), layout="constrained")
    rows = np.atleast_1d(figure.subplots(len(sounds), 1, sharex=True))
    for axes, (title, samples) in zip(rows, sounds.items(), strict=True):
        draw_spectrogram(axes, samples, sample_rate)
        axes.set(title=title, ylabel="Hz")
    rows[-1].set_xlabel("seconds")
    figure.savefig(path, dpi=110)


def plot_spectrogram_grid(
    songs: Mapping[str, Mapping[str, Sound]], sample_rate: int, path: str | Path
) -> None:
    """Draw a row of spectrograms for each song, 80 dB deep below the row's loudest point.

    Colours are comparable within a row, so that a sound that is too soft looks darker.

    Args:
        songs: the sounds of each song by title; all songs have the same titles.
        sample_rate: the sample rate of all sounds in Hz.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    columns = list(next(iter(songs.values())))
    figure = Figure(figsize=(4.2 * len(columns), 1.9 * len(songs)), layout="constrained")
    panels = figure.subplots(len(songs), len(columns), sharex="row", sharey=True, squeeze=False)
    for row, (song, sounds) in zip(panels, songs.items(), strict=True):
        loudest = max(
            _largest_magnitude(_spectrogram(sound, sample_rate)[-1]) for sound in sounds.values()
        )
        for axes, column in zip(row, columns, strict=True):
            draw_spectrogram(axes, sounds[column], sample_rate, loudest, rows_per_octave=12)
            axes.set_title(f"{song}: {column}", fontsize=8)
            axes.tick_params(labelsize=7)
    figure.supxlabel("seconds", fontsize=8)
    figure.supylabel("Hz", fontsize=8)
    figure.savefig(path, dpi=100)


def draw_spectrogram(
    axes: Any,
    samples: Sound,
    sample_rate: int,
    loudest: float | None = None,
    rows_per_octave: int = ROWS_PER_OCTAVE,
) -> float:
    """Draw a log-frequency spectrogram, 80 dB deep, on axes of matplotlib.

    Args:
        axes: the axes to draw on.
        samples: the sound, whose channels are averaged.
        sample_rate: the sample rate in Hz.
        loudest: the magnitude at 0 dB; None: the sound's own largest magnitude.
        rows_per_octave: the largest number of rows; each shows the loudest frequency bin in it.

    Returns:
        the magnitude at 0 dB.
    """
    times, frequencies, magnitude = _spectrogram(samples, sample_rate, rows_per_octave)
    loudest = _largest_magnitude(magnitude) if loudest is None else loudest
    decibels = 20 * np.log10(magnitude / loudest + 1e-9)
    axes.pcolormesh(
        times,
        frequencies,
        decibels,
        cmap="magma",
        vmin=-80,
        vmax=0,
        shading="nearest",
        rasterized=True,
    )
    axes.set(yscale="log", ylim=(50, sample_rate / 2))
    return loudest


def _largest_magnitude(magnitude: Magnitudes) -> float:
    """Return the largest magnitude, or a tiny positive number for silence."""
    return max(float(magnitude.max()), 1e-9)


def _spectrogram(
    samples: Sound, sample_rate: int, rows_per_octave: int = ROWS_PER_OCTAVE
) -> tuple[Float[np.ndarray, " columns"], Float[np.ndarray, " rows"], Magnitudes]:
    """Return times in s (at most about 1,200), frequencies in Hz, and magnitudes."""
    mono = to_mono(samples)
    size = 4096 if sample_rate > 30_000 else 2048
    hop = max(size // 4, mono.shape[-1] // 1200)
    spectrum = torch.stft(
        torch.nn.functional.pad(mono, (0, max(0, size - mono.shape[-1]))),
        size,
        hop,
        window=torch.hann_window(size),
        pad_mode="constant",
        return_complex=True,
    )
    magnitude = spectrum.abs().numpy()
    octaves = np.log2(size / 2)
    first = np.unique((2 ** np.arange(0, octaves, 1 / rows_per_octave)).round().astype(int))
    last = np.append(first[1:], len(magnitude)) - 1
    frequencies = (first + last) / 2 * sample_rate / size
    times = np.arange(magnitude.shape[1]) * hop / sample_rate
    return times, frequencies, np.maximum.reduceat(magnitude, first, axis=0)
