import pytest
import torch

from samuel_gen.diffusion.denoiser import Vocal


def test_views_are_given_until_they_are_withheld(make_vocal):
    vocal = make_vocal(batch=4, frames=16)
    withheld = vocal.withhold_views()
    assert vocal.latents_given.all() and vocal.melody_given.all()
    assert not withheld.latents_given.any() and not withheld.melody_given.any()
    assert vocal.latents_given.all(), "the original is left as it is"


def test_selections_equal_indexing(make_vocal):
    vocal = make_vocal(batch=4, frames=16)
    part = vocal.select_frames(3, 9).select(torch.tensor([2, 0]))
    torch.testing.assert_close(part.latents, vocal.latents[[2, 0], :, 3:9])
    torch.testing.assert_close(part.melody, vocal.melody[[2, 0], :, 3:9])
    assert part.latents_given.shape == part.melody_given.shape == (2,)


def test_concat_keeps_order_and_flags(make_vocal):
    vocal = make_vocal(batch=3, frames=8)
    both = Vocal.concat([vocal, vocal.withhold_views()])
    assert both.latents_given.tolist() == both.melody_given.tolist() == [True] * 3 + [False] * 3
    torch.testing.assert_close(both.select(slice(3, 6)).latents, vocal.latents)
    torch.testing.assert_close(both.select(slice(0, 3)).melody, vocal.melody)


def test_to_moves_every_field(make_vocal):
    moved = make_vocal(batch=1, frames=4).to("meta")
    fields = (moved.latents, moved.melody, moved.latents_given, moved.melody_given)
    assert all(field.device.type == "meta" for field in fields)


def test_a_melody_of_other_length_is_refused():
    with pytest.raises(Exception, match="melody"):
        Vocal.of(torch.zeros(1, 3, 16), torch.zeros(1, 2, 15))
