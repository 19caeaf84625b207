"""Sweeps by the launchers of Slurm and Ray, in the modes that one machine can run."""

import subprocess
import sys
from pathlib import Path

import hydra
import pytest
from hydra.core.hydra_config import HydraConfig

from samuel_gen.cli.configs import register_resolvers
from samuel_gen.configs_folder import find_configs_folder

KINDS = {
    "slurm": "SlurmLauncher",
    "slurm_local": "LocalLauncher",
    "ray_local": "RayLauncher",
    "ray_cluster": "RayLauncher",
}


def test_every_launcher_has_its_config() -> None:
    folder = find_configs_folder() / "hydra" / "launcher"
    assert {path.stem for path in folder.iterdir()} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_each_launcher_composes(name: str) -> None:
    register_resolvers()
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        overrides = ["output=out", f"hydra/launcher={name}", "hydra.mode=MULTIRUN"]
        config = hydra.compose("train", overrides=overrides, return_hydra_config=True)
    HydraConfig.instance().set_config(config)
    launcher = config.hydra.launcher
    assert launcher._target_.endswith(KINDS[name])
    if "ray" in name:
        assert (launcher.ray.init.address == "auto") == (name == "ray_cluster")
    else:
        assert launcher.timeout_min == 1440


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slurm_local", "ray_local"])
def test_a_local_launcher_runs_a_sweep(name: str, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "samuel_gen.cli.train", "-m", f"hydra/launcher={name}"),
        *("experiment=smoke", "source.seconds=6.0", "data.crop_frames=32"),
        *("model.window_size=4,8", "hydra.sweep.dir=sweep", "logger=none", "cache=cache"),
    ]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=600)
    runs = sorted((tmp_path / "sweep").glob("*/model.safetensors"))
    assert ["window_size=4" in str(runs[0]), "window_size=8" in str(runs[1])] == [True, True]
