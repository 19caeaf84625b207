"""The report of a benchmark: Markdown tables, a JSON file, and a comparison with an earlier run."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from samuel_gen.benchmark.timing import Row
from samuel_gen.errors import SamuelError
from samuel_gen.storage import write_atomically

_HIGHER_IS_BETTER = ("GFLOP/s", "GB/s", "clips/s")


def format_tables(
    rows: Sequence[Row], earlier: Mapping[tuple[str, str], float] | None = None
) -> str:
    """Return one Markdown table for each section, without the columns that are empty.

    Args:
        rows: the rows, ordered by section.
        earlier: medians of an earlier run by section and name, to compare with.
    """
    lines = []
    for section, group in groupby(rows, key=lambda row: row.section):
        own = list(group)
        columns: dict[str, list[str]] = {
            section: [row.name for row in own],
            "median": [f"{row.median:.3g} {row.unit}" for row in own],
            "spread": [f"{row.spread:.0%}" if len(row.values) > 1 else "" for row in own],
            "times better": [f"{row.ratio:.3g}" if row.ratio else "" for row in own],
            "share": [f"{row.share:.0%}" if row.share is not None else "" for row in own],
            "": [row.note for row in own],
        }
        if earlier is not None:
            columns["against earlier run"] = [_improvement(row, earlier) for row in own]
        shown = [name for name, cells in columns.items() if any(cells)]
        lines.append("| " + " | ".join(shown) + " |")
        lines.append("|---|" + "---:|" * (len(shown) - 1))
        for index in range(len(own)):
            lines.append("| " + " | ".join(columns[name][index] for name in shown) + " |")
        lines.append("")
    return "\n".join(lines)


def _improvement(row: Row, earlier: Mapping[tuple[str, str], float]) -> str:
    """Return how many times better the row's median is than the earlier one, or "new"."""
    before = earlier.get((row.section, row.name))
    if not before or not row.median:
        return "new"
    ratio = row.median / before if row.unit in _HIGHER_IS_BETTER else before / row.median
    return f"{ratio:.2f} times"


def save_rows(path: Path, rows: Sequence[Row], device: torch.device) -> None:
    """Write all values as JSON, with the machine and the version of torch."""
    about = {"machine": describe_machine(device), "torch": torch.__version__}
    plain = [{**asdict(row), "median": row.median, "spread": row.spread} for row in rows]
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps({**about, "rows": plain}, indent=1), "utf-8")


def load_medians(path: Path) -> dict[tuple[str, str], float]:
    """Read the medians of an earlier benchmark, by section and name.

    Raises:
        SamuelError: the file is missing or was not written by `save_rows`.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return {(row["section"], row["name"]): row["median"] for row in found["rows"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise SamuelError(
            f"{path} is not a benchmark; name a file that samuel-bench --json wrote"
        ) from None


def describe_machine(device: torch.device) -> str:
    """Return the name of the processor that the device stands for."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or "CPU"
    return f"{name}, {torch.get_num_threads()} threads" + (
        ", its GPU" if device.type == "mps" else ""
    )
