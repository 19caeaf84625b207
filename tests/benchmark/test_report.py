import json
from pathlib import Path

import pytest
import torch

from samuel_gen.benchmark import report
from samuel_gen.benchmark.timing import Row
from samuel_gen.errors import SamuelError

CPU = torch.device("cpu")
ROWS = [
    Row("one", "slow", "ms", [4.0, 4.0], 1.0, note="n"),
    Row("one", "fast", "ms", [1.0, 3.0], 2.0, 0.25),
    Row("two", "clips", "clips/s", [8.0]),
]
SPEED_PAGE = Path(__file__).parents[2] / "experiments" / "speed"


def test_table_omits_empty_columns() -> None:
    one, two = report.format_tables(ROWS).strip().split("\n\n")
    assert one.splitlines() == [
        "| one | median | spread | times better | share |  |",
        "|---|---:|---:|---:|---:|---:|",
        "| slow | 4 ms | 0% | 1 |  | n |",
        "| fast | 2 ms | 25% | 2 | 25% |  |",
    ]
    assert two.splitlines()[0] == "| two | median |"


def test_rows_are_compared_with_an_earlier_run(tmp_path: Path) -> None:
    path = tmp_path / "earlier.json"
    report.save_rows(path, ROWS, CPU)
    assert json.loads(path.read_text())["rows"][1]["values"] == [1.0, 3.0]
    now = [
        Row("one", "slow", "ms", [2.0]),
        Row("one", "new", "ms", [2.0]),
        Row("two", "clips", "clips/s", [4.0]),
    ]
    table = report.format_tables(now, report.load_medians(path))
    last_cells = [line.split("|")[-2].strip() for line in table.splitlines() if line]
    assert last_cells == [
        "against earlier run",
        "---:",
        "2.00 times",
        "new",
        "against earlier run",
        "---:",
        "0.50 times",
    ]


def test_published_files_can_be_compared_with() -> None:
    """A renamed row would have no earlier value, so names of rows are a format."""
    medians = report.load_medians(SPEED_PAGE / "after.json")
    for key in [
        ("forward of (1, 64, 1024)", "bfloat16, voice heard before"),
        ("denoiser, 47.55 s", "plain"),
        ("accompany", "  hear the tuning"),
    ]:
        assert medians[key] > 0


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"rows": [{"name": "x"}]}'])
def test_other_files_are_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "earlier.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SamuelError, match="is not a benchmark; name a file that samuel-bench"):
        report.load_medians(path)
