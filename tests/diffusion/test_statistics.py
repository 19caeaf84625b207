import torch

from samuel_gen.diffusion.samplers import dpm_solver_2m
from samuel_gen.diffusion.schedules import cosine, trailing_timesteps
from samuel_gen.diffusion.statistics import SamplingStatistics, healthy_band, strayed

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
        "clean_mean": [x.mean() for x in clean],
        "clean_std": [x.std() for x in clean],
    }
    for name, values in expected.items():
        torch.testing.assert_close(getattr(statistics, name), torch.stack(values))


def test_a_second_run_begins_anew(generator):
    statistics = SamplingStatistics()
    assert statistics.noisy_std.shape == (0,)
    for _ in range(2):
        for step in range(4):
            statistics(step, *torch.randn(2, 1, 3, 8, generator=generator))
    assert statistics.noisy_std.shape == (4,)


def test_a_healthy_chain_stays_in_its_band_and_a_swollen_one_does_not(
    perfect_denoiser, make_vocal, generator
):
    mean, std = torch.zeros(3), torch.full((3,), 0.6)
    perfect = perfect_denoiser(SCHEDULE, mean, std)

    def swollen(noisy, timestep, vocal):
        return perfect(noisy, timestep, vocal) - 0.3 * noisy

    noise = torch.randn(1, 3, 4096, generator=generator)
    inside = {}
    for denoiser in (perfect, swollen):
        statistics = SamplingStatistics()
        vocal = make_vocal(1, 4096)
        dpm_solver_2m(denoiser, noise, vocal, SCHEDULE, num_steps=40, on_step=statistics)
        low, high = healthy_band(SCHEDULE, trailing_timesteps(800, 40), data_std=0.6)
        inside[denoiser] = ((low < statistics.noisy_std) & (statistics.noisy_std < high)).all()
    assert inside[perfect] and not inside[swollen]


def test_the_band_goes_from_noise_to_data():
    low, high = healthy_band(SCHEDULE, [799, 0], data_std=0.5, tolerance=0.1)
    torch.testing.assert_close(low, torch.tensor([0.9, 0.45]), rtol=1e-3, atol=0)
    torch.testing.assert_close(high, torch.tensor([1.1, 0.55]), rtol=1e-3, atol=0)


def test_a_chain_that_leaves_the_band_is_told_with_its_worst_step(
    perfect_denoiser, make_vocal, generator
):
    mean, noise = torch.zeros(3), torch.randn(1, 3, 4096, generator=generator)
    vocal = make_vocal(1, 4096)
    for std, healthy in ((1.0, True), (0.9, True), (0.5, False), (2.1, False)):
        statistics = SamplingStatistics()
        denoiser = perfect_denoiser(SCHEDULE, mean, torch.full((3,), std))
        dpm_solver_2m(denoiser, noise, vocal, SCHEDULE, num_steps=20, on_step=statistics)
        found = strayed(statistics, SCHEDULE)
        assert (found is None) == healthy
        if found is not None:  # data of another spread than the network was told of: at the end
            assert found[0] == 19 and abs(found[1] - std) < 0.1 * std
    assert strayed(SamplingStatistics(), SCHEDULE) is None
    statistics(0, torch.full((1, 3, 8), float("nan")), noise[:, :, :8])
    assert strayed(statistics, SCHEDULE) is not None
