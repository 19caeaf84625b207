"""The package speaks plain English: docs/glossary.md and CONTRIBUTING.md say how."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "samuel_gen"
RIDDLES = re.compile(r"(What|Where|How|Whether|Who|Which|Of|From|As|By|In|Is|Are|Has|Does)\b")
SCRAPS = re.compile(r"(of|its|for|in|on|by|from|to|with|see|how|what|where|as|is|are)\b")
HOMONYMS = re.compile(r"(^|_)(heard|told|shipped|stretch|take|takes|tries|voice)(_|$)|^band$")
# The players of a rendered song are a band; its singer has a voice box, and a chord has voices.
PLAYERS = {"corpus"}


def definitions() -> Iterator[tuple[str, ast.AST]]:
    """Every module, class and function of the package, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                line = getattr(node, "lineno", 1)
                yield f"{path.relative_to(PACKAGE)}:{line}", node


def test_a_docstring_opens_with_the_thing_or_the_deed() -> None:
    found = [
        f"{place}: {text.splitlines()[0]}"
        for place, node in definitions()
        if (text := ast.get_docstring(node)) and RIDDLES.match(text)
    ]
    assert not found, "\n".join(found)


def test_an_argument_is_described_by_a_whole_phrase() -> None:
    found = []
    for place, node in definitions():
        sections = re.findall(
            r"(?:Args|Attributes):\n(.*?)(?:\n\n|\Z)", ast.get_docstring(node) or "", re.DOTALL
        )
        for section in sections:
            entries = re.findall(r"(?m)^ {4}([\w, *]+): (.+)$", section)
            found += [f"{place}: {name}: {text}" for name, text in entries if SCRAPS.match(text)]
    found = [entry for entry in found if ": as in `" not in entry]
    assert not found, "\n".join(found)


def test_no_name_is_a_word_that_the_glossary_replaces() -> None:
    found = []
    for place, node in definitions():
        if isinstance(node, ast.Module):
            continue
        names = [node.name]
        if isinstance(node, ast.FunctionDef):
            names += [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
        if place.split("/")[0] not in PLAYERS:
            found += [f"{place}: {name}" for name in names if HOMONYMS.search(name.lower())]
    assert not found, "\n".join(found)
