import torch

from samuel_gen.diffusion.samplers import dpm_solver_2m
from samuel_gen.diffusion.schedules import cosine, trailing_timesteps
from samuel_gen.diffusion.statistics import SamplingStatistics, find_unhealthy_step, healthy_bounds

SCHEDULE = cosine()


def test_statistics_are_those_of_each_steps_latents(generator):
    statistics = SamplingStatistics()
    noisy = [torch.randn(2, 3, 8, generator=generator) * scale for scale in (1, 2, 3)]
    clean = [torch.randn(2, 3, 8, generator=generator) + shift for shift in (0, 5, 9)]
    for step in range(3):
        statistics(step, noisy[step], clean[step])
    expected = {
        "noisy_mean": [x.mean() for x in noisy],
        "noisy_std": [x.std() for x in noisy],
        "clean_std": [x.std() for x in clean],
    }
    for name, values in expected.items():
        torch.testing.assert_close(getattr(statistics, name), torch.stack(values))


def test_a_second_run_discards_the_first(generator):
    statistics = SamplingStatistics()
    assert statistics.noisy_std.shape == (0,)
    for _ in range(2):
        for step in range(4):
            statistics(step, *torch.randn(2, 1, 3, 8, generator=generator))
    assert statistics.noisy_std.shape == (4,)


def test_the_bounds_hold_healthy_sampling_only(perfect_denoiser, make_vocal, generator):
    mean, std = torch.zeros(3), torch.full((3,), 0.6)
    perfect = perfect_denoiser(SCHEDULE, mean, std)

    def inflated(noisy, timestep, vocal):
        return perfect(noisy, timestep, vocal) - 0.3 * noisy

    noise = torch.randn(1, 3, 4096, generator=generator)
    in_bounds = {}
    for denoiser in (perfect, inflated):
        statistics = SamplingStatistics()
        vocal = make_vocal(1, 4096)
        dpm_solver_2m(denoiser, noise, vocal, SCHEDULE, num_steps=40, on_step=statistics)
        low, high = healthy_bounds(SCHEDULE, trailing_timesteps(800, 40), data_std=0.6)
        in_bounds[denoiser] = ((low < statistics.noisy_std) & (statistics.noisy_std < high)).all()
    assert in_bounds[perfect] and not in_bounds[inflated]


def test_the_bounds_at_both_ends():
    low, high = healthy_bounds(SCHEDULE, [799, 0], data_std=0.5, tolerance=0.1)
    torch.testing.assert_close(low, torch.tensor([0.9, 0.45]), rtol=1e-3, atol=0)
    torch.testing.assert_close(high, torch.tensor([1.1, 0.55]), rtol=1e-3, atol=0)


def test_the_step_furthest_outside_is_found(perfect_denoiser, make_vocal, generator):
    mean, noise = torch.zeros(3), torch.randn(1, 3, 4096, generator=generator)
    vocal = make_vocal(1, 4096)
    for std, healthy in ((1.0, True), (0.9, True), (0.5, False), (2.1, False)):
        statistics = SamplingStatistics()
        denoiser = perfect_denoiser(SCHEDULE, mean, torch.full((3,), std))
        dpm_solver_2m(denoiser, noise, vocal, SCHEDULE, num_steps=20, on_step=statistics)
        found = find_unhealthy_step(statistics, SCHEDULE)
        assert (found is None) == healthy
        if found is not None:  # data of another std leave the bounds most at the clean end
            assert found[0] == 19 and abs(found[1] - std) < 0.1 * std
    assert find_unhealthy_step(SamplingStatistics(), SCHEDULE) is None
    statistics(0, torch.full((1, 3, 8), float("nan")), noise[:, :, :8])
    assert find_unhealthy_step(statistics, SCHEDULE) is not None
