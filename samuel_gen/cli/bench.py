"""The command `samuel-bench`, which measures the speed of this machine."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import report_errors
from samuel_gen.cli.configs import register_resolvers
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    import torch

    from samuel_gen.benchmark.timing import Row
    from samuel_gen.models.unet import SoftAlignmentUNet

SECTIONS = ("network", "sampling", "training", "data", "codec", "accompany", "start")
PRESETS = ("fast", "default", "quality", "paper")
EXAMPLES = """\
sections:
  network     limits of the machine; one call of the network in each precision; its layers
  sampling    each preset of configs/sampler; "plain" takes 800 steps of two calls each
  training    a training step with 8 and with 32 crops, and its memory
  data        crops per second of the data loader alone
  codec       encoding and decoding, per second of audio
  accompany   from the vocal's file to accompaniment and mix, 10 s to 10 min: time and memory
  start       --help of every command; samuel-generate to its first step and to its end

rows:
  plain               the baseline: a network of the same size in its simplest form, in float32
  voice heard before  a step after the first one, which finds the vocal's context in the cache
  hear the voice      encoding the vocal into latents and melody

examples:
  samuel-bench                                 all sections: 7 minutes on two cores
  samuel-bench network sampling --json now.json
  samuel-bench network --compare earlier.json  compare with an earlier run
"""


def main() -> None:
    """Run `samuel-bench`."""
    parser = argparse.ArgumentParser(
        prog="samuel-bench",
        description="Measure this machine's speed. Each row is the median of several runs after\n"
        "one to warm up, with half the interquartile range, and with the ratio to a\n"
        "baseline that ran in turn with it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"sections to measure: {', '.join(SECTIONS)} (default: all)",
    )
    add("--model", default="base", metavar="NAME", help="a name in configs/model (default: base)")
    add("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add("--repeats", type=int, default=7, metavar="N", help="runs of each row (default: 7)")
    add(
        "--compile",
        action="store_true",
        help="also measure torch.compile, which takes a minute and needs a C++ compiler",
    )
    add("--json", type=Path, metavar="FILE", help="write every value to this file")
    add("--compare", type=Path, metavar="FILE", help="compare with a file written by --json")
    arguments = parser.parse_args()
    with report_errors():
        bench(arguments)


def bench(arguments: argparse.Namespace) -> None:
    """Measure the given sections and print their tables.

    Args:
        arguments: the options that `samuel-bench --help` lists.

    Raises:
        SamuelError: a section, model or device is unknown, or a file cannot be read or written.
    """
    _check(arguments)
    from rich.console import Console

    from samuel_gen.benchmark import report
    from samuel_gen.generation.devices import find_device

    earlier = None if arguments.compare is None else report.load_medians(arguments.compare)
    device = find_device(arguments.device)
    console = Console(stderr=True)
    rows: list[Row] = []
    with console.status("") as status:
        for part in _measure(arguments, device, lambda stage: status.update(f"{stage} ...")):
            rows += part
            print(report.format_tables(part, earlier), flush=True)
    machine = report.describe_machine(device)
    print(f"measured on {machine}, {arguments.repeats} runs each")
    if arguments.json is not None:
        report.save_rows(arguments.json, rows, device)
        print(f"every value is in {arguments.json}")


def _check(arguments: argparse.Namespace) -> None:
    unknown = sorted(set(arguments.sections) - set(SECTIONS))
    if unknown:
        raise SamuelError(
            f"{', '.join(unknown)}: no such section; the sections are {', '.join(SECTIONS)}"
        )
    if arguments.repeats < 1:
        raise SamuelError(f"--repeats {arguments.repeats} is below 1; the default is 7")
    if arguments.json is not None and arguments.json.exists():
        raise SamuelError(f"{arguments.json} exists already; name another file")


def _measure(
    arguments: argparse.Namespace, device: "torch.device", report_stage: Callable[[str], None]
) -> "Iterator[list[Row]]":
    """Yield the rows of each section as soon as they are measured."""
    from samuel_gen.benchmark import codec, data, limits, network, sampling, training

    wanted, repeats = arguments.sections or SECTIONS, arguments.repeats
    few = min(repeats, 3)  # for rows that take seconds per run
    config = _compose_config("train", f"model={arguments.model}")["model"]
    config.pop("_target_")

    report_stage("limits of this machine")
    limit_rows = limits.measure_limits(device, repeats)
    peak = limits.peak_gigaflops(limit_rows)
    if "network" in wanted:
        yield limit_rows
        report_stage("network")
        model = _build_network(config).to(device).eval()
        yield network.measure_forward(model, device, peak, repeats, arguments.compile)
        yield network.measure_parts(model, device, repeats)
    if "sampling" in wanted:
        report_stage("sampling")
        model = _build_network(config).to(device).eval()
        yield sampling.measure_samplers(model, *_build_sampling(), device, few)
    if "training" in wanted:
        report_stage("training")
        yield training.measure_training(config, device, peak, few)
    if "data" in wanted:
        yield data.measure_loading(few, report_stage)
    if "codec" in wanted:
        report_stage("codec")
        yield codec.measure_codec(few)
    if "accompany" in wanted or "start" in wanted:
        yield from _measure_generation(wanted, config, device, few, report_stage)


def _measure_generation(
    wanted: Sequence[str],
    config: dict[str, Any],
    device: "torch.device",
    repeats: int,
    report_stage: Callable[[str], None],
) -> "Iterator[list[Row]]":
    """Yield the rows of the sections that need a checkpoint, which is untrained and temporary."""
    import tempfile

    from samuel_gen.benchmark import accompany, material, startup

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model.safetensors"
        material.write_untrained_checkpoint(config, checkpoint)
        if "accompany" in wanted:
            report_stage("whole accompaniments")
            yield accompany.measure_accompaniments(checkpoint, device, repeats)
        if "start" in wanted:
            report_stage("startup")
            help_rows = startup.measure_help(repeats)
            yield help_rows + startup.measure_first_sound(checkpoint, repeats)


def _build_network(config: dict[str, Any]) -> "SoftAlignmentUNet":
    """Build the network with the weights of seed 0, without touching the global random state."""
    import torch

    from samuel_gen.models.unet import SoftAlignmentUNet

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return SoftAlignmentUNet(**config)


def _build_sampling() -> tuple[dict[str, Any], Any]:
    """Return the presets of configs/sampler by name, and the default guidance."""
    from samuel_gen.build import build

    presets = {
        name: build(_compose_config("generate", f"sampler={name}")["sampler"]) for name in PRESETS
    }
    return presets, build(_compose_config("generate")["guidance"])


def _compose_config(name: str, *overrides: str) -> dict[str, Any]:
    """Compose the configuration of a command and resolve it; of `train`, only what is needed."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    register_resolvers()
    try:
        with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
            config = hydra.compose(name, overrides=list(overrides))
    except HydraException as error:
        raise SamuelError(" ".join(str(error).split())) from None
    if name == "train":  # other nodes resolve only within a run of Hydra
        config = OmegaConf.create({"model": config.model, "diffusion": config.diffusion})
    resolved: Any = OmegaConf.to_container(config, resolve=True)
    return dict(resolved)


if __name__ == "__main__":
    main()
