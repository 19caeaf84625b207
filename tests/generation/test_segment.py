import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.generation.segment import Stretch


def stretch(start: float, stop: float, seconds: float = 100.0) -> Stretch:
    """Of a sound at 1,000 Hz with 20 frames in a second."""
    return Stretch(start, stop, round(1000 * seconds), 1000, round(20 * seconds), 20.0)


def test_its_frames_hold_its_samples() -> None:
    found = stretch(10.01, 12.02)
    assert (found.inside.start, found.inside.stop) == (200, 241)
    assert (found.place.start, found.place.stop) == (10_010, 12_020)


def test_it_is_heard_in_the_middle_of_a_window_and_never_alone() -> None:
    window = stretch(40, 45).window(400, 50)
    assert (window.start, window.stop) == (650, 1050)
    assert window.start < stretch(40, 45).inside.start
    long = stretch(10, 90).window(400, 50)
    assert (long.start, long.stop) == (150, 1850)
    first = stretch(0, 2).window(400, 50)
    assert first.start == 0 and first.stop == 40 + 180


def test_what_stays_is_known_wholly_and_what_is_new_grows_out_of_it() -> None:
    known, inside = stretch(40, 45).known, stretch(40, 45).inside
    assert (known[: inside.start] == 1).all() and (known[inside.stop :] == 1).all()
    new = known[inside]
    assert (new < 1).all() and (new[5:-5] == 0).all()
    assert torch.allclose(new, new.flip(0)) and (new[:5].diff() <= 0).all()


def test_nothing_is_known_where_there_is_nothing() -> None:
    assert (stretch(0, 3).known[:50] == 0).all() and stretch(0, 3).known[59] > 0
    assert (stretch(97, 100).known[-50:] == 0).all()
    assert (stretch(0, 100).known == 0).all()


def test_its_samples_are_found_again_in_what_is_decoded() -> None:
    for found in (stretch(0, 3), stretch(40.03, 45.5), stretch(97, 100)):
        start = found.decoded.start * 50  # samples in a frame
        assert found.place_in_decoded.start + start == found.place.start
        assert found.place_in_decoded.stop <= found.decoded_samples
        assert found.decoded_samples == min(100_000, found.decoded.stop * 50) - start


@pytest.mark.parametrize(("start", "stop"), [(3, 3.4), (5, 4), (99.5, 100.2), (200, 300)])
def test_what_is_no_stretch_of_it_is_refused(start: float, stop: float) -> None:
    with pytest.raises(SamuelError, match=r"expected 0\.5 s or more between 0 and 100\.00 s"):
        stretch(start, stop)
