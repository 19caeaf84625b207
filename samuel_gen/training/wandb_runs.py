from pathlib import Path

from lightning.pytorch.loggers import WandbLogger


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
