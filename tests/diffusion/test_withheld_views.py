"""Views that are withheld from a denoiser, whatever it is called with."""

import torch

from samuel_gen.diffusion.denoiser import VIEWS, Vocal
from samuel_gen.diffusion.withheld_views import ViewsWithheld


def make_vocal() -> Vocal:
    return Vocal.of(torch.ones(2, 3, 8), torch.ones(2, 14, 8))


def test_only_the_named_views_are_withheld() -> None:
    seen: list[Vocal] = []

    def denoiser(noisy, timestep, vocal):
        seen.append(vocal)
        return noisy

    vocal, noisy = make_vocal(), torch.zeros(2, 3, 8)
    reduced = ViewsWithheld(denoiser, ["latents", "beats"])
    assert reduced(noisy, torch.zeros(2, dtype=torch.long), vocal) is noisy
    expected = vocal.withhold_views(["latents", "beats"])
    for view in VIEWS:
        name = f"{view}_given"
        assert torch.equal(getattr(seen[0], name), getattr(expected, name)), view
    assert not seen[0].latents_given.any() and seen[0].melody_given.all()


def test_one_vocal_becomes_one_reduced_vocal() -> None:
    """Networks keep what they compute from a vocal for as long as the object lives."""
    seen: list[Vocal] = []

    def denoiser(noisy, timestep, vocal):
        seen.append(vocal)
        return noisy

    reduced = ViewsWithheld(denoiser, ["melody"])
    vocals = [make_vocal(), make_vocal()]
    for vocal in vocals * 2:
        reduced(torch.zeros(2, 3, 8), torch.zeros(2, dtype=torch.long), vocal)
    assert seen[0] is seen[2] and seen[1] is seen[3] and seen[0] is not seen[1]
