import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import mistakes_told, run_hydra
from samuel_gen.cli.train_resume import resumed
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from lightning import Trainer
    from omegaconf import DictConfig


def main() -> None:
    """`samuel-train`: from songs to a checkpoint; see --help."""
    with mistakes_told():
        sys.argv[1:] = resumed(sys.argv[1:])
    run_hydra(train, "train")


def train(config: "DictConfig") -> float | None:
    """Prepare the data, fit, release the best weights and let them be heard.

    Args:
        config: `configs/train.yaml`, composed.

    Returns:
        `val/mse` of the averaged weights after the last epoch, for a search to minimise.

    Raises:
        SamuelError: no such device, a data set that does not fit, or a run that diverged.
    """
    _check_device(str(config.trainer.accelerator))

    import lightning as L
    from omegaconf import OmegaConf

    from samuel_gen.build import build
    from samuel_gen.generation.accompanist import Accompanist
    from samuel_gen.training.initial_weights import begin_with
    from samuel_gen.training.loggers import code, keep_checkpoint
    from samuel_gen.training.release import release
    from samuel_gen.training.samples import write_samples

    plain: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
        config, resolve=True, throw_on_missing=True
    )
    output = Path(plain["output"])
    _quieten()
    L.seed_everything(plain["seed"], verbose=False)
    data = build(plain["data"])
    module = build(plain["training"])
    began_with = None
    if plain["weights"] is not None:
        began_with = begin_with(module, plain["weights"], build(plain["codec"]), plain)
    loggers = list(build(plain["logger"]).values())
    for logger in loggers:
        logger.log_hyperparams({**plain, "code": code()})
    trainer = build(
        plain["trainer"], callbacks=list(build(plain["callbacks"]).values()), logger=loggers
    )
    with _way_back_told(trainer):
        trainer.fit(module, data, ckpt_path=plain["ckpt"], weights_only=False)

    if not trainer.is_global_zero:
        return None  # one process is enough for the rest
    checkpoint = release(trainer, module, data, plain, began_with)
    path = output / "model.safetensors"
    checkpoint.save(path)
    keep_checkpoint(loggers, path)
    if checkpoint.config["codec"] is not None:
        sampler, guidance = build(plain["sampler"]), build(plain["guidance"])
        write_samples(
            Accompanist.from_pretrained(path),
            data,
            output / "sample",
            loggers,
            sampler=sampler,
            guidance=guidance,
        )
    for logger in loggers:
        logger.finalize("success")
    _finish_wandb()
    size = path.stat().st_size / 1e6
    print(f"Curves and a sample are in {output}; the trained model ({size:.0f} MB) is {path}")
    found = trainer.callback_metrics.get("val/mse")
    return None if found is None else float(found)


def _check_device(accelerator: str) -> None:
    import torch

    if accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise SamuelError(
            "trainer=gpu: found no CUDA device; expected one; "
            "use trainer=cpu, or trainer=auto for the best device at hand"
        )
    if accelerator == "mps" and not torch.backends.mps.is_available():
        raise SamuelError(
            "trainer=mps: found no Apple GPU; expected one; "
            "use trainer=cpu, or trainer=auto for the best device at hand"
        )


@contextmanager
def _way_back_told(trainer: "Trainer") -> Iterator[None]:
    """Say how to go on after Ctrl-C, upon which Lightning shuts down and exits."""
    try:
        yield
    except SystemExit:
        last = getattr(trainer.checkpoint_callback, "last_model_path", "")
        way = f"go on with: samuel-train ckpt='{last}'" if last else "no epoch was finished"
        print(f"\nstopped in epoch {trainer.current_epoch}; {way}", file=sys.stderr)
        raise


def _quieten() -> None:
    """Keep Lightning's advice about settings that were chosen on purpose off the terminal."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for advice in (".*does not have many workers.*", ".*log_every_n_steps.*", ".*LeafSpec.*"):
        warnings.filterwarnings("ignore", advice)
    warnings.filterwarnings("ignore", ".*exists and is not empty.*")  # a run that goes on


def _finish_wandb() -> None:
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish()


if __name__ == "__main__":
    main()
