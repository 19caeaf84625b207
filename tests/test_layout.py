"""A reader finds the test of a file where its name says; tests/README.md names the exceptions."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def twins() -> dict[str, Path]:
    """The test file that each module of the package should have."""
    package = ROOT / "samuel_gen"
    return {
        str(path.relative_to(package)): ROOT
        / "tests"
        / path.relative_to(package).with_name(f"test_{path.name}")
        for path in sorted(package.rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
    }


def exceptions() -> dict[str, list[str]]:
    """The modules without a twin, and the test files that cover them."""
    text = (ROOT / "tests" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w/]+\.py)` \| (.+) \|$", text, re.MULTILINE)
    return {module: re.findall(r"`([\w/]+\.py)`", tests) for module, tests in rows}


def test_every_module_has_its_test_file_or_is_an_exception() -> None:
    missing = [module for module, path in twins().items() if not path.exists()]
    assert sorted(missing) == sorted(exceptions())


def test_every_exception_names_test_files_that_exist() -> None:
    for module, tests in exceptions().items():
        assert tests, module
        for test in tests:
            assert (ROOT / "tests" / test).exists(), f"{module}: {test}"
