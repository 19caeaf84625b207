from functools import partial

import pytest
import torch

from samuel_gen.diffusion.samplers import ddim
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist

QUICK = partial(ddim, num_steps=2)


def noise(seconds: int, rate: int) -> torch.Tensor:
    return 0.1 * torch.randn(1, seconds * rate, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("rate", "cents"), [(44100, 0.0), (48000, 40.0)])
def test_a_segment_changes_and_every_other_sample_stays(
    accompanist: Accompanist, rate: int, cents: float
) -> None:
    first = accompanist.accompany(
        noise(6, rate), rate, sampler=QUICK, tuning_cents=cents, candidates=1
    )
    redone = accompanist.redo(first, 2.0, 3.5, seed=7, sampler=QUICK)
    stays = torch.ones(6 * rate, dtype=torch.bool)
    stays[2 * rate : round(3.5 * rate)] = False
    near = round(0.02 * rate)  # the reach of the mix's limiter
    far = stays.clone()
    far[2 * rate - near : round(3.5 * rate) + near] = False
    assert torch.equal(first.accompaniment[:, stays], redone.accompaniment[:, stays])
    torch.testing.assert_close(first.mix[:, far], redone.mix[:, far], atol=1e-6, rtol=0)
    for old, new in ((first.accompaniment, redone.accompaniment), (first.mix, redone.mix)):
        inside = slice(round(2.1 * rate), round(3.4 * rate))
        assert (old - new)[:, inside].square().mean() > 0.1 * old[:, inside].square().mean()
    again, other = (accompanist.redo(first, 2.0, 3.5, seed=s, sampler=QUICK) for s in (7, 8))
    assert torch.equal(redone.accompaniment, again.accompaniment)
    assert not torch.equal(redone.accompaniment, other.accompaniment)

    twice = accompanist.redo(redone, 3.0, 5.0, seed=1, sampler=QUICK)
    stays[3 * rate : 5 * rate] = False
    assert torch.equal(twice.accompaniment[:, stays], first.accompaniment[:, stays])
    before = slice(0, 3 * rate)
    assert torch.equal(twice.accompaniment[:, before], redone.accompaniment[:, before])


def test_the_new_samples_are_those_of_the_new_latents(lossless: Accompanist) -> None:
    first = lossless.accompany(
        noise(4, 44100), 44100, sampler=QUICK, tuning_cents=0.0, candidates=1
    )
    redone = lossless.redo(first, 1.0, 2.0, seed=3, sampler=QUICK)
    decoded = redone.gain * lossless.stages.decode(redone.latents, 4 * 44100, 44100)
    inside = slice(round(1.1 * 44100), round(1.9 * 44100))
    torch.testing.assert_close(
        redone.accompaniment[:, inside], decoded[:, inside], atol=1e-5, rtol=1e-4
    )


def test_a_segment_outside_the_sound_is_refused(accompanist: Accompanist) -> None:
    first = accompanist.accompany(noise(6, 44100), 44100, sampler=QUICK, candidates=1)
    with pytest.raises(SamuelError, match="redo 5.8-7"):
        accompanist.redo(first, 5.8, 7.0, seed=1)
