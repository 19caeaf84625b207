import math
from dataclasses import replace
from functools import partial

import lightning as L
import pytest
import torch
from torch import nn

from samuel_gen.data.load.batch import ValidationBatch
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.objective import Objective, inverse_snr, min_snr
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError

SCHEDULE = cosine()


class Oracle(nn.Module):
    """Computes the exact answer for every target, since its vocal holds the clean latents."""

    def __init__(self, target: str = "velocity") -> None:
        super().__init__()
        self.target = target
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, noisy, timestep, vocal):
        clean = vocal.latents
        alpha, sigma = SCHEDULE.at(timestep, like=noisy)
        noise = (noisy - alpha * clean) / sigma
        answers = {"velocity": alpha * noise - sigma * clean, "epsilon": noise, "clean": clean}
        return answers[self.target] + 0 * self.unused


class IgnoresVocal(nn.Module):
    """Predicts from the noisy latents alone."""

    def forward(self, noisy, timestep, vocal):
        return 0.3 * noisy


@pytest.fixture
def batch() -> ValidationBatch:
    generator = torch.Generator().manual_seed(3)
    clean = torch.randn(6, 64, 16, generator=generator)
    return batch_of(clean)


def batch_of(clean: torch.Tensor) -> ValidationBatch:
    items, _, frames = clean.shape
    vocal = Vocal.of(clean, torch.zeros(items, 14, frames))
    return ValidationBatch(
        vocal,
        clean,
        torch.full((items,), frames),
        torch.arange(items),
        items,
        vocal.select(torch.arange(items).roll(1)),
    )


def validate(module: L.LightningModule, batch: ValidationBatch) -> dict[str, float]:
    logged: dict[str, float] = {}
    module.log = lambda name, value, **_: logged.__setitem__(name, float(value))
    module.on_validation_epoch_start()
    with torch.no_grad():
        module.validation_step(batch, 0)
    module.on_validation_epoch_end()
    return logged


@pytest.mark.parametrize("target", ["velocity", "epsilon", "clean"])
@pytest.mark.parametrize("weight", [None, min_snr, inverse_snr])
def test_a_perfect_network_has_no_loss(make_module, batch, target, weight) -> None:
    objective = Objective(target, weight) if weight else Objective(target)
    module = make_module(Oracle(target), objective)
    assert float(module.training_step(batch, 0).detach()) < 1e-3
    assert validate(module, batch)["val/loss"] < 1e-3


def test_the_vocal_gain_is_above_zero_only_if_the_vocal_is_used(make_module, batch) -> None:
    assert validate(make_module(IgnoresVocal()), batch)["val/vocal_gain"] == 0.0
    logged = validate(make_module(Oracle()), batch)
    assert logged["val/vocal_gain"] > 0.5
    assert logged["val/mse"] < 1e-4


def test_a_network_that_returns_zeros_has_the_mse_of_the_velocity(make_module, batch) -> None:
    class Zeros(nn.Module):
        def forward(self, noisy, timestep, vocal):
            return torch.zeros_like(noisy)

    logged = validate(make_module(Zeros()), batch)
    by_timestep = {name: value for name, value in logged.items() if "mse_t" in name}
    assert list(by_timestep) == [f"val/mse_t{t:03d}" for t in range(50, 800, 100)]
    for value in by_timestep.values():  # unit data, unit noise: alpha^2 + sigma^2 = 1
        assert value == pytest.approx(1.0, abs=0.06)
    mean = sum(by_timestep.values()) / len(by_timestep)
    assert logged["val/mse"] == pytest.approx(mean, rel=1e-5)


def test_the_weight_reaches_the_loss_but_not_the_mse(make_module, batch) -> None:
    plain = validate(make_module(IgnoresVocal()), batch)
    weighted = validate(
        make_module(IgnoresVocal(), Objective(weight=partial(min_snr, gamma=5))), batch
    )
    assert plain["val/loss"] == pytest.approx(plain["val/mse"])
    assert weighted["val/mse"] == plain["val/mse"]
    assert weighted["val/loss"] < 0.9 * plain["val/loss"]


def test_frames_after_the_end_of_a_song_do_not_count(make_module, batch) -> None:
    short = replace(batch, valid_frames=torch.full((6,), 10))
    broken = batch.accompaniment.clone()
    broken[:, :, 10:] = 100.0
    garbage = replace(short, accompaniment=broken)
    module = make_module(IgnoresVocal())
    assert validate(module, short) == pytest.approx(validate(module, garbage))


def test_validation_depends_on_no_global_state(make_module, batch) -> None:
    module = make_module(IgnoresVocal())
    first = validate(module, batch)
    torch.manual_seed(99)
    assert validate(module, batch) == first


def test_two_processes_have_the_mean_loss_of_one(make_module, monkeypatch) -> None:
    """Five items, which cannot be divided evenly."""

    class Exact(IgnoresVocal):
        def forward(self, noisy, timestep, vocal):
            given = vocal.latents_given.float()[:, None, None]
            return noisy * (0.1 + timestep[:, None, None] / 800) + given

    whole = batch_of(torch.randn(5, 64, 16, generator=torch.Generator().manual_seed(1)))

    def loss(rank: int, world_size: int) -> float:
        mine = torch.arange(rank, 5, world_size)
        part = replace(
            whole,
            vocal=whole.vocal.select(mine),
            accompaniment=whole.accompaniment[mine],
            valid_frames=whole.valid_frames[mine],
            index=whole.index[mine],
        )
        monkeypatch.setattr("samuel_gen.training.module._process", lambda: (rank, world_size))
        return float(make_module(Exact()).training_step(part, 3))

    assert (loss(0, 2) + loss(1, 2)) / 2 == pytest.approx(loss(0, 1), rel=1e-6)


def test_a_gradient_that_is_not_finite_stops_the_run(make_module) -> None:
    module = make_module(Oracle())
    module.trainer = L.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    module.denoiser.unused.grad = torch.tensor([math.nan])
    with pytest.raises(SamuelError, match="epoch 0, step 0: gradient norm nan; train again"):
        module.on_before_optimizer_step(torch.optim.SGD(module.parameters()))


def test_a_compiled_network_keeps_the_names_of_its_weights(make_module, batch, monkeypatch) -> None:
    compiled: list[object] = []

    def stand_in(function, *_, **__):
        def call(*given):
            compiled.append(function)
            return function(*given)

        return call

    monkeypatch.setattr(torch, "compile", stand_in)
    plain, fast = make_module(), make_module(compile=True)
    assert fast.state_dict().keys() == plain.state_dict().keys()
    assert validate(fast, batch) == validate(plain, batch)
    assert compiled, "the compiled network is the one that is called"
