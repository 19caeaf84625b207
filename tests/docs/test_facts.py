"""What pages say of defaults, files, names, extras and make targets is true."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import hydra
import pytest
import yaml
from omegaconf import OmegaConf

from samuel_gen.cli import generate
from samuel_gen.cli.configs import register_resolvers
from samuel_gen.configs_folder import find_configs_folder
from tests.docs.pages import EXPERIMENTS, GUIDES, PAGES, README, ROOT, code_lines

DEFAULT = re.compile(r"`([\w./-]+)`\s\(default\s`([^`]+)`")
EXAMPLES = {"samuel_gen/a/b.py", "tests/a/test_b.py"}
COMMANDS = {"data": "encode", "train": "train", "evaluate": "evaluate", "generate": "generate"}
COMMANDS |= {"lead-sheet": "generate"}


def parser_defaults() -> dict[str, Any]:
    actions = generate._parser()._actions
    found = {flag: action.default for action in actions for flag in action.option_strings}
    return found | {"--metric": "val/mse"}


def composed(primary: str) -> Any:
    register_resolvers()
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        return hydra.compose(primary, overrides=["output=out"] * (primary != "generate"))


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_defaults_on_a_page_are_those_of_the_configs(page: Path) -> None:
    quoted = DEFAULT.findall(page.read_text("utf-8"))
    assert quoted
    flags, config = parser_defaults(), composed(COMMANDS.get(page.stem, "train"))
    for name, text in quoted:
        value = yaml.safe_load(text)
        if name.startswith("--"):
            actual = flags[name]
        elif name.startswith("hydra."):
            sweeper = OmegaConf.load(find_configs_folder() / "hydra/sweeper/search.yaml")
            actual = OmegaConf.select(sweeper, name.removeprefix("hydra.sweeper."))
        else:
            actual = OmegaConf.select(config, name, default="missing")
        if OmegaConf.is_config(actual):
            actual = OmegaConf.to_container(actual)
        assert type(value)(actual) == value if value is not None else actual is None, name


def test_every_default_is_quoted_in_the_form_that_is_checked() -> None:
    for page in GUIDES:
        text = page.read_text("utf-8")
        assert len(re.findall(r"\(default", text)) == len(DEFAULT.findall(text)), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_and_files_on_a_page_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    if page.name == "CHANGELOG.md":
        text = text.partition("### How to migrate")[0]  # old names follow
    for name in set(re.findall(r"\bsamuel_gen(?:\.\w+)+", text)) - {"samuel_gen.models.mine.Mine"}:
        assert locate(name), name
    rooms = "|".join(path.name for path in (ROOT / "samuel_gen").iterdir() if path.is_dir())
    for name in re.findall(rf"`((?:{rooms})/\w+\.py)`", text):
        assert (ROOT / "samuel_gen" / name).is_file(), name
    for name in re.findall(r"\b((?:samuel_gen|experiments|configs|tests)/[\w/]+\.\w+)", text):
        assert (ROOT / name).is_file() or "mine" in name or name in EXAMPLES, name


def locate(name: str) -> bool:
    """Return whether a dotted name is a module, or an attribute of one."""
    module, _, rest = name, "", []
    while module:
        try:
            value: Any = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
            continue
        for part in rest:
            if not hasattr(value, part):
                return (ROOT / f"{module.replace('.', '/')}" / f"{part}").exists()
            value = getattr(value, part)
        return True
    return False


def test_extras_and_make_targets_on_the_pages_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.M))
    for page in PAGES:
        text = page.read_text("utf-8")
        for extras in re.findall(r"samuel-gen\[([\w,]+)\]", text):
            assert set(extras.split(",")) <= set(project["optional-dependencies"]), (page, extras)
        for line in code_lines(page):
            if line.startswith("make "):
                assert line.split()[1] in targets, line


def test_the_readme_fits_a_terminal() -> None:
    lines = README.read_text("utf-8").splitlines()
    assert max(map(len, lines)) <= 120 and len(lines) <= 130


def test_tables_and_figures_of_experiments_name_their_command() -> None:
    for page in EXPERIMENTS:
        if page.parent.name != "experiments":
            assert code_lines(page), page
            for figure in page.parent.glob("*.png"):
                assert any(figure.name in text.read_text("utf-8") for text in PAGES), figure
