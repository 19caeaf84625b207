"""The pages of the repository, and the commands that they tell the reader to run."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = [
    ROOT / "docs" / f"{name}.md"
    for name in ("generate", "lead-sheet", "data", "train", "evaluate", "sweeps")
]
EXPERIMENTS = sorted((ROOT / "experiments").rglob("*.md"))
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *EXPERIMENTS,
]


def code_lines(page: Path) -> list[str]:
    """Return the lines of the indented code blocks, continued lines joined."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    blocks = re.findall(r"(?:^\n)((?:    .*\n)+)", text, re.M)
    joined = "".join(blocks).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines()]


def commands(page: Path, *starts: str) -> list[list[str]]:
    """Return the words of the commands on a page that start with one of these words."""
    lines = [line for line in code_lines(page) if line.startswith(starts)]
    return [shlex.split(line, comments=True) for line in lines]
