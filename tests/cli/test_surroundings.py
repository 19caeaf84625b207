"""Bare machines: no login name, no home, nothing that may be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from samuel_gen.cli.surroundings import is_writable, require_writable
from samuel_gen.errors import SamuelError

BARE = """
import os, pwd
def nobody(_): raise KeyError("uid not found")
pwd.getpwuid = nobody
from samuel_gen.cli.surroundings import settle_surroundings
settle_surroundings()
"""


def run(script: str, **variables: str) -> str:
    gone = ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")
    kept = {name: value for name, value in os.environ.items() if name not in gone}
    return subprocess.run(
        [sys.executable, "-c", BARE + script],
        env=kept | variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("home", [None, "/dev/null/nowhere", "/proc"])
def test_torch_and_matplotlib_start_without_login_and_home(home):
    script = """
import getpass, torch._inductor.runtime.cache_dir_utils as dirs, matplotlib
print(getpass.getuser(), dirs.default_cache_dir(), matplotlib.get_configdir())
"""
    said = run(script, **({} if home is None else {"HOME": home}))
    assert f"uid{os.getuid()}" in said and "samuel-matplotlib-" in said


def test_each_process_compiles_into_a_folder_of_its_own():
    script = """
import numba
print(numba.config.CACHE_DIR)
os.makedirs(numba.config.CACHE_DIR)
"""
    one, two = (run(script).strip() for _ in range(2))
    assert one != two and "samuel-numba-" in one
    assert not Path(one).exists(), "it is removed in the end"
    assert run(script, NUMBA_CACHE_DIR=f"{one}-mine").strip() == f"{one}-mine"
    os.rmdir(f"{one}-mine")


def test_a_folder_that_nobody_may_write_names_the_variable(tmp_path):
    assert require_writable(str(tmp_path / "new" / "cache")) == str(tmp_path / "new" / "cache")
    (tmp_path / "file").touch()
    for folder in ("~/.cache/samuel_gen", "/proc/none", str(tmp_path / "file" / "cache")):
        assert not is_writable(Path(folder))
        with pytest.raises(SamuelError, match="set SAMUEL_CACHE to another folder"):
            require_writable(folder)


def test_a_training_without_a_home_names_the_variable():
    script = """
import sys
from samuel_gen.cli.configs import find_cache_folder
from samuel_gen.errors import SamuelError
try:
    find_cache_folder()
except SamuelError as error:
    print(error)
"""
    assert "set SAMUEL_CACHE to another folder" in run(script, SAMUEL_CACHE="")
