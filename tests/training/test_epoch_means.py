import sys

import pytest
import torch

from samuel_gen.training.epoch_means import EpochMeans, measure_peak_memory

CPU = torch.device("cpu")


def test_the_mean_is_weighted_by_the_number_of_items() -> None:
    means = EpochMeans()
    means.add({"loss": 1.0, "mse": 3.0}, 1)
    means.add({"loss": 4.0}, 2)
    assert means.reduce_means(CPU) == {"loss": 3.0, "mse": 3.0}


def test_resumed_means_equal_uninterrupted_ones() -> None:
    whole, before, after = EpochMeans(), EpochMeans(), EpochMeans()
    for means in (whole, before):
        means.add({"loss": 0.1}, 3)
    after.resume(before.reduce_sums(CPU))
    for means in (whole, after):
        means.add({"loss": 0.7}, 2)
    assert after.reduce_means(CPU) == whole.reduce_means(CPU)


def test_only_the_first_process_resumes_with_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = {"loss": (6.0, 3.0)}
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    held = []
    for rank in (0, 1):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        means = EpochMeans()
        means.resume(sums)
        held.append(means._sums)
    assert held == [sums, {"loss": (0.0, 0.0)}]


def test_a_restart_forgets_everything() -> None:
    means = EpochMeans()
    means.add({"loss": 1.0}, 1)
    means.restart()
    assert means.reduce_means(CPU) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not report peak memory")
def test_peak_memory_rises_with_an_allocation() -> None:
    before = measure_peak_memory(CPU)
    allocated = torch.ones(int((before + 0.1) * 1e9 / 4))
    assert measure_peak_memory(CPU) >= before + 0.05
    assert allocated[0] == 1
