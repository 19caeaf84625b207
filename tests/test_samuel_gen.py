"""The front door: the names that `samuel_gen` offers, and their price."""

import subprocess
import sys
from importlib.metadata import version

import pytest

import samuel_gen
import samuel_gen.checkpoint
import samuel_gen.generation


@pytest.mark.parametrize("package", [samuel_gen, samuel_gen.generation, samuel_gen.checkpoint])
def test_every_offered_name_loads(package) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        package.nothing  # noqa: B018


def test_the_version_is_that_of_the_installed_package() -> None:
    assert samuel_gen.__version__ == version("samuel-gen")


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import sys, samuel_gen, samuel_gen.generation, samuel_gen.checkpoint\n"
        "heavy = {'torch', 'numpy', 'soundfile', 'hydra', 'lightning'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
