"""Records for the loggers besides the figures: run names, code version and checkpoint files."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from lightning.pytorch.loggers import Logger, WandbLogger


def make_wandb_logger(
    save_dir: str | Path, *, project: str, offline: bool = True, group: str | None = None
) -> WandbLogger:
    """Make a W&B logger whose run is named like its folder; in a sweep that is the difference.

    Args:
        save_dir: the folder of the run.
        project: the W&B project.
        offline: keep the run in the folder; `wandb sync` uploads it later.
        group: the common name of the runs of a sweep, or of several sweeps.
    """
    folder = Path(save_dir)
    return WandbLogger(
        name=folder.name, save_dir=folder, project=project, offline=offline, group=group
    )


def find_code_version() -> dict[str, str | None]:
    """Return the version of this package, and the commit if it runs from a git checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    commit = None
    with suppress(OSError, subprocess.CalledProcessError):  # no git, or no checkout
        commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return {"version": version("samuel-gen"), "commit": commit}


def log_checkpoint(loggers: Sequence[Logger], path: Path) -> None:
    """Log the checkpoint file as an artifact of the run, if W&B is among the loggers."""
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            run = logger.experiment
            run.log_artifact(str(path), name=f"model-{run.id}", type="model")
