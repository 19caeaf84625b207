import pytest
import torch

from samuel_gen.training.lr_schedules import warmup_cosine


def rates(total: int, **options) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = warmup_cosine(optimizer, total, **options)
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return [*found, optimizer.param_groups[0]["lr"]]


def test_it_rises_to_the_full_rate_and_falls_to_the_final_share() -> None:
    found = rates(1000, warmup_steps=100, final_share=0.1)
    assert found[0] == pytest.approx(2.0 / 101)
    assert found[100] == pytest.approx(2.0)
    assert found[550] == pytest.approx(2.0 * 0.55)  # half-way down the cosine
    assert found[1000] == pytest.approx(0.2)
    assert all(a < b for a, b in zip(found[:100], found[1:101], strict=True))
    assert all(a > b for a, b in zip(found[100:-1], found[101:], strict=True))


def test_without_warmup_it_is_a_plain_cosine() -> None:
    found = rates(10, warmup_steps=0)
    assert found[0] == 2.0
    assert found[5] == pytest.approx(1.0)


def test_a_short_run_spends_at_most_a_tenth_on_the_rise() -> None:
    assert rates(20, warmup_steps=500)[2] == pytest.approx(2.0)
