from pathlib import Path

import pytest

from samuel_gen.benchmark import startup


def test_help_of_every_command_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    modules: list[str] = []
    monkeypatch.setattr(startup, "_time_command", lambda command: modules.append(command[2]) or 0.5)
    rows = startup.measure_help(2)
    assert {"samuel_gen.cli.train", "samuel_gen.cli.generate"} <= set(modules)
    assert all(row.values == [0.5, 0.5] and row.name.endswith(" --help") for row in rows)


def test_first_step_comes_before_the_end(checkpoint: Path) -> None:
    step, end = startup.measure_first_sound(checkpoint, 1)
    assert 0 < step.median < end.median
