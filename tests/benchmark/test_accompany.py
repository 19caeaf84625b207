from pathlib import Path

import pytest
import torch

from samuel_gen.benchmark import accompany

CPU = torch.device("cpu")


def test_stages_add_up_to_the_whole(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accompany, "LENGTHS", (2.0, 3.0))
    monkeypatch.setattr(accompany, "REFERENCE_LENGTH", 2.0)
    monkeypatch.setattr(accompany, "WARM_UP_SECONDS", 1.5)
    monkeypatch.setattr(
        accompany, "run_in_process", lambda function, *given: (function(*given), 500.0)
    )
    whole, *parts, longer = accompany.measure_accompaniments(checkpoint, CPU, 2)
    assert (whole.name, longer.name) == ("2 s", "3 s")
    assert {row.name.strip() for row in parts} == {
        "hear the tuning",
        "hear the voice",
        "denoise",
        "decode",
        "write both",
        "the rest",
    }
    for run, total in enumerate(whole.values):
        assert sum(row.values[run] for row in parts) == pytest.approx(total)
        assert all(row.values[run] > 0 for row in parts)
    assert "500 MB" in whole.note and "times 47.55 s" in longer.note
