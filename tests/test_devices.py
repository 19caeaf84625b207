"""What a network may ask of a device that has no float64, and where it computes in less."""

from contextlib import nullcontext
from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from samuel_gen.devices import device_named, precise
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.inpainting import Known
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError
from samuel_gen.generation import Accompanist


class NoFloat64(TorchDispatchMode):
    """Fails where anything but the CPU holds a float64, as Apple's GPUs do."""

    seen = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            if isinstance(leaf, torch.Tensor) and leaf.device.type != "cpu":
                self.seen += 1
                assert leaf.dtype != torch.float64, function
        return found


@pytest.mark.parametrize("sampler", [unipc, ddim, dpm_solver_2m, ancestral])
def test_no_float64_ever_reaches_the_device(
    sampler, tiny_network, framed_codec, plain_normaliser, vocal, monkeypatch
) -> None:
    """On a device that only checks types: it computes nothing, and cannot be read back from."""
    parts = (tiny_network, cosine(), Objective(), framed_codec, plain_normaliser, plain_normaliser)
    accompanist = Accompanist(*parts, device="meta")
    guidance = partial(Guided, scale=2.0, rescale=0.5)
    given = torch.zeros(1, 64, 40, device="meta")
    known = partial(Known, clean=given, share=torch.ones(40, device="meta"))
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # "meta" knows none
    with NoFloat64() as watch:
        latents = accompanist.sample(
            vocal,
            seed=[1, 2, 3],
            sampler=partial(sampler, num_steps=4),
            guidance=guidance,
            known=known,
        )
    assert watch.seen > 100
    assert (latents.shape, latents.dtype, latents.device.type) == (
        (3, 64, 40),
        torch.float32,
        "meta",
    )


def test_the_watch_sees_a_float64() -> None:
    with pytest.raises(AssertionError), NoFloat64():
        torch.zeros(2, device="meta").double()


def test_the_same_seed_is_the_same_noise_wherever_it_goes(
    tiny_network, framed_codec, plain_normaliser, vocal, monkeypatch
) -> None:
    """It is drawn on the CPU: before anything is moved it is there, digit for digit."""
    drawn = []
    parts = (tiny_network, cosine(), Objective(), framed_codec, plain_normaliser, plain_normaliser)
    whole = torch.randn

    def draw(*shape, **options):
        drawn.append(whole(*shape, **options))
        return drawn[-1]

    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    for device in ("cpu", "meta"):
        with monkeypatch.context() as patch:
            patch.setattr(torch, "randn", draw)
            Accompanist(*parts, device=device).sample(
                vocal, seed=[4, 5, 6], sampler=partial(ddim, num_steps=1)
            )
    half = len(drawn) // 2
    assert half and all(noise.device.type == "cpu" for noise in drawn)
    assert all(torch.equal(a, b) for a, b in zip(drawn[:half], drawn[half:], strict=True))


def test_auto_is_what_there_is() -> None:
    best = "cuda" if torch.cuda.is_available() else "cpu"
    if not torch.backends.mps.is_available():
        assert device_named("auto").type == best
    assert device_named("cpu").type == "cpu"
    with pytest.raises(SamuelError, match="device=teapot: not on this machine"):
        device_named("teapot")


def test_the_network_is_itself_where_bfloat16_does_not_pay(tiny_network) -> None:
    assert precise(tiny_network, torch.device("cpu")) is tiny_network
