"""`samuel-train`: train a denoiser and release it as a checkpoint."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import report_errors, run_hydra
from samuel_gen.cli.interrupts import Interrupted, postpone_interrupted
from samuel_gen.cli.train_resume import expand_resume
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from lightning import Trainer
    from lightning.pytorch.loggers import Logger
    from omegaconf import DictConfig

    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.data.load.crop_datamodule import CropDataModule


def main() -> None:
    """Run `samuel-train` with the arguments of the command line."""
    with report_errors():
        sys.argv[1:] = expand_resume(sys.argv[1:])
    run_hydra(train, "train")


def train(config: "DictConfig") -> float | None:
    """Prepare the data, fit, release the best weights and generate a sample.

    Args:
        config: `configs/train.yaml`, composed.

    Returns:
        `val/mse` of the averaged weights after the last epoch, which a search minimises.

    Raises:
        SamuelError: there is no such device, the data do not fit, or the run has diverged.
    """
    _check_device(str(config.trainer.accelerator))

    from omegaconf import OmegaConf

    plain: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
        config, resolve=True, throw_on_missing=True
    )
    try:
        return _train(plain)
    finally:
        _finish_wandb()  # the next run of a sweep would go on with a run that was left open


def _train(plain: dict[str, Any]) -> float | None:
    import lightning as L  # slow: after what can be refused

    from samuel_gen.build import build
    from samuel_gen.training.checkpoint_config import CheckpointConfig
    from samuel_gen.training.initial_weights import load_initial_weights
    from samuel_gen.training.loggers import find_code_version
    from samuel_gen.training.release import make_checkpoint

    _silence_lightning()
    L.seed_everything(plain["seed"], verbose=False)
    data = build(plain["data"])
    module = build(plain["training"])
    checkpoint_config = CheckpointConfig.from_run(plain)
    began_with = None
    if plain["weights"] is not None:
        codec = build(plain["codec"])
        began_with = load_initial_weights(module, plain["weights"], codec, checkpoint_config)
    loggers = list(build(plain["logger"]).values())
    for logger in loggers:
        logger.log_hyperparams({**plain, "code": find_code_version()})
    trainer = build(
        plain["trainer"], callbacks=list(build(plain["callbacks"]).values()), logger=loggers
    )
    with _explain_resume(trainer), postpone_interrupted(partial(_stop_after_step, trainer)):
        trainer.fit(module, data, ckpt_path=plain["ckpt"], weights_only=False)

    if not trainer.is_global_zero:
        return None  # one process is enough for the rest
    checkpoint = make_checkpoint(trainer, module, data, checkpoint_config, began_with)
    _release(checkpoint, data, loggers, plain)
    mse = trainer.callback_metrics.get("val/mse")
    return None if mse is None else float(mse)


def _release(
    checkpoint: "Checkpoint",
    data: "CropDataModule",
    loggers: Sequence["Logger"],
    config: dict[str, Any],
) -> None:
    """Write the checkpoint and a sample of it into the run's folder, and log both."""
    from samuel_gen.build import build
    from samuel_gen.checkpoint.loading import load_model
    from samuel_gen.generation.stages import Stages
    from samuel_gen.training.loggers import log_checkpoint
    from samuel_gen.training.samples import write_samples

    output = Path(config["output"])
    path = output / "model.safetensors"
    checkpoint.save(path)
    log_checkpoint(loggers, path)
    if checkpoint.config["codec"] is not None:
        write_samples(
            Stages(load_model(path)),
            data,
            output / "samples" / "final",
            loggers,
            sampler=build(config["sampler"]),
            guidance=build(config["guidance"]),
        )
    for logger in loggers:
        logger.finalize("success")
    size = path.stat().st_size / 1e6
    print(f"Curves and samples are in {output}; the checkpoint ({size:.0f} MB) is {path}")


def _check_device(accelerator: str) -> None:
    import torch

    advice = "use trainer=cpu, or trainer=auto for the best device of this machine"
    if accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise SamuelError(f"trainer=gpu: this machine has no CUDA device; {advice}")
    if accelerator == "mps" and not torch.backends.mps.is_available():
        raise SamuelError(f"trainer=mps: this machine has no Apple GPU; {advice}")


@contextmanager
def _explain_resume(trainer: "Trainer") -> Iterator[None]:
    """Say how to resume after Ctrl-C or SIGTERM."""
    try:
        yield
    except Interrupted as stop:
        last = getattr(trainer.checkpoint_callback, "last_model_path", "")
        advice = f"resume with: samuel-train ckpt='{last}'" if last else "no epoch was finished"
        stop.line = f"stopped in epoch {trainer.current_epoch}; {advice}"
        raise


def _stop_after_step(trainer: "Trainer", stop: Interrupted) -> bool:
    """Have the training state saved before the run is stopped, if there is one."""
    from samuel_gen.training.last_state import LastStateSaver

    savers = [each for each in trainer.checkpoint_callbacks if isinstance(each, LastStateSaver)]
    is_postponed = any([saver.stop(stop) for saver in savers])
    if is_postponed:  # a signal may interrupt a print, so print is not used
        os.write(2, b"\nsaving the training state, then stopping; a second time stops at once\n")
    return is_postponed


def _silence_lightning() -> None:
    """Hide Lightning's advice about settings that were chosen on purpose."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for advice in (".*does not have many workers.*", ".*log_every_n_steps.*", ".*LeafSpec.*"):
        warnings.filterwarnings("ignore", advice)
    warnings.filterwarnings("ignore", ".*exists and is not empty.*")  # the folder of a resumed run


def _finish_wandb() -> None:
    """Close the W&B run, if there is one: as failed, if an error is on its way."""
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=int(sys.exc_info()[0] is not None))


if __name__ == "__main__":
    main()
