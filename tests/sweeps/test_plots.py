"""The contents of the two plots of a sweep."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samuel_gen.sweeps.plots import plot_bars, plot_learning_curves


@pytest.fixture
def draw(monkeypatch, tmp_path: Path) -> Callable[..., Any]:
    """A function that calls a plot function, checks its file, and returns the axes."""
    from matplotlib.figure import Figure

    figures = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda f, *a, **k: (figures.append(f), save(f, *a, **k)))

    def draw_and_check(plot: Callable[..., None], arms: object) -> Any:
        plot(arms, tmp_path / "plot.png")
        assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
        return figures[0].axes[0]

    return draw_and_check


def test_the_curves_of_all_runs_are_drawn(draw, arms) -> None:
    axes = draw(plot_learning_curves, arms)
    lines = [(list(line.get_xdata()), line.get_linestyle()) for line in axes.lines]
    assert lines.count(([10.0, 20.0], "-")) == 4 + 2  # runs and means
    assert sum(style == "--" for _, style in lines) == 2
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [arm.label for arm in arms]


def test_the_bars_have_intervals_and_a_dot_for_each_seed(draw, arms) -> None:
    axes = draw(plot_bars, arms)
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0.7, 0.45])
    assert len(axes.collections) == 2  # intervals
    dots = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    assert dots == [[0.8, 0.6], [0.5, 0.4]]
    assert [label.get_text() for label in axes.get_yticklabels()][2].endswith("(n=0)")
    assert "no run finished" in [text.get_text() for text in axes.texts]
