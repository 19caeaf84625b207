"""The commands of the experiment pages are valid: scripts, options and overrides exist."""

from pathlib import Path

import hydra
import pytest

from samuel_gen.cli import generate
from samuel_gen.cli.configs import register_resolvers
from samuel_gen.configs_folder import find_configs_folder
from tests.docs.pages import EXPERIMENTS, ROOT, commands

WITH_COMMANDS = [
    page for page in EXPERIMENTS if commands(page, "samuel-", "python", "OMP_NUM_THREADS")
]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.parent.name)
def test_commands_of_an_experiment_are_valid(page: Path) -> None:
    register_resolvers()
    for words in commands(page, "samuel-", "python", "OMP_NUM_THREADS"):
        words = [word for word in words if "OMP_NUM_THREADS" not in word]
        if words[0] in ("samuel-train", "samuel-evaluate"):
            primary = words[0].removeprefix("samuel-")
            # a sweep composes its values one by one
            overrides = [
                "output=out",
                *(word.partition(",")[0] for word in words[1:] if "=" in word),
            ]
            overrides = [
                each + "]" if each.count("[") > each.count("]") else each for each in overrides
            ]
            with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
                hydra.compose(primary, overrides=overrides)
        elif words[0] == "samuel-generate":
            generate._parser().parse_intermixed_args(words[1:])
        elif words[0] == "python" and words[1] != "-m":
            assert (ROOT / words[1]).is_file(), words
            script = (ROOT / words[1]).read_text("utf-8")
            for option in [word for word in words if word.startswith("--")]:
                assert f'"{option}"' in script, (words, option)
