"""The table of a benchmark, its JSON, and how it compares with an earlier one."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from samuel_gen.benchmark.rows import Row
from samuel_gen.errors import SamuelError

_HIGHER = ("GFLOP/s", "GB/s", "clips/s")


def markdown(rows: Sequence[Row], earlier: Mapping[tuple[str, str], float] | None = None) -> str:
    """One table per section.

    Args:
        rows: in order.
        earlier: medians of another run by section and name, to be compared with.
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
            columns["against then"] = [_against(row, earlier) for row in own]
        shown = [name for name, cells in columns.items() if any(cells)]
        lines.append("| " + " | ".join(shown) + " |")
        lines.append("|---|" + "---:|" * (len(shown) - 1))
        for index in range(len(own)):
            lines.append("| " + " | ".join(columns[name][index] for name in shown) + " |")
        lines.append("")
    return "\n".join(lines)


def _against(row: Row, earlier: Mapping[tuple[str, str], float]) -> str:
    before = earlier.get((row.section, row.name))
    if not before or not row.median:
        return "new"
    ratio = row.median / before if row.unit in _HIGHER else before / row.median
    return f"{ratio:.2f} times"


def save(path: Path, rows: Sequence[Row], device: torch.device) -> None:
    """Write all values and what they were measured on."""
    about = {"machine": machine(device), "torch": torch.__version__}
    plain = [{**asdict(row), "median": row.median, "spread": row.spread} for row in rows]
    path.write_text(json.dumps({**about, "rows": plain}, indent=1), "utf-8")


def load(path: Path) -> dict[tuple[str, str], float]:
    """The medians of an earlier benchmark.

    Raises:
        SamuelError: no such file, or another kind.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return {(row["section"], row["name"]): row["median"] for row in found["rows"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise SamuelError(
            f"{path}: no benchmark; expected a file that samuel-bench --json wrote; check the path"
        ) from None


def machine(device: torch.device) -> str:
    """What it ran on, in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or "CPU"
    return f"{name}, {torch.get_num_threads()} threads" + (
        ", its GPU" if device.type == "mps" else ""
    )
