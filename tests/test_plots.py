import math
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image

from samuel_gen.plots import contact_sheet, draw_spectrogram

RATE = 22_050


def tone(hertz: float, amplitude: float = 0.5) -> torch.Tensor:
    return amplitude * torch.sin(2 * math.pi * hertz * torch.arange(2 * RATE) / RATE)[None]


def drawn(sound: torch.Tensor, loudest: float | None = None):
    """Levels by frequency and time, the frequencies, and what 0 dB is."""
    axes = Figure().subplots()
    scale = draw_spectrogram(axes, sound, RATE, loudest)
    (mesh,) = axes.collections
    level = np.asarray(mesh.get_array()).reshape(mesh.get_coordinates().shape[0] - 1, -1)
    frequencies = mesh.get_coordinates()[:, 0, 1]
    return level, (frequencies[1:] + frequencies[:-1]) / 2, scale, mesh.get_clim()


def test_a_tone_is_a_line_at_its_frequency_and_the_loudest_point_is_0_db() -> None:
    level, frequencies, _, limits = drawn(tone(1000))
    middle = level[:, level.shape[1] // 2]
    assert abs(frequencies[middle.argmax()] - 1000) < RATE / 2048
    assert abs(level.max()) < 1e-6 and limits == (-80, 0)


def test_a_scale_can_be_shared() -> None:
    _, _, scale, _ = drawn(tone(1000))
    soft, _, same, _ = drawn(tone(1000, 0.05), scale)
    assert same == scale and abs(soft.max() + 20) < 0.01


def test_silence_is_dark() -> None:
    level, *_ = drawn(0 * tone(1000))
    assert level.max() < -80


def test_a_contact_sheet_has_a_row_for_each_song(tmp_path: Path) -> None:
    songs = {
        name: {"voice": tone(300), "generated": 0 * tone(1), "true": tone(3000)}
        for name in ("one", "two")
    }
    contact_sheet(songs, RATE, tmp_path / "sheet.png")
    contact_sheet({"one": songs["one"]}, RATE, tmp_path / "row.png")
    sizes = [Image.open(tmp_path / name).size for name in ("sheet.png", "row.png")]
    assert sizes[0][0] == sizes[1][0] and sizes[0][1] == 2 * sizes[1][1]
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("L"), dtype=float)
    height, width = sheet.shape
    upper = [sheet[30 : height // 2 - 30, place : place + 150] for place in (90, width // 2 - 70)]
    assert upper[0].max() > upper[1].max() + 50  # a tone shines, silence does not
