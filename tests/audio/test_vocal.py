import pytest
import torch

from samuel_gen.audio.vocal import check_vocal
from samuel_gen.errors import SamuelError

RATE = 16_000


def noise(seconds: float, level: float = 0.1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return level * torch.randn(1, round(seconds * RATE), generator=generator)


def test_a_voice_of_one_second_is_enough():
    check_vocal(noise(1.0), RATE, "take.wav")


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (noise(0.99), "0.99 s of audio; expected at least 1 s"),
        (noise(0.0), "0.00 s of audio"),
        (noise(2.0) * 0, "silent"),
        (noise(2.0, 1e-5), "silent"),
        (noise(2.0) * torch.nan, "NaN or infinite"),
    ],
)
def test_bad_vocals(samples, message):
    with pytest.raises(SamuelError, match=f"^take.wav.*{message}"):
        check_vocal(samples, RATE, "take.wav")
