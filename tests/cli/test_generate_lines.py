from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jaxtyping
import pytest

from samuel_gen.cli.generate_lines import describe_files, describe_fit


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small stand-ins be results: only what is printed matters here."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def result(seed: int, score: float = 0.5) -> Any:
    fit = SimpleNamespace(score=score, harmony=0.4, pulse=0.3, reasons=lambda: "in key")
    return cast(Any, SimpleNamespace(seed=seed, fit=fit))


def test_the_last_line_says_where_everything_is() -> None:
    plain = describe_files(Path("out"), has_sheet=False)
    assert plain == ["accompaniment and mix are in out"]
    lines = describe_files(Path("out"), has_sheet=True)
    assert lines[-1].endswith("are in out") and "lead_sheet.txt" in lines[-1]
    assert "--lead-sheet out/lead_sheet.txt" in lines[0]


def test_one_result_of_several_candidates_has_a_line() -> None:
    assert describe_fit([result(0)], 4) == ["the best of 4 candidates: in key"]
    assert describe_fit([result(0)], 1) == []


def test_several_results_have_a_table() -> None:
    head, first, second = describe_fit([result(3, score=0.9), result(2)], 1)
    assert head.split() == ["rank", "seed", "score", "harmony", "pulse", "why"]
    assert first.split()[:3] == ["1", "3", "0.90"] and second.split()[:2] == ["2", "2"]
