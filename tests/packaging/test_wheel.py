"""The wheel: its configs are inside, and its commands run from any folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist, which would show symbolic links and missing files."""
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_every_config_and_table_is_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    configs = {path.relative_to(ROOT) for path in (ROOT / "configs").rglob("*.yaml")}
    assert {f"samuel_gen/{path}" for path in configs} <= inside
    assert "samuel_gen/codecs/spectral/tables.safetensors" in inside
    assert "samuel_gen/checkpoint/bundled.safetensors" in inside
    assert "samuel_gen/py.typed" in inside
    static = ROOT / "samuel_gen" / "web" / "static"
    page = {path.relative_to(ROOT).as_posix() for path in static.rglob("*") if path.is_file()}
    assert "samuel_gen/web/static/index.html" in page and page <= inside
    assert not any(name.startswith(("tests/", "configs/", "experiments/")) for name in inside)


def test_installed_commands_run_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    environment, empty = tmp_path / "env", tmp_path / "empty"
    empty.mkdir()
    run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=empty)
    python = environment / "bin" / "python"
    pins = ("--constraint", ROOT / "constraints.txt")
    run(UV, "pip", "install", "--quiet", "--python", python, *pins, wheel, cwd=empty)
    for command in ("samuel-train", "samuel-encode", "samuel-generate", "samuel-web"):
        assert command in run(environment / "bin" / command, "--help", cwd=empty)
    shown = run(environment / "bin" / "samuel-train", "experiment=paper", "--cfg", "job", cwd=empty)
    assert "lr: 0.00035" in shown
    assert not list(empty.iterdir())
