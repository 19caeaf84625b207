import math

import pytest

from samuel_gen.audio.validation import check_recording
from samuel_gen.errors import SamuelError


def test_one_second_that_is_not_silent_is_enough():
    check_recording(1.0, -69.0, "vocal.wav")


@pytest.mark.parametrize(
    ("seconds", "loudness", "message"),
    [
        (0.99, -20.0, "0.99 s of audio; record at least 1 s"),
        (0.0, -math.inf, "0.00 s of audio"),
        (2.0, -math.inf, "silent"),
    ],
)
def test_short_and_silent_recordings_are_refused(seconds, loudness, message):
    with pytest.raises(SamuelError, match=f"^vocal.wav: .*{message}"):
        check_recording(seconds, loudness, "vocal.wav")
