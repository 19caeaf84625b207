import pytest
import torch

from samuel_gen.diffusion.denoiser import VIEWS, Vocal
from samuel_gen.lead_sheet.frames import BEAT_FEATURES, CHORD_FEATURES


def make_vocal(batch: int, frames: int) -> Vocal:
    """Make a batch with every view given, of numbers that are all different."""
    shapes = {
        "latents": (batch, 4, frames),
        "melody": (batch, 3, frames),
        "chords": (batch, CHORD_FEATURES, frames),
        "beats": (batch, BEAT_FEATURES, frames),
    }
    views = {view: torch.rand(shape) for view, shape in shapes.items()}
    given = {f"{view}_given": torch.ones(batch, dtype=torch.bool) for view in VIEWS}
    return Vocal(**views, style=torch.arange(batch), **given)


def are_given(vocal: Vocal, view: str) -> torch.Tensor:
    return getattr(vocal, f"{view}_given")


def test_a_sheet_that_is_left_out_is_withheld():
    vocal = Vocal.of(torch.ones(2, 4, 8), torch.ones(2, 3, 8))
    assert vocal.latents_given.all() and vocal.melody_given.all()
    assert vocal.chords.shape == (2, CHORD_FEATURES, 8) and vocal.beats.shape[2] == 8
    assert not any(are_given(vocal, view).any() for view in ("chords", "beats", "style"))


@pytest.mark.parametrize("views", [VIEWS, ("chords",), ("latents", "style")])
def test_views_are_given_until_they_are_withheld(views):
    vocal = make_vocal(batch=4, frames=16)
    withheld = vocal.withhold_views(views)
    for view in VIEWS:
        assert are_given(withheld, view).any() == (view not in views)
        assert are_given(vocal, view).all(), "the original is left as it is"


def test_selections_equal_indexing():
    vocal = make_vocal(batch=4, frames=16)
    part = vocal.select_frames(3, 9).select(torch.tensor([2, 0]))
    for view in ("latents", "melody", "chords", "beats"):
        torch.testing.assert_close(getattr(part, view), getattr(vocal, view)[[2, 0], :, 3:9])
    assert part.style.tolist() == [2, 0]
    assert all(are_given(part, view).shape == (2,) for view in VIEWS)


def test_padding_adds_frames_of_zeros():
    vocal = make_vocal(batch=2, frames=5)
    padded = vocal.pad_frames(3)
    torch.testing.assert_close(padded.select_frames(0, 5).beats, vocal.beats)
    assert padded.chords.shape[2] == 8 and not padded.chords[..., 5:].any()
    assert torch.equal(padded.style, vocal.style)


def test_concat_keeps_order_and_flags():
    vocal = make_vocal(batch=3, frames=8)
    both = Vocal.concat([vocal, vocal.withhold_views()])
    for view in VIEWS:
        assert are_given(both, view).tolist() == [True] * 3 + [False] * 3
        torch.testing.assert_close(getattr(both.select(slice(3, 6)), view), getattr(vocal, view))


def test_to_moves_every_field():
    moved = make_vocal(batch=1, frames=4).to("meta")
    assert all(field.device.type == "meta" for field in vars(moved).values())


def test_a_melody_of_other_length_is_refused():
    with pytest.raises(Exception, match="melody"):
        Vocal.of(torch.zeros(1, 3, 16), torch.zeros(1, 2, 15))
