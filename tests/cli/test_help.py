"""A `--help` answers at once because it loads nothing heavy."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "lightning", "wandb", "librosa", "scipy", "matplotlib", "numpy")


@pytest.mark.parametrize(
    "name", ["train", "encode", "generate", "inspect", "report", "evaluate", "bench"]
)
def test_help_pays_for_no_heavy_import(name: str) -> None:
    script = (
        f"import sys; from samuel_gen.cli import {name} as command\n"
        f"sys.argv = ['samuel-{name}', '--help']\n"
        "try: command.main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"samuel-{name}" in done.stdout
