"""Shared by all commands: error handling, the Hydra runner and its help."""

import io
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from samuel_gen.cli.configs import (
    check_choices,
    find_config_dirs,
    list_config_groups,
    register_resolvers,
)
from samuel_gen.cli.interrupts import Interrupted, raise_interrupted
from samuel_gen.cli.surroundings import settle_surroundings
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.errors import SamuelError
from samuel_gen.storage import explain_write_errors

if TYPE_CHECKING:
    from omegaconf import DictConfig

    Task = Callable[[DictConfig], float | None]

log = logging.getLogger(__name__)


@contextmanager
def report_errors() -> Iterator[None]:
    """Print a SamuelError as one line on stderr and exit with 2.

    The same is done for a disk that is full or may not be written; Ctrl-C exits with 130, and
    SIGTERM with 143. Characters of names that the terminal cannot show are replaced.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    settle_surroundings()
    try:
        with raise_interrupted(), explain_write_errors():
            yield
    except SamuelError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    except Interrupted as stop:
        print(f"\n{stop.line}", file=sys.stderr)
        raise SystemExit(stop.code) from None
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def run_hydra(task: "Task", config_name: str) -> None:
    """Run a command that Hydra configures; exit with 2 on a wrong argument or a SamuelError.

    In a sweep, a run that fails is reported on stderr and in its own log. The other runs go on,
    and the exit code is 1.

    Args:
        task: receives the composed configuration, once per job; returns the value that a search
            minimises, or None.
        config_name: the primary config, without its suffix.
    """
    import hydra

    register_resolvers()
    sys.argv[1:] = map(quote_name, sys.argv[1:])
    if {"--help", "-h"} & set(sys.argv[1:]):
        _print_help(config_name)
        return
    has_begun = False

    def run(config: "DictConfig") -> float | None:
        nonlocal has_begun
        has_begun = True
        return _run_job(task, config)

    decorate = hydra.main(
        version_base="1.3", config_path=str(find_configs_folder()), config_name=config_name
    )
    try:
        with report_errors(), _report_hydra_errors(lambda: has_begun):
            decorate(run)()
    except SystemExit as end:  # of Hydra, at a wrong override or option
        raise SystemExit(2 if end.code == 1 and not has_begun else end.code) from None


@contextmanager
def _report_hydra_errors(has_begun: Callable[[], bool]) -> Iterator[None]:
    """Print a wrong override or a YAML file that cannot be read as one line; let others out.

    Hydra itself would print the first in several lines, and a folder that cannot be written with a
    traceback. Where the user has set HYDRA_FULL_ERROR, everything comes out.

    Args:
        has_begun: tells whether the task has begun; before, only Hydra can fail.
    """
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    switch = "HYDRA_FULL_ERROR"
    before = os.environ.get(switch)
    os.environ[switch] = "1"
    try:
        yield
    except Exception as error:
        is_of_hydra = isinstance(error, HydraException)  # some of them are OSErrors too
        is_told_elsewhere = isinstance(error, SamuelError | OSError) or has_begun()
        if before or (is_told_elsewhere and not is_of_hydra):
            raise
        kind = "" if is_of_hydra else f"{type(error).__name__}: "
        cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else ""
        print(*f"{kind}{error} {cause}".split(), file=sys.stderr)
        raise SystemExit(1) from None
    finally:
        del os.environ[switch]
        if before is not None:
            os.environ[switch] = before


def quote_name(word: str) -> str:
    """Quote the value of KEY=VALUE if it is a name that Hydra's grammar does not know.

    The grammar has no letters beyond ASCII outside quotes, nor bytes that are not UTF-8.
    """
    key, is_value, value = word.partition("=")
    is_plain = value.isascii() or set(value) & set("[]{},'\"\\")
    return word if not is_value or is_plain else f"{key}='{value}'"


def _print_help(config_name: str) -> None:
    """Print the command's help file, the choices of each group, and the composed configuration.

    Hydra's own --help takes twice as long; it spends most of that time on finding the choices.
    """
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    config_dirs = find_config_dirs()
    overrides = [word for word in sys.argv[1:] if "=" in word and not word.startswith("-")]
    if config_dirs:
        folders = ",".join(f"file://{Path(folder).resolve()}" for folder in config_dirs)
        overrides.append(f"hydra.searchpath=[{folders}]")
    configs = find_configs_folder()
    help_text = OmegaConf.load(configs / "hydra" / "help" / f"samuel_{config_name}.yaml")
    with report_errors():
        try:
            with hydra.initialize_config_dir(str(configs), version_base="1.3"):
                config = hydra.compose(config_name, overrides=overrides)
        except HydraException as error:
            raise SamuelError(" ".join(str(error).split())) from None
        print(help_text.header, "Choose one of each group (group=name):", "", sep="\n")
        print(list_config_groups(), "", sep="\n")
        print("Change any value (group.key=value):", "", OmegaConf.to_yaml(config), sep="\n")
        print(help_text.footer, flush=True)


def _run_job(task: "Task", config: "DictConfig") -> float | None:
    """Run the task; in a sweep, report an error in the way that lets the other runs go on."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import CompactHydraException
    from hydra.types import RunMode

    is_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    with report_errors():
        try:
            with explain_write_errors():
                return _run_task(task, config)
        except Interrupted as stop:
            if is_sweep:
                stop.line += f"; {_describe_sweep()}"
            raise
        except SamuelError as error:
            if not is_sweep:
                raise
            log.error(error)
            print(error, file=sys.stderr)
            raise CompactHydraException(str(error)) from None
        except Exception:
            if is_sweep:
                log.exception("failed")
            raise


def _describe_sweep() -> str:
    """Say how a sweep goes on that was stopped."""
    from hydra.core.hydra_config import HydraConfig

    config = HydraConfig.get()
    return (
        f"the sweep ends with run {config.job.num}; samuel-report {config.sweep.dir} shows what is "
        "finished; start samuel-train -m again with the values that are left"
    )


def _run_task(task: "Task", config: "DictConfig") -> float | None:
    """Run the task; report an OmegaConf error as a SamuelError, since the user set the config."""
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    try:
        check_choices(config)
        return task(config)
    except MissingMandatoryValue as error:
        key = error.full_key
        raise SamuelError(f"{key} is missing: add {key}=...") from None
    except OmegaConfBaseException as error:
        own: BaseException | None = error
        while own is not None and not isinstance(own, SamuelError):  # of a resolver
            own = own.__cause__ or own.__context__
        raise (own or SamuelError(" ".join(str(error).split()))) from None
