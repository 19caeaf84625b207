import pytest
import torch

from samuel_gen.benchmark import training

CPU = torch.device("cpu")


def test_crops_per_second(monkeypatch: pytest.MonkeyPatch, tiny_config: dict) -> None:
    tiny_config.pop("_target_")
    monkeypatch.setattr(training, "BATCHES", (2,))
    monkeypatch.setattr(training, "multiplies_bfloat16", lambda device: False)
    monkeypatch.setattr(
        training,
        "run_in_process",
        lambda function, config, *others: (([0.5 if config else 2.0] * 3, 0.0, 1.0), 900.0),
    )
    baseline, float32 = training.measure_training(tiny_config, CPU, 100.0, repeats=3)
    assert (baseline.median, float32.median, float32.ratio) == (1, 4, 4)
    assert float32.share == pytest.approx(3 * 1.0 * 4 / 100)
    assert float32.note == "0.90 GB" and float32.section == "training, batch 2"


def test_step_trains(tiny_config: dict) -> None:
    tiny_config.pop("_target_")
    seconds, gpu_memory, gigaflops = training._time_steps(tiny_config, 1, True, "cpu", 2)
    assert len(seconds) == 2 and min(seconds) > 0 and gpu_memory == 0 and gigaflops > 0.01
