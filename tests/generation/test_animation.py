from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from samuel_gen.diffusion.schedules import NoiseSchedule, cosine
from samuel_gen.errors import SamuelError
from samuel_gen.generation.animation import LAST_MS, Animation

RATE = 8000


def decode(latents: torch.Tensor) -> torch.Tensor:
    """Decode each frame to 400 samples of a tone with the first channel as its amplitude."""
    level = latents[:1].repeat_interleave(400, dim=1)
    return level * torch.sin(torch.arange(level.shape[1]) * 0.7)


def animate(num_steps: int, pictures: int = 25, frames: int = 30) -> Animation:
    animation = Animation(num_steps, frames, pictures)
    for step in range(num_steps):
        clean = torch.full((2, 3, 50), (step + 1) / num_steps)
        clean[0, :, :30] *= 0.5
        animation(step, torch.randn(2, 3, 50), clean)
    return animation


def pictures_of(path: Path) -> list[np.ndarray]:
    found = []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB"), dtype=float))
    return found


@pytest.mark.parametrize(
    ("num_steps", "pictures", "expected"), [(4, 25, 4), (800, 25, 25), (1, 25, 1)]
)
def test_pictures_are_spread_evenly_over_the_steps(
    tmp_path: Path, num_steps: int, pictures: int, expected: int
) -> None:
    decoded = []

    def record(latents: torch.Tensor) -> torch.Tensor:
        decoded.append(float(latents.mean()))
        assert latents.shape == (3, 30)
        return decode(latents)

    animate(num_steps, pictures).write(tmp_path / "a.gif", record, RATE)
    assert len(decoded) == expected
    assert decoded[-1] == pytest.approx(0.5)  # the first item, its beginning, the last step
    gaps = np.diff([value * 2 * num_steps for value in decoded])
    assert gaps.size == 0 or gaps.max() <= 1.5 * max(1, num_steps / expected) + 1
    assert len(pictures_of(tmp_path / "a.gif")) == expected


def test_the_last_picture_shows_the_final_latents(tmp_path: Path) -> None:
    final = torch.linspace(0, 1, 30).repeat(1, 3, 1)
    noise = torch.rand(2, 3, 30, generator=torch.Generator().manual_seed(0))
    pictures = []
    for cleans in ([noise[:1], noise[1:], final], [final] * 3):
        animation = Animation(3, 30)
        for step, clean in enumerate(cleans):
            animation(step, torch.zeros(1, 3, 30), clean)
        animation.write(tmp_path / "a.gif", decode, RATE)
        pictures.append(pictures_of(tmp_path / "a.gif"))
    changing, still = pictures
    np.testing.assert_array_equal(changing[-1], still[-1])
    plot = slice(25, None)  # below the title
    np.testing.assert_array_equal(still[0][plot], still[-1][plot])
    assert np.abs(changing[0][plot] - changing[-1][plot]).mean() > 5
    assert not np.array_equal(still[0][:20], still[-1][:20])  # the title


def test_the_title_counts_from_one_and_states_the_noise() -> None:
    assert Animation(16, 30).title(6) == "step 7 of 16"
    half = NoiseSchedule(torch.tensor([0.8, 0.6]).double(), torch.tensor([0.6, 0.8]).double())
    animation = Animation(2, 30, schedule=half)
    assert animation.title(0) == "step 1 of 2, noise level 0.80"
    assert animation.title(1) == "step 2 of 2, noise level 0.60"
    with pytest.raises(SamuelError, match="num_steps=9: choose 1 to 8"):
        Animation(9, 30, schedule=cosine(8))


def test_latents_may_need_gradients_and_be_bfloat16(tmp_path: Path) -> None:
    animation = Animation(1, 30)
    clean = torch.ones(1, 3, 50, dtype=torch.bfloat16, requires_grad=True)
    animation(0, clean, clean)
    decoded = []
    animation.write(tmp_path / "a.gif", lambda some: decoded.append(some) or decode(some), RATE)
    assert decoded[0].dtype == torch.float32 and not decoded[0].requires_grad


def test_any_item_of_the_batch_can_be_drawn(tmp_path: Path) -> None:
    decoded: list[float] = []
    for item in (0, 1):
        animate(1).write(
            tmp_path / "a.gif", lambda x: decoded.append(float(x.mean())) or decode(x), RATE, item
        )
    assert decoded == [0.5, 1.0]


def test_pictures_share_a_scale_loop_and_rest_on_the_last(tmp_path: Path) -> None:
    animate(5).write(tmp_path / "a.gif", decode, RATE)
    bright = [picture[40:-60, 80:-20].mean() for picture in pictures_of(tmp_path / "a.gif")]
    assert bright == sorted(bright) and bright[-1] > bright[0] + 3
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["loop"] == 0
        image.seek(image.n_frames - 1)
        assert image.info["duration"] == LAST_MS


def test_a_failed_write_leaves_no_file(tmp_path: Path, monkeypatch) -> None:
    def fail(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        animate(3).write(tmp_path / "a.gif", decode, RATE)
    assert not list(tmp_path.iterdir())


def test_a_new_chain_replaces_the_one_before(tmp_path: Path) -> None:
    animation = animate(3)
    for step in range(3):
        animation(step, torch.zeros(1, 3, 50), torch.zeros(1, 3, 50))
    decoded = []
    animation.write(
        tmp_path / "a.gif", lambda x: decoded.append(float(x.mean())) or decode(x), RATE
    )
    assert decoded == [0, 0, 0]
