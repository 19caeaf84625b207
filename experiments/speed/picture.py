"""Where the time goes, before and after, from two files of samuel-bench --json.

python experiments/speed/picture.py before.json after.json -o parts.png
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

SECTIONS = {"accompany": "accompany of 47.55 s, in seconds", "parts": "one forward, in ms"}


def shares(rows: list[dict[str, Any]], section: str) -> dict[str, float]:
    """Median by name of the rows that are a part of something."""
    return {
        row["name"].strip(): row["median"]
        for row in rows
        if row["section"] == section and row["share"] is not None
    }


def main() -> None:
    """Read two benchmarks and draw their parts as bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG")
    arguments = parser.parse_args()
    runs: Mapping[str, list[dict[str, Any]]] = {
        name: json.loads(path.read_text("utf-8"))["rows"]
        for name, path in (("before", arguments.before), ("after", arguments.after))
    }
    figure = Figure(figsize=(9, 2.2 * len(SECTIONS)), layout="constrained")
    for axes, (section, title) in zip(
        figure.subplots(len(SECTIONS), 1), SECTIONS.items(), strict=True
    ):
        found = {name: shares(rows, section) for name, rows in runs.items()}
        parts = sorted({part for one in found.values() for part in one})
        parts.sort(key=lambda part: -max(one.get(part, 0.0) for one in found.values()))
        left = dict.fromkeys(found, 0.0)
        for part in parts:
            widths = [found[name].get(part, 0.0) for name in found]
            axes.barh(list(found), widths, left=list(left.values()), label=part)
            left = {name: left[name] + found[name].get(part, 0.0) for name in found}
        for name, whole in left.items():
            axes.text(whole, name, f" {whole:.3g}", va="center")
        axes.invert_yaxis()
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlim(0, 1.12 * max(left.values()))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    figure.savefig(arguments.output, dpi=100)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    main()
