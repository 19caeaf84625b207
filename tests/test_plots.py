import math
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from samuel_gen.plots import draw_spectrogram, plot_curves, plot_spectrogram_grid, plot_spectrograms

RATE = 22_050


def tone(hertz: float, amplitude: float = 0.5) -> torch.Tensor:
    return amplitude * torch.sin(2 * math.pi * hertz * torch.arange(2 * RATE) / RATE)[None]


def draw_mesh(sound: torch.Tensor, loudest: float | None = None):
    """Return the drawn mesh and the magnitude at 0 dB."""
    axes = Figure().subplots()
    scale = draw_spectrogram(axes, sound, RATE, loudest)
    (mesh,) = axes.collections
    return mesh, scale


def read_picture(sound: torch.Tensor, loudest: float | None = None):
    """Return levels by frequency and time, frequencies, the magnitude at 0 dB, and the range."""
    mesh, scale = draw_mesh(sound, loudest)
    level = np.asarray(mesh.get_array()).reshape(mesh.get_coordinates().shape[0] - 1, -1)
    frequencies = mesh.get_coordinates()[:, 0, 1]
    return level, (frequencies[1:] + frequencies[:-1]) / 2, scale, mesh.get_clim()


@pytest.mark.parametrize("hertz", [100, 1000, 5000])
def test_tone_is_a_line_at_its_frequency_of_0_db(hertz: float) -> None:
    level, frequencies, _, limits = read_picture(tone(hertz))
    middle = level[:, level.shape[1] // 2]
    quarter_tone = hertz * (2 ** (1 / 24) - 1)
    assert abs(frequencies[middle.argmax()] - hertz) < max(RATE / 2048, quarter_tone)
    assert abs(level.max()) < 1e-6 and limits == (-80, 0)
    assert (np.abs(np.log2(frequencies[middle > -40] / hertz)) < 0.6).all()


def test_click_is_drawn_at_its_time() -> None:
    click = torch.zeros(1, 2 * RATE)
    click[0, round(1.5 * RATE)] = 1
    level, *_ = read_picture(click)
    edges = draw_mesh(click)[0].get_coordinates()[0, :, 0]
    column = level.mean(0).argmax()
    assert edges[column] - 512 / RATE < 1.5 < edges[column + 1] + 512 / RATE


def test_channels_are_averaged() -> None:
    _, _, one, _ = read_picture(tone(1000))
    _, _, half, _ = read_picture(torch.cat([0 * tone(1), tone(1000)]))
    assert abs(half / one - 0.5) < 1e-4


def test_row_shows_its_loudest_bin() -> None:
    """A tone is equally loud where a row has many bins (high) and where it has one (low)."""
    for hertz in (323.0, 8000.0):
        bin_centre = round(hertz * 2048 / RATE) * RATE / 2048
        _, _, scale, _ = read_picture(tone(bin_centre))
        assert abs(scale - 0.5 * 1024 / 2) < 1  # amplitude times half of the Hann window's sum


def test_scale_can_be_shared() -> None:
    _, _, scale, _ = read_picture(tone(1000))
    soft, _, same, _ = read_picture(tone(1000, 0.05), scale)
    assert same == scale and abs(soft.max() + 20) < 0.01


def test_silence_is_dark() -> None:
    level, *_ = read_picture(0 * tone(1000))
    assert level.max() < -80


@pytest.mark.parametrize("samples", [1, 100, 4097])
def test_short_sounds_can_be_drawn(samples: int) -> None:
    level, *_ = read_picture(tone(1000)[:, :samples])
    assert np.isfinite(level).all()


def test_every_tone_is_visible() -> None:
    for number in range(24):
        figure = Figure(figsize=(7, 3.2), dpi=80, layout="constrained")
        canvas, axes = FigureCanvasAgg(figure), figure.subplots()
        draw_spectrogram(axes, tone(2000 * 2 ** (number / 24)), RATE)
        canvas.draw()
        box = axes.get_window_extent()
        picture = np.asarray(canvas.buffer_rgba())[:, :, 0]
        assert picture[20:-50, round((box.x0 + box.x1) / 2)].max() > 240


def test_spectrograms_are_stacked(tmp_path: Path) -> None:
    for count in (1, 3):
        sounds = {str(number): tone(300) for number in range(count)}
        plot_spectrograms(sounds, RATE, tmp_path / f"{count}.png")
    one, three = (Image.open(tmp_path / f"{count}.png").size for count in (1, 3))
    assert three == (one[0], 3 * one[1])


def panel_brightness(path: Path, rows: int) -> np.ndarray:
    """The largest brightness in each panel of three columns, 0 to 255."""
    picture = np.asarray(Image.open(path).convert("L"), dtype=float)
    height, width = picture.shape
    tops = [round(height / rows * (row + 0.18)) for row in range(rows)]
    lefts = [round(width * (column + 0.4) / 3) for column in range(3)]
    size = round(height / rows * 0.5)
    return np.array([[picture[y : y + size, x : x + 40].max() for x in lefts] for y in tops])


def test_grid_has_a_row_for_each_song_on_one_scale(tmp_path: Path) -> None:
    songs = {
        "one": {"vocal": tone(1000), "generated": 0 * tone(1), "true": tone(1000, 0.005)},
        "two": {"vocal": tone(1480, 0.005), "generated": tone(1480, 5e-4), "true": 0 * tone(1)},
    }
    plot_spectrogram_grid(songs, RATE, tmp_path / "grid.png")
    plot_spectrogram_grid({"one": songs["one"]}, RATE, tmp_path / "row.png")
    sizes = [Image.open(tmp_path / name).size for name in ("grid.png", "row.png")]
    assert sizes[0][0] == sizes[1][0] and sizes[0][1] == 2 * sizes[1][1]
    first, second = panel_brightness(tmp_path / "grid.png", 2)
    assert first[0] == second[0] > 200  # the loudest panels of both rows are equally bright
    assert first[1] == second[2] < 5  # silence is dark
    assert 5 < first[2] < second[1] < first[0]  # by 40 dB, by 20 dB


def test_empty_lines_are_left_out(tmp_path: Path) -> None:
    train, val = [(0.0, 1.0), (1.0, 0.5)], [(0.0, 2.0)]
    lines = ({"train": train, "val": []}, {"train": train}, {"train": train, "val": val})
    pictures = []
    for number, given in enumerate(lines):
        plot_curves(given, ylabel="loss", path=tmp_path / f"{number}.png")
        pictures.append(np.asarray(Image.open(tmp_path / f"{number}.png")))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])
