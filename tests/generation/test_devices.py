"""What a network may ask of a device that has no float64, and where it computes in less."""

import weakref
from contextlib import nullcontext
from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.inpainting import Known
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.diffusion.windows import Windowed
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist, devices
from samuel_gen.generation.devices import device_named, multiplies_bfloat16, ready


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
                vocal,
                seed=[4, 5, 6],
                sampler=partial(ddim, num_steps=1),
                guidance=partial(Guided, scale=2.0),  # an interval would be read back
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


CPU = torch.device("cpu")


@pytest.fixture
def in_precision(monkeypatch):
    """Stands in for a CPU with those products, or without."""
    return lambda bfloat16: monkeypatch.setattr(
        torch.cpu, "get_capabilities", lambda: {"avx512_bf16": bfloat16}
    )


def evaluations(denoiser, voice: Vocal) -> torch.Tensor:
    noise = torch.randn(1, 64, 24, generator=torch.Generator().manual_seed(3))
    return torch.cat([denoiser(noise, torch.tensor([t]), voice) for t in (799, 400, 10)])


@torch.inference_mode()
def test_bfloat16_is_the_same_answer_to_a_hundredth(tiny_network, vocal, in_precision) -> None:
    voice = vocal.select(slice(0, 1)).frames(0, 24)
    exact = evaluations(tiny_network, voice)
    in_precision(False)
    torch.testing.assert_close(evaluations(ready(tiny_network, CPU), voice), exact)
    in_precision(True)
    rough = evaluations(ready(tiny_network, CPU), voice)
    assert rough.dtype == torch.float32 and not torch.equal(rough, exact)
    assert (rough - exact).std() < 0.02 * exact.std()
    assert next(tiny_network.parameters()).dtype == torch.float32, "the network stays as it is"


@torch.inference_mode()
@pytest.mark.parametrize("frames, calls", [(24, 1), (60, 2)])
def test_a_voice_is_listened_to_once(
    tiny_network, in_precision, monkeypatch, frames, calls
) -> None:
    """Guided or not, in one window or in several; another voice is heard anew."""
    in_precision(False)
    plain = Guided(Windowed(tiny_network, 24, 6), cosine(), scale=2.0)
    voices = [Vocal.of(torch.randn(1, 64, frames), torch.rand(1, 14, frames)) for _ in range(2)]
    noisy, steps = torch.randn(1, 64, frames), [torch.tensor([at]) for at in (700, 300, 20)]
    expected = [plain(noisy, step, voice) for voice in voices for step in steps]

    heard, listen = [], tiny_network.listen
    monkeypatch.setattr(tiny_network, "listen", lambda voice: heard.append(1) or listen(voice))
    denoiser = Guided(Windowed(ready(tiny_network, CPU), 24, 6, max_batch=4), cosine(), scale=2.0)
    answers = [denoiser(noisy, step, voice) for voice in voices for step in steps]
    torch.testing.assert_close(answers, expected)
    assert len(heard) == 2 * calls


@torch.inference_mode()
def test_no_more_is_remembered_than_there_is_room_for_and_nothing_without_its_voice(
    tiny_network, in_precision, monkeypatch
) -> None:
    in_precision(False)
    monkeypatch.setattr(devices, "LISTENED_FRAMES", 50)
    denoiser, heard, listen = ready(tiny_network, CPU), [], tiny_network.listen
    monkeypatch.setattr(tiny_network, "listen", lambda voice: heard.append(1) or listen(voice))
    voices = [Vocal.of(torch.randn(1, 64, 24), torch.rand(1, 14, 24)) for _ in range(3)]
    noisy, timestep = torch.randn(1, 64, 24), torch.tensor([5])
    for _ in range(3):
        for voice in voices:
            denoiser(noisy, timestep, voice)
    assert len(heard) == 2 + 3, "two voices are remembered, the third one is heard again"
    kept = weakref.ref(voices.pop(0))
    assert kept() is None


@torch.inference_mode()
def test_a_rival_network_needs_no_more_than_a_forward(vocal, in_precision) -> None:
    class Rival(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = torch.nn.Parameter(torch.tensor(0.5))

        def forward(self, noisy, timestep, voice):
            return self.gain * noisy + voice.latents

    in_precision(True)
    voice = vocal.select(slice(0, 1)).frames(0, 24)
    denoiser, noisy = ready(Rival(), CPU), torch.ones(1, 64, 24)
    answer = denoiser(noisy, torch.tensor([5]), voice)
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer, 0.5 + voice.latents, rtol=0.01, atol=0.01)


def test_bfloat16_where_there_are_instructions_for_it(in_precision) -> None:
    in_precision(True)
    assert multiplies_bfloat16(CPU)
    in_precision(False)
    assert not multiplies_bfloat16(CPU)
    assert not multiplies_bfloat16(torch.device("mps"))
