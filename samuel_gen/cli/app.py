"""What all commands share: where the configs are, and how a mistake is told."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from omegaconf import DictConfig

log = logging.getLogger(__name__)


def configs_folder() -> Path:
    """The configs that came with the package, or those of the checkout it runs from."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "configs"
    return packaged if packaged.is_dir() else package.parent / "configs"


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Turn a SamuelError into its one line on stderr and exit code 2."""
    try:
        yield
    except SamuelError as mistake:
        print(mistake, file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # whoever reads has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def run_hydra(task: Callable[["DictConfig"], float | None], config_name: str) -> None:
    """Run a command whose arguments are Hydra's; mistakes in them exit with 2 as well.

    In a sweep a run that fails is told, in its own log too, and the others go on; the exit code
    is then 1.

    Args:
        task: receives the composed configuration, once per job; returns what a search minimises.
        config_name: the primary config, without its suffix.
    """
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import CompactHydraException
    from hydra.types import RunMode

    register_resolvers()
    if {"--help", "-h"} & set(sys.argv[1:]):
        _help(config_name)
        return
    begun = False

    def guarded(config: "DictConfig") -> float | None:
        nonlocal begun
        begun = True
        sweeping = HydraConfig.get().mode == RunMode.MULTIRUN
        with mistakes_told():
            try:
                return _without_omegaconf(task, config)
            except SamuelError as mistake:
                if not sweeping:
                    raise
                log.error(mistake)
                print(mistake, file=sys.stderr)
                raise CompactHydraException(str(mistake)) from None
            except Exception:
                if sweeping:
                    log.exception("failed")
                raise

    decorate = hydra.main(
        version_base="1.3", config_path=str(configs_folder()), config_name=config_name
    )
    try:
        decorate(guarded)()
    except SystemExit as end:
        # Hydra tells of an unknown key or option in its own words and exits with 1.
        raise SystemExit(2 if end.code == 1 and not begun else end.code) from None


def _help(config_name: str) -> None:
    """Print what the command's help file says, the choices, and the configuration as it stands.

    Hydra's own --help takes twice as long, most of it to find the choices.
    """
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    own = _config_dirs()
    overrides = [word for word in sys.argv[1:] if "=" in word and not word.startswith("-")]
    if own:
        folders = ",".join(f"file://{Path(folder).resolve()}" for folder in own)
        overrides.append(f"hydra.searchpath=[{folders}]")
    about = OmegaConf.load(configs_folder() / "hydra" / "help" / f"samuel_{config_name}.yaml")
    with mistakes_told():
        try:
            with hydra.initialize_config_dir(str(configs_folder()), version_base="1.3"):
                config = hydra.compose(config_name, overrides=overrides)
        except HydraException as error:
            raise SamuelError(" ".join(str(error).split())) from None
        print(about.header, "Choose one of each group (group=name):", "", sep="\n")
        print(config_groups(), "", sep="\n")
        print("Change any value (group.key=value):", "", OmegaConf.to_yaml(config), sep="\n")
        print(about.footer, flush=True)


def _without_omegaconf(
    task: Callable[["DictConfig"], float | None], config: "DictConfig"
) -> float | None:
    """Run the task; what OmegaConf says against its configuration is the user's mistake."""
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    try:
        return task(config)
    except MissingMandatoryValue as error:
        key = error.full_key
        raise SamuelError(f"{key}: not given; expected a value; add {key}=...") from None
    except OmegaConfBaseException as error:
        raise SamuelError(" ".join(str(error).split())) from None


def register_resolvers() -> None:
    """Teach OmegaConf `samuel_cache`, `samuel_codec` and `samuel_precision`."""
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver("samuel_cache", cache_folder, replace=True)
    OmegaConf.register_new_resolver("samuel_codec", codec_hash, replace=True)
    OmegaConf.register_new_resolver("samuel_precision", precision, replace=True)


def cache_folder() -> str:
    """Where rendered songs are kept: SAMUEL_CACHE, or the user's cache folder."""
    from platformdirs import user_cache_dir

    return os.environ.get("SAMUEL_CACHE") or user_cache_dir("samuel_gen", appauthor=False)


def config_groups() -> str:
    """Each group of choices with its names, a line each, those of --config-dir included."""
    found: dict[str, set[str]] = {}
    for folder in map(Path, [str(configs_folder()), *_config_dirs()]):
        for path in folder.glob("*/*.yaml"):
            if path.parent.name != "hydra":
                found.setdefault(path.parent.name, set()).add(path.stem)
    return "\n".join(f"{name}: {', '.join(sorted(found[name]))}" for name in sorted(found))


def _config_dirs() -> list[str]:
    words = sys.argv[1:]
    joined = [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    return joined + [after for word, after in pairwise(words) if word in ("--config-dir", "-cd")]


def codec_hash(node: "DictConfig") -> str:
    """The weights' hash of a codec, so that latents kept for one never meet another."""
    from omegaconf import OmegaConf

    from samuel_gen.build import build

    return str(build(OmegaConf.to_container(node, resolve=True)).identity.weights_hash)


def precision(accelerator: str) -> str:
    """The precision to train with: bf16 where the hardware has it, else fp32.

    Args:
        accelerator: "auto" or "gpu" ask the GPU; "cpu_fastest" asks the CPU for native bf16,
            which `trainer=cpu` does not use of itself, since fp32 is the reproducible choice;
            "fastest" asks the GPU, or the CPU where there is none.
    """
    if accelerator == "cpu_fastest":
        capable = _cpu_has_bf16()
    else:
        import torch

        if torch.cuda.is_available():
            capable = torch.cuda.is_bf16_supported()
        else:
            capable = accelerator == "fastest" and _cpu_has_bf16()
    return "bf16-mixed" if capable else "32-true"


def _cpu_has_bf16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
