"""What a run tells its loggers beyond its figures."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from lightning.pytorch.loggers import Logger, WandbLogger


def wandb_run(
    save_dir: str | Path, *, project: str, offline: bool = True, group: str | None = None
) -> WandbLogger:
    """A W&B run that is called like its folder, which in a sweep says what differs.

    Args:
        save_dir: the run's folder.
        project: of W&B.
        offline: keep it in the folder; `wandb sync` sends it later.
        group: what the runs of a sweep, or of several, have in common.
    """
    folder = Path(save_dir)
    return WandbLogger(
        name=folder.name, save_dir=folder, project=project, offline=offline, group=group
    )


def code() -> dict[str, str | None]:
    """The version of this package, and the commit where it runs from a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    commit = None
    with suppress(OSError, subprocess.CalledProcessError):  # no git, or no checkout
        commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return {"version": version("samuel-gen"), "commit": commit}


def keep_checkpoint(loggers: Sequence[Logger], path: Path) -> None:
    """Give the released file to W&B, where it is among the loggers, as an artifact of the run."""
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            run = logger.experiment
            run.log_artifact(str(path), name=f"model-{run.id}", type="model")
