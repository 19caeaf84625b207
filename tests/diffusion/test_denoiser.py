import pytest
import torch

from samuel_gen.diffusion.denoiser import Vocal


def test_everything_is_given_until_it_is_withheld(make_vocal):
    vocal = make_vocal(batch=4, frames=16)
    withheld = vocal.withheld()
    assert vocal.latents_given.all() and vocal.melody_given.all()
    assert not withheld.latents_given.any() and not withheld.melody_given.any()
    assert vocal.latents_given.all(), "withholding makes a new vocal and leaves the old one alone"


def test_frames_and_select_pick_what_indexing_picks(make_vocal):
    vocal = make_vocal(batch=4, frames=16)
    part = vocal.frames(3, 9).select(torch.tensor([2, 0]))
    torch.testing.assert_close(part.latents, vocal.latents[[2, 0], :, 3:9])
    torch.testing.assert_close(part.melody, vocal.melody[[2, 0], :, 3:9])
    assert part.latents_given.shape == part.melody_given.shape == (2,)


def test_concat_puts_items_in_order_with_their_own_flags(make_vocal):
    vocal = make_vocal(batch=3, frames=8)
    both = Vocal.concat([vocal, vocal.withheld()])
    assert both.latents_given.tolist() == both.melody_given.tolist() == [True] * 3 + [False] * 3
    torch.testing.assert_close(both.select(slice(3, 6)).latents, vocal.latents)
    torch.testing.assert_close(both.select(slice(0, 3)).melody, vocal.melody)


def test_to_moves_every_field(make_vocal):
    moved = make_vocal(batch=1, frames=4).to("meta")
    fields = (moved.latents, moved.melody, moved.latents_given, moved.melody_given)
    assert all(field.device.type == "meta" for field in fields)


def test_a_melody_on_other_frames_is_refused():
    with pytest.raises(Exception, match="melody"):
        Vocal.of(torch.zeros(1, 3, 16), torch.zeros(1, 2, 15))
