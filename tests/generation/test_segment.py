import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.generation.segment import Segment


def segment(start: float, stop: float, seconds: float = 100.0) -> Segment:
    """A segment of a sound at 1,000 Hz with 20 frames in a second."""
    return Segment(start, stop, round(1000 * seconds), 1000, round(20 * seconds), 20.0)


def test_the_frames_cover_the_samples() -> None:
    found = segment(10.01, 12.02)
    assert (found.frames.start, found.frames.stop) == (200, 241)
    assert (found.samples.start, found.samples.stop) == (10_010, 12_020)


def test_a_segment_lies_in_the_middle_of_its_window() -> None:
    window = segment(40, 45).window(400, 50)
    assert (window.start, window.stop) == (650, 1050)
    assert window.start < segment(40, 45).frames.start
    long = segment(10, 90).window(400, 50)
    assert (long.start, long.stop) == (150, 1850)
    first = segment(0, 2).window(400, 50)
    assert first.start == 0 and first.stop == 40 + 180


def test_old_latents_fade_out_towards_the_middle() -> None:
    kept, inside = segment(40, 45).kept_share, segment(40, 45).frames
    assert (kept[: inside.start] == 1).all() and (kept[inside.stop :] == 1).all()
    new = kept[inside]
    assert (new < 1).all() and (new[5:-5] == 0).all()
    assert torch.allclose(new, new.flip(0)) and (new[:5].diff() <= 0).all()


def test_nothing_is_kept_beyond_the_ends_of_the_sound() -> None:
    assert (segment(0, 3).kept_share[:50] == 0).all() and segment(0, 3).kept_share[59] > 0
    assert (segment(97, 100).kept_share[-50:] == 0).all()
    assert (segment(0, 100).kept_share == 0).all()


def test_the_samples_are_found_again_in_the_decoded_sound() -> None:
    for found in (segment(0, 3), segment(40.03, 45.5), segment(97, 100)):
        start = found.decoded_frames.start * 50  # samples in a frame
        assert found.samples_in_decoded.start + start == found.samples.start
        assert found.samples_in_decoded.stop <= found.decoded_samples
        assert found.decoded_samples == min(100_000, found.decoded_frames.stop * 50) - start


@pytest.mark.parametrize(("start", "stop"), [(3, 3.4), (5, 4), (99.5, 100.2), (200, 300)])
def test_a_segment_outside_the_sound_is_refused(start: float, stop: float) -> None:
    with pytest.raises(SamuelError, match=r"at least 0\.5 s and lies between 0 and 100\.00 s"):
        segment(start, stop)
