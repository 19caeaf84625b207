"""Picture of the shares of time in two benchmarks, before and after a change.

Where does the time go? The parts are read from two files that `samuel-bench --json` wrote.

    python experiments/speed/picture.py before.json after.json -o parts.png
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

Row = dict[str, Any]

SECTIONS = {"accompany": "accompany of 47.55 s, in seconds", "parts": "one forward, in ms"}


def select_parts(rows: list[Row], section: str) -> dict[str, float]:
    """Return the medians of a section's rows that are parts of a total, by name."""
    return {
        row["name"].strip(): row["median"]
        for row in rows
        if row["section"] == section and row["share"] is not None
    }


def draw_bars(axes: Any, parts_by_run: Mapping[str, Mapping[str, float]]) -> None:
    """Draw a bar for each run, divided into its parts, the largest part first."""
    names = sorted({name for parts in parts_by_run.values() for name in parts})
    names.sort(key=lambda name: -max(parts.get(name, 0.0) for parts in parts_by_run.values()))
    left = dict.fromkeys(parts_by_run, 0.0)
    for name in names:
        widths = [parts.get(name, 0.0) for parts in parts_by_run.values()]
        axes.barh(list(parts_by_run), widths, left=list(left.values()), label=name)
        left = {run: left[run] + parts.get(name, 0.0) for run, parts in parts_by_run.items()}
    for run, total in left.items():
        axes.text(total, run, f" {total:.3g}", va="center")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * max(left.values()))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)


def main() -> None:
    """Read two benchmarks and draw their parts as bars."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG file to write")
    arguments = parser.parse_args()
    runs: Mapping[str, list[Row]] = {
        name: json.loads(path.read_text("utf-8"))["rows"]
        for name, path in (("before", arguments.before), ("after", arguments.after))
    }
    figure = Figure(figsize=(9, 2.2 * len(SECTIONS)), layout="constrained")
    for axes, (section, title) in zip(
        figure.subplots(len(SECTIONS), 1), SECTIONS.items(), strict=True
    ):
        axes.set_title(title, loc="left", fontsize=10)
        draw_bars(axes, {name: select_parts(rows, section) for name, rows in runs.items()})
    figure.savefig(arguments.output, dpi=100)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    main()
