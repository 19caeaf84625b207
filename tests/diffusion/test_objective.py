import pytest
import torch

from samuel_gen.diffusion.objective import (
    Objective,
    VelocityDenoiser,
    add_noise,
    clean_from_velocity,
    inverse_snr,
    min_snr,
    uniform,
    velocity,
    velocity_from_clean,
    velocity_from_epsilon,
)
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError

SCHEDULE = cosine()
EVERY_TIMESTEP = torch.arange(SCHEDULE.num_timesteps)


@pytest.fixture
def example(generator: torch.Generator):
    """Clean latents, noise, alpha and sigma, with one item for every timestep."""
    clean, noise = torch.randn(2, SCHEDULE.num_timesteps, 4, 16, generator=generator)
    alpha, sigma = SCHEDULE.at(EVERY_TIMESTEP, like=clean)
    return clean, noise, alpha, sigma


def test_velocity_gives_the_clean_latents_back(example):
    clean, noise, alpha, sigma = example
    noisy = add_noise(clean, noise, alpha, sigma)
    v = velocity(clean, noise, alpha, sigma)
    torch.testing.assert_close(clean_from_velocity(noisy, v, alpha, sigma), clean)


def test_velocity_is_the_derivative_of_the_noisy_latents(example):
    clean, noise = (tensor.double() for tensor in example[:2])
    angle = torch.linspace(0, torch.pi / 2, len(clean), dtype=torch.float64)[:, None, None]
    low, high = angle - 1e-5, angle + 1e-5
    rise = add_noise(clean, noise, high.cos(), high.sin())
    rise -= add_noise(clean, noise, low.cos(), low.sin())
    torch.testing.assert_close(velocity(clean, noise, angle.cos(), angle.sin()), rise / 2e-5)


def test_velocity_at_both_ends(example):
    clean, noise, _, _ = example
    torch.testing.assert_close(velocity(clean, noise, 1.0, 0.0), noise)
    torch.testing.assert_close(velocity(clean, noise, 0.0, 1.0), -clean)


@pytest.mark.parametrize("target", ["velocity", "epsilon", "clean"])
def test_every_target_implies_the_same_velocity(target, example):
    clean, noise, alpha, sigma = example
    noisy = add_noise(clean, noise, alpha, sigma)
    objective = Objective(target)
    prediction = objective.target(clean, noise, alpha, sigma)
    v = objective.velocity(prediction, noisy, alpha, sigma)
    well_conditioned = alpha.flatten() >= (0.05 if target == "epsilon" else 0)
    restored = clean_from_velocity(noisy, v, alpha, sigma)
    torch.testing.assert_close(
        restored[well_conditioned], clean[well_conditioned], rtol=1e-4, atol=1e-4
    )
    assert well_conditioned.float().mean() > 0.96


def test_targets_are_named_for_their_value(example):
    clean, noise, alpha, sigma = example
    assert torch.equal(Objective("clean").target(clean, noise, alpha, sigma), clean)
    assert torch.equal(Objective("epsilon").target(clean, noise, alpha, sigma), noise)
    v = velocity(clean, noise, alpha, sigma)
    assert torch.equal(Objective().target(clean, noise, alpha, sigma), v)


def test_noise_errors_do_not_explode_at_the_noisy_end(example, generator):
    clean, noise, alpha, sigma = example
    noisy = add_noise(clean, noise, alpha, sigma)
    prediction = noise + 0.05 * torch.randn(noise.shape, generator=generator)
    v = velocity_from_epsilon(prediction, noisy, alpha, sigma)
    restored = clean_from_velocity(noisy, v, alpha, sigma)
    assert restored.std(dim=(1, 2)).max() < 2.5
    assert restored[-1].abs().max() < 4


def test_a_clean_prediction_survives_the_conversion(example):
    clean, _, alpha, sigma = example
    noisy = torch.full_like(clean, 3.0)  # not even consistent with the prediction
    v = velocity_from_clean(clean, noisy, alpha, sigma)
    torch.testing.assert_close(clean_from_velocity(noisy, v, alpha, sigma), clean)


def test_weights_equal_their_formulas(example):
    _, _, alpha, sigma = example
    snr = alpha**2 / sigma**2
    five = torch.tensor(5.0)
    torch.testing.assert_close(uniform(alpha, sigma), torch.ones_like(snr))
    torch.testing.assert_close(min_snr(alpha, sigma), torch.minimum(snr, five) / (snr + 1))
    torch.testing.assert_close(
        min_snr(alpha, sigma, gamma=1.0), torch.minimum(snr, torch.tensor(1.0)) / (snr + 1)
    )
    ten = torch.tensor(10.0)
    torch.testing.assert_close(inverse_snr(alpha, sigma), torch.minimum(2 / snr, ten))


@pytest.mark.parametrize("target", ["velocity", "epsilon", "clean"])
def test_min_snr_weighs_an_error_alike_for_all_targets(target, example):
    clean, noise, alpha, sigma = (tensor[50:700] for tensor in example)
    noisy = add_noise(clean, noise, alpha, sigma)
    wrong_clean = clean + 0.3
    errors = []
    for objective in (Objective("clean", min_snr), Objective(target, min_snr)):
        wrong_noise = (noisy - alpha * wrong_clean) / sigma
        prediction = objective.target(wrong_clean, wrong_noise, alpha, sigma)
        error = prediction - objective.target(clean, noise, alpha, sigma)
        errors.append((objective.weight(alpha, sigma) * error**2).mean(dim=(1, 2)))
    torch.testing.assert_close(errors[1], errors[0], rtol=1e-3, atol=1e-6)


def test_min_snr_and_the_papers_weight_favour_opposite_ends(example):
    _, _, alpha, sigma = example
    # Min-SNR is defined on the error of the clean latents.
    ours = min_snr(alpha, sigma, "clean").flatten()
    papers = inverse_snr(alpha, sigma).flatten()
    assert (ours.diff() <= 0).all() and ours[0] > ours[-1]
    assert (papers.diff() >= 0).all() and papers[-1] > papers[0]


def test_an_unknown_target_is_refused():
    with pytest.raises(SamuelError, match="target='noise': choose one of velocity, epsilon"):
        Objective("noise")


@pytest.mark.parametrize("target", ["velocity", "epsilon", "clean"])
def test_velocity_denoiser_accepts_any_target(target, example, make_vocal):
    clean, noise, alpha, sigma = (tensor[:700] for tensor in example)
    objective = Objective(target)

    def network(noisy, timestep, vocal):
        return objective.target(clean, noise, alpha, sigma)

    denoiser = VelocityDenoiser(network, objective, SCHEDULE)
    noisy = add_noise(clean, noise, alpha, sigma)
    v = denoiser(noisy, EVERY_TIMESTEP[:700], make_vocal(700, 16, channels=4))
    torch.testing.assert_close(v, velocity(clean, noise, alpha, sigma), rtol=1e-3, atol=2e-4)
