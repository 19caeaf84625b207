"""Every error on the troubleshooting page is one that the code raises, word for word."""

import ast
import re
from functools import cache

import pytest

from tests.docs.pages import ROOT

QUOTED = re.findall(
    r"\*\*`([^`]+)`\*\*", (ROOT / "docs/troubleshooting.md").read_text("utf-8").replace("\n", " ")
)


@cache
def messages() -> list[list[str]]:
    """Return the texts of the package that could be a message, split where values are inserted."""
    found = []
    for path in (ROOT / "samuel_gen").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = "\0"
            if isinstance(node, ast.JoinedStr):
                pieces = [
                    part.value if isinstance(part, ast.Constant) else "\0" for part in node.values
                ]
                text = "".join(pieces)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            if len(text.replace("\0", "")) > 15:
                found.append(text.split("\0"))
    return found


def could_be(error: str, pieces: list[str]) -> bool:
    """Return whether a message yields the error, or begins with it if it ends with "..."."""
    if not any(len(piece) > 10 and piece.strip()[:9] in error for piece in pieces):
        return False  # the slow comparison would find nothing
    if not error.endswith("..."):
        return bool(re.fullmatch(".+".join(map(re.escape, pieces)), error))
    beginning = error.removesuffix("...").strip()
    for count, piece in enumerate(pieces):
        inserted = r".+" if count else ""
        before = re.compile(".+".join(map(re.escape, pieces[:count])) + inserted)
        for cut in range(len(beginning) + 1):
            rest = beginning[cut:]
            is_long = len("".join(pieces[:count]) + rest) > 15
            if is_long and piece.startswith(rest) and before.fullmatch(beginning[:cut]):
                return True
    return False


@pytest.mark.parametrize("error", QUOTED)
def test_a_quoted_error_is_raised_by_the_code(error: str) -> None:
    reason = error.partition(": ")[2]  # of an error whose prefix is added elsewhere
    assert any(could_be(error, each) or could_be(reason, each) for each in messages())


def test_many_errors_are_quoted() -> None:
    assert len(QUOTED) >= 25
