"""Devices without float64, bfloat16 where it is fast, and the cache of contexts."""

import weakref
from contextlib import nullcontext
from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.inpainting import Inpainted
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.diffusion.windows import Windowed
from samuel_gen.errors import SamuelError
from samuel_gen.generation import devices
from samuel_gen.generation.devices import find_device, prepare_network
from samuel_gen.generation.stages import Stages


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
def test_no_float64_ever_reaches_the_device(sampler, tiny_model, vocal, monkeypatch) -> None:
    """Checked on the device "meta", which knows types only: nothing can be read back from it."""
    stages = Stages(tiny_model, device="meta")
    guidance = partial(Guided, scale=2.0, rescale=0.5)
    given = torch.zeros(1, 64, 40, device="meta")
    inpainting = partial(Inpainted, clean=given, share=torch.ones(40, device="meta"))
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # "meta" knows none
    with NoFloat64() as watch:
        latents = stages.sample(
            vocal,
            seed=[1, 2, 3],
            sampler=partial(sampler, num_steps=4),
            guidance=guidance,
            inpainting=inpainting,
        )
    assert watch.seen > 100
    assert (latents.shape, latents.dtype, latents.device.type) == (
        (3, 64, 40),
        torch.float32,
        "meta",
    )


def test_a_float64_on_the_device_is_noticed() -> None:
    with pytest.raises(AssertionError), NoFloat64():
        torch.zeros(2, device="meta").double()


def test_a_seed_gives_the_same_noise_on_every_device(tiny_model, vocal, monkeypatch) -> None:
    """The noise is drawn on the CPU before it is moved."""
    drawn = []
    whole = torch.randn

    def draw(*shape, **options):
        drawn.append(whole(*shape, **options))
        return drawn[-1]

    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    for device in ("cpu", "meta"):
        with monkeypatch.context() as patch:
            patch.setattr(torch, "randn", draw)
            Stages(tiny_model, device=device).sample(
                vocal,
                seed=[4, 5, 6],
                sampler=partial(ddim, num_steps=1),
                guidance=partial(Guided, scale=2.0),  # an interval would be read back
            )
    half = len(drawn) // 2
    assert half and all(noise.device.type == "cpu" for noise in drawn)
    assert all(torch.equal(a, b) for a, b in zip(drawn[:half], drawn[half:], strict=True))


def test_auto_is_the_best_device_of_the_machine() -> None:
    best = "cuda" if torch.cuda.is_available() else "cpu"
    if not torch.backends.mps.is_available():
        assert find_device("auto").type == best
    assert find_device("cpu").type == "cpu"
    with pytest.raises(SamuelError, match="device=teapot: not on this machine"):
        find_device("teapot")


CPU = torch.device("cpu")


def evaluate(denoiser, vocal: Vocal) -> torch.Tensor:
    noise = torch.randn(1, 64, 24, generator=torch.Generator().manual_seed(3))
    return torch.cat([denoiser(noise, torch.tensor([t]), vocal) for t in (799, 400, 10)])


@torch.inference_mode()
def test_bfloat16_differs_by_less_than_two_percent(tiny_network, vocal, in_precision) -> None:
    one = vocal.select(slice(0, 1)).select_frames(0, 24)
    exact = evaluate(tiny_network, one)
    in_precision(False)
    torch.testing.assert_close(evaluate(prepare_network(tiny_network, CPU), one), exact)
    in_precision(True)
    rough = evaluate(prepare_network(tiny_network, CPU), one)
    assert rough.dtype == torch.float32 and not torch.equal(rough, exact)
    assert (rough - exact).std() < 0.02 * exact.std()
    assert next(tiny_network.parameters()).dtype == torch.float32, "the network stays as it is"


@torch.inference_mode()
@pytest.mark.parametrize("frames, calls", [(24, 1), (60, 2)])
def test_each_vocal_is_encoded_once(tiny_network, in_precision, monkeypatch, frames, calls) -> None:
    """Guided or not, in one window or in several; another vocal is encoded again."""
    in_precision(False)
    plain = Guided(Windowed(tiny_network, 24, 6), cosine(), scale=2.0)
    vocals = [Vocal.of(torch.randn(1, 64, frames), torch.rand(1, 14, frames)) for _ in range(2)]
    noisy, steps = torch.randn(1, 64, frames), [torch.tensor([at]) for at in (700, 300, 20)]
    expected = [plain(noisy, step, one) for one in vocals for step in steps]

    calls_made, encode = [], tiny_network.encode_context
    monkeypatch.setattr(
        tiny_network, "encode_context", lambda vocal: calls_made.append(1) or encode(vocal)
    )
    denoiser = Guided(
        Windowed(prepare_network(tiny_network, CPU), 24, 6, max_batch=4), cosine(), scale=2.0
    )
    answers = [denoiser(noisy, step, one) for one in vocals for step in steps]
    torch.testing.assert_close(answers, expected)
    assert len(calls_made) == 2 * calls


@torch.inference_mode()
def test_the_cache_of_contexts_is_bounded_and_ends_with_its_vocal(
    tiny_network, in_precision, monkeypatch
) -> None:
    in_precision(False)
    monkeypatch.setattr(devices, "CACHED_FRAMES", 50)
    denoiser, calls_made = prepare_network(tiny_network, CPU), []
    encode = tiny_network.encode_context
    monkeypatch.setattr(
        tiny_network, "encode_context", lambda vocal: calls_made.append(1) or encode(vocal)
    )
    vocals = [Vocal.of(torch.randn(1, 64, 24), torch.rand(1, 14, 24)) for _ in range(3)]
    noisy, timestep = torch.randn(1, 64, 24), torch.tensor([5])
    for _ in range(3):
        for one in vocals:
            denoiser(noisy, timestep, one)
    assert len(calls_made) == 2 + 3, "two contexts are kept, the third one is computed each time"
    kept = weakref.ref(vocals.pop(0))
    assert kept() is None


@torch.inference_mode()
def test_a_network_needs_only_a_forward(vocal, in_precision) -> None:
    class Rival(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = torch.nn.Parameter(torch.tensor(0.5))

        def forward(self, noisy, timestep, vocal):
            return self.gain * noisy + vocal.latents

    in_precision(True)
    one = vocal.select(slice(0, 1)).select_frames(0, 24)
    denoiser, noisy = prepare_network(Rival(), CPU), torch.ones(1, 64, 24)
    answer = denoiser(noisy, torch.tensor([5]), one)
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer, 0.5 + one.latents, rtol=0.01, atol=0.01)
