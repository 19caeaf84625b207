"""`--help` answers at once, because it imports nothing heavy, and lists all choices."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "lightning", "wandb", "librosa", "scipy", "matplotlib", "numpy", "uvicorn")


MODULES = {
    name: f"samuel_gen.cli.{name}"
    for name in ("train", "encode", "generate", "inspect", "report", "evaluate", "bench")
} | {"web": "samuel_gen.web.command"}


@pytest.mark.parametrize("name", MODULES)
def test_help_imports_nothing_heavy(name: str) -> None:
    script = (
        f"import sys, {MODULES[name]} as command\n"
        f"sys.argv = ['samuel-{name}', '--help']\n"
        "try: command.main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"samuel-{name}" in done.stdout


def test_the_choices_include_those_of_config_dir(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "try.yaml").write_text("seed: 1\n")
    command = [sys.executable, "-m", "samuel_gen.cli.train", "--help", "--config-dir", tmp_path]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    choices = {line.partition(": ")[0]: line.partition(": ")[2].split(", ") for line in lines}
    assert {"smoke", "try", "window_ablation"} <= set(choices["experiment"])
    assert choices["model"] == ["base", "small", "tiny"]
