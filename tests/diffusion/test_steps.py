"""The arithmetic of a sampling step is exact where the clean prediction is a polynomial."""

import math

import pytest
import torch

from samuel_gen.diffusion.schedules import cosine
from samuel_gen.diffusion.steps import (
    CleanPrediction,
    NoiseLevel,
    corrected_prediction,
    ddim_step,
    iterate_steps,
    midpoint_prediction,
    predict_clean,
)

SCHEDULE = cosine()
COEFFICIENTS = (0.4, -1.1, 0.7)


def level(timestep: int) -> NoiseLevel:
    return NoiseLevel(timestep, SCHEDULE.alpha[timestep].item(), SCHEDULE.sigma[timestep].item())


EARLIER, START, END = level(700), level(600), level(450)
CLEAN_END = NoiseLevel(-1, 1.0, 0.0)


def prediction(level: NoiseLevel, degree: int) -> CleanPrediction:
    """A clean prediction that is a polynomial of half the log-SNR."""
    powers = (level.half_log_snr**power for power in range(degree + 1))
    value = sum(c * power for c, power in zip(COEFFICIENTS, powers, strict=False))
    return CleanPrediction(torch.full((1, 2, 3), value, dtype=torch.float64), level)


def test_steps_lead_from_the_noisiest_level_to_clean():
    steps = list(iterate_steps(SCHEDULE, 5))
    assert [step for step, _, _ in steps] == list(range(5))
    assert [now.timestep for _, now, _ in steps] == [799, 639, 479, 319, 159]
    assert all(then == now for (_, _, then), (_, now, _) in zip(steps, steps[1:], strict=False))
    assert steps[-1][2] == CLEAN_END
    assert steps[2][1] == level(479)


def test_predict_clean_inverts_the_velocity(make_vocal, generator, recorder):
    clean, noise = torch.randn(2, 2, 3, 8, generator=generator)
    noisy = START.alpha * clean + START.sigma * noise
    exact = recorder(lambda *_: START.alpha * noise - START.sigma * clean)
    torch.testing.assert_close(predict_clean(exact, noisy, make_vocal(2, 8), START), clean)
    assert exact.calls[0][1].tolist() == [600, 600]


def test_ddim_step_keeps_clean_and_noise(generator):
    clean, noise = torch.randn(2, 1, 3, 8, generator=generator)
    start = START.alpha * clean + START.sigma * noise
    for then in (END, CLEAN_END):
        expected = then.alpha * clean + then.sigma * noise
        torch.testing.assert_close(ddim_step(clean, start, START, then), expected)


def test_midpoint_is_exact_for_linear_predictions():
    middle_half_log_snr = (START.half_log_snr + END.half_log_snr) / 2
    expected = COEFFICIENTS[0] + COEFFICIENTS[1] * middle_half_log_snr
    previous, clean = prediction(EARLIER, 1), prediction(START, 1).clean
    midpoint = midpoint_prediction(clean, previous, START, END)
    torch.testing.assert_close(midpoint, torch.full_like(midpoint, expected))


def test_midpoint_is_the_last_prediction_at_both_ends():
    previous, clean = prediction(EARLIER, 1), prediction(START, 1).clean
    assert midpoint_prediction(clean, None, START, END) is clean
    assert midpoint_prediction(clean, previous, START, CLEAN_END) is clean


def test_correction_is_exact_for_quadratic_predictions():
    """The exact step weighs predictions by the exponential of half the log-SNR."""
    low, high = START.half_log_snr, END.half_log_snr
    half_log_snr = torch.linspace(low, high, 100_001, dtype=torch.float64)
    weights = half_log_snr.exp()
    values = sum(c * half_log_snr**power for power, c in enumerate(COEFFICIENTS))
    expected = (torch.trapezoid(weights * values) / torch.trapezoid(weights)).item()

    clean = prediction(END, 2).clean
    corrected = corrected_prediction(clean, prediction(START, 2), prediction(EARLIER, 2), END)
    torch.testing.assert_close(corrected, torch.full_like(corrected, expected))


def test_correction_of_the_first_step_is_the_mean():
    start, clean = prediction(START, 1), prediction(END, 1).clean
    corrected = corrected_prediction(clean, start, None, END)
    torch.testing.assert_close(corrected, (start.clean + clean) / 2)


@pytest.mark.parametrize("timestep", [0, 400, 799])
def test_half_log_snr_is_half_of_the_log_snr(timestep):
    snr = (SCHEDULE.alpha[timestep] / SCHEDULE.sigma[timestep]) ** 2
    assert level(timestep).half_log_snr == pytest.approx(math.log(snr) / 2)
