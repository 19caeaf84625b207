import torch

from samuel_gen.codec_fitting.critic import Criticism
from samuel_gen.codecs.spectral.fine_grid import FINE_BINS

SIZE = (2, 24, FINE_BINS)


def _draw(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Spectra with partials, blurred ones and smooth ones."""
    generator = torch.Generator().manual_seed(seed)
    smooth = torch.full(SIZE, -5.0)
    real = smooth + torch.randn(SIZE, generator=generator)
    blurred = smooth + 0.1 * torch.randn(SIZE, generator=generator)
    return real, blurred, smooth


def test_it_learns_to_tell_blurred_spectra_from_real_ones():
    criticism = Criticism(0)
    losses = [float(criticism.learn(*_draw(step))["critic"]) for step in range(40)]
    real, blurred, smooth = _draw(99)
    with torch.no_grad():
        judged = [criticism.critic(fine, smooth)[0].mean() for fine in (real, blurred)]
    assert losses[-1] < 0.2 * losses[0]
    assert judged[0] > 0.7 and judged[1] < 0.3


def test_its_judgement_moves_the_prediction_and_not_the_critic():
    criticism = Criticism(0)
    real, blurred, smooth = _draw(0)
    blurred.requires_grad_(True)
    judged = criticism.judge(real, blurred, smooth)
    sum(judged.values()).backward()
    assert blurred.grad is not None and blurred.grad.abs().sum() > 0
    assert all(values.grad is None for values in criticism.critic.parameters())
    criticism.learn(real, blurred, smooth)
    assert all(values.grad is not None for values in criticism.critic.parameters())


def test_features_of_a_perfect_prediction_match():
    real, _, smooth = _draw(0)
    assert Criticism(0).judge(real, real.clone(), smooth)["matching"] == 0


def test_depths_below_the_floor_are_alike():
    critic = Criticism(0).critic
    smooth = torch.zeros(SIZE)
    deep, deeper = (critic(torch.full(SIZE, value), smooth)[0] for value in (-5.0, -9.0))
    assert torch.equal(deep, deeper)
    assert not torch.equal(deep, critic(torch.full(SIZE, -4.0), smooth)[0])
