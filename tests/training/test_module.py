import math
from functools import partial

import lightning as L
import pytest
import torch
from torch import nn

from samuel_gen.data.batch import LatentBatch
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.objective import Objective, inverse_snr, min_snr
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError

SCHEDULE = cosine()


class Oracle(nn.Module):
    """Knows the clean latents (they are its vocal) and so the exact answer for every target."""

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


class Deaf(nn.Module):
    """Answers by the noisy latents alone."""

    def forward(self, noisy, timestep, vocal):
        return 0.3 * noisy


@pytest.fixture
def batch() -> LatentBatch:
    generator = torch.Generator().manual_seed(3)
    clean = torch.randn(6, 64, 16, generator=generator)
    vocal = Vocal.of(clean, torch.zeros(6, 14, 16))
    return LatentBatch(vocal, clean, torch.full((6,), 16))


def validated(module: L.LightningModule, batch: LatentBatch) -> dict[str, float]:
    logged: dict[str, float] = {}
    module.log = lambda name, value, **_: logged.__setitem__(name, float(value))
    module._validation_item = 0
    with torch.no_grad():
        module.validation_step(batch, 0)
    return logged


@pytest.mark.parametrize("target", ["velocity", "epsilon", "clean"])
@pytest.mark.parametrize("weight", [None, min_snr, inverse_snr])
def test_a_network_that_knows_the_answer_has_no_loss(make_module, batch, target, weight) -> None:
    objective = Objective(target, weight) if weight else Objective(target)
    module = make_module(Oracle(target), objective)
    module.log_dict = lambda *_, **__: None
    assert float(module.training_step(batch, 0).detach()) < 1e-3
    assert validated(module, batch)["val/loss"] < 1e-3


def test_the_gain_of_the_vocal_is_zero_for_the_deaf_and_positive_for_the_listener(
    make_module, batch
) -> None:
    assert validated(make_module(Deaf()), batch)["val/vocal_gain"] == 0.0
    listening = validated(make_module(Oracle()), batch)
    assert listening["val/vocal_gain"] > 0.5
    assert listening["val/mse"] < 1e-4


def test_a_silent_network_has_the_mse_of_the_velocity_itself(make_module, batch) -> None:
    class Silent(nn.Module):
        def forward(self, noisy, timestep, vocal):
            return torch.zeros_like(noisy)

    logged = validated(make_module(Silent()), batch)
    by_timestep = {name: value for name, value in logged.items() if "mse_t" in name}
    assert list(by_timestep) == [f"val/mse_t{t:03d}" for t in range(50, 800, 100)]
    for value in by_timestep.values():  # unit data, unit noise: alpha^2 + sigma^2 = 1
        assert value == pytest.approx(1.0, abs=0.06)
    mean = sum(by_timestep.values()) / len(by_timestep)
    assert logged["val/mse"] == pytest.approx(mean, rel=1e-5)


def test_the_weight_reaches_the_loss_but_not_the_mse(make_module, batch) -> None:
    plain = validated(make_module(Deaf()), batch)
    weighted = validated(make_module(Deaf(), Objective(weight=partial(min_snr, gamma=5))), batch)
    assert plain["val/loss"] == pytest.approx(plain["val/mse"])
    assert weighted["val/mse"] == plain["val/mse"]
    assert weighted["val/loss"] < 0.9 * plain["val/loss"]


def test_frames_past_the_end_of_a_song_do_not_count(make_module, batch) -> None:
    short = LatentBatch(batch.vocal, batch.accompaniment, torch.full((6,), 10))
    broken = batch.accompaniment.clone()
    broken[:, :, 10:] = 100.0
    garbage = LatentBatch(batch.vocal, broken, torch.full((6,), 10))
    module = make_module(Deaf())
    assert validated(module, short) == pytest.approx(validated(module, garbage))


def test_validation_depends_on_no_global_state(make_module, batch) -> None:
    module = make_module(Deaf())
    first = validated(module, batch)
    torch.manual_seed(99)
    assert validated(module, batch) == first


def test_conditions_are_dropped_per_item_at_the_configured_rates(make_module) -> None:
    items = 4000
    module = make_module(Deaf(), condition_dropout=0.1, latents_dropout=0.3, melody_dropout=0.05)
    vocal = Vocal.of(torch.zeros(items, 1, 1), torch.zeros(items, 14, 1))
    kept = module._with_dropout(vocal, torch.Generator().manual_seed(0))
    latents, melody = kept.latents_given.float(), kept.melody_given.float()
    assert latents.mean() == pytest.approx(0.9 * 0.7, abs=0.03)
    assert melody.mean() == pytest.approx(0.9 * 0.95, abs=0.03)
    neither = ((latents + melody) == 0).float().mean()
    assert neither == pytest.approx(0.1 + 0.9 * 0.3 * 0.05, abs=0.02)


def test_what_a_data_set_does_not_have_is_never_given(make_module) -> None:
    vocal = Vocal.of(torch.zeros(50, 1, 1), torch.zeros(50, 14, 1))
    without = Vocal(vocal.latents, vocal.melody, vocal.latents_given, ~vocal.melody_given)
    kept = make_module(Deaf())._with_dropout(without, torch.Generator().manual_seed(0))
    assert not kept.melody_given.any()
    assert kept.latents_given.any()


def test_each_batch_of_each_epoch_has_noise_of_its_own(make_module) -> None:
    module = make_module(Deaf())
    draws = {
        float(torch.rand(1, generator=module._generator(0, epoch, index)))
        for epoch in range(5)
        for index in range(5)
    }
    assert len(draws) == 25


def test_a_loss_that_is_not_finite_stops_the_run(make_module, batch) -> None:
    class Broken(nn.Module):
        def forward(self, noisy, timestep, vocal):
            return noisy * math.nan

    module = make_module(Broken())
    module.trainer = L.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    with pytest.raises(SamuelError, match=r"epoch 0, step 0: the loss is nan.*lower optimizer.lr"):
        module.training_step(batch, 0)
