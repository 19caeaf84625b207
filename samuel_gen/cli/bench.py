"""`samuel-bench`: how fast is it on this machine, and against what?"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import configs_folder, mistakes_told, register_resolvers
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    import torch

    from samuel_gen.benchmark.rows import Row

SECTIONS = ("network", "sampling", "training", "data", "codec", "accompany", "start")
PRESETS = ("fast", "default", "quality", "paper")
EXAMPLES = """\
sections:
  network     machine limits; the network in each precision beside the plain form; its parts
  sampling    each preset beside the plain way (800 ancestral steps, two passes each)
  training    a step at batch 8 and 32, and its memory
  data        crops per second of the loader alone
  codec       encode and decode per second of audio
  accompany   from voice to stem and mix, 10 s to 10 min: time, memory, where the time goes
  start       --help of every command, time to the first step and to the first music

examples:
  samuel-bench                                 all of it: 10 minutes on two cores
  samuel-bench network sampling --json now.json
  samuel-bench network --compare then.json     medians against an earlier run
"""


def main() -> None:
    """`samuel-bench`: see --help."""
    parser = argparse.ArgumentParser(
        prog="samuel-bench",
        description="Measure this machine's speed: each row is the median of repeated runs after "
        "one to warm up, with half the distance of their quartiles, and the ratio to a baseline "
        "that was run in turn with it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; default: all")
    add("--model", default="base", metavar="NAME", help="of configs/model (default: base)")
    add("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add("--repeats", type=int, default=7, metavar="N", help="runs of each row (default: 7)")
    add(
        "--compile",
        action="store_true",
        help="also through torch.compile: takes a minute and a C++ compiler",
    )
    add("--json", type=Path, metavar="FILE", help="write every value there")
    add("--compare", type=Path, metavar="FILE", help="an earlier --json to compare with")
    arguments = parser.parse_args()
    with mistakes_told():
        bench(arguments)


def bench(arguments: argparse.Namespace) -> None:
    """Measure what is asked for and print one table per section.

    Args:
        arguments: as `samuel-bench --help` lists them.

    Raises:
        SamuelError: an unknown section, model or device, or a file in the way.
    """
    unknown = sorted(set(arguments.sections) - set(SECTIONS))
    if unknown:
        raise SamuelError(
            f"{', '.join(unknown)}: no such section; expected some of {', '.join(SECTIONS)}; "
            "correct it"
        )
    if arguments.repeats < 1:
        raise SamuelError(f"--repeats {arguments.repeats}; expected at least 1; 7 is the default")
    if arguments.json is not None and arguments.json.exists():
        raise SamuelError(f"{arguments.json}: exists; expected a new file; name another one")

    from rich.console import Console

    from samuel_gen.benchmark import report
    from samuel_gen.generation.devices import device_named

    earlier = None if arguments.compare is None else report.load(arguments.compare)
    device = device_named(arguments.device)
    console = Console(stderr=True)
    rows: list[Row] = []
    with console.status("") as status:
        for part in _parts(arguments, device, lambda what: status.update(f"{what} ...")):
            rows += part
            print(report.markdown(part, earlier), flush=True)
    print(f"measured on {report.machine(device)}, {arguments.repeats} runs each")
    if arguments.json is not None:
        report.save(arguments.json, rows, device)
        print(f"every value is in {arguments.json}")


def _parts(
    arguments: argparse.Namespace, device: "torch.device", told: Callable[[str], None]
) -> "Iterator[list[Row]]":
    import tempfile

    import torch

    from samuel_gen.benchmark import learning, network, sampling, sound, starting
    from samuel_gen.build import build
    from samuel_gen.models.unet import SoftAlignmentUNet

    wanted, repeats = arguments.sections or SECTIONS, arguments.repeats
    few = min(repeats, 3)  # of what takes seconds
    config = _composed("train", f"model={arguments.model}")["model"]
    config.pop("_target_")
    torch.manual_seed(0)
    model = SoftAlignmentUNet(**config).to(device).eval()

    told("limits of this machine")
    limits = network.ceilings(device, repeats)
    ceiling = network.limit(limits)
    if "network" in wanted:
        yield limits
        told("the network")
        yield network.forward(model, device, ceiling, repeats, arguments.compile)
        yield network.parts(model, device, repeats)
    if "sampling" in wanted:
        told("sampling")
        presets = {
            name: build(_composed("generate", f"sampler={name}")["sampler"]) for name in PRESETS
        }
        guidance = build(_composed("generate")["guidance"])
        yield sampling.samplers(model, presets, guidance, device, few)
    if "training" in wanted:
        told("training")
        yield learning.training(config, device, ceiling, few)
    if "data" in wanted:
        yield learning.loading(few, told)
    if "codec" in wanted:
        told("codec")
        yield sound.codec(few)
    if not {"accompany", "start"} & set(wanted):
        return
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model.safetensors"
        sound.released(config, checkpoint)
        if "accompany" in wanted:
            told("whole accompaniments")
            yield sound.accompaniments(checkpoint, device, few)
        if "start" in wanted:
            told("starting")
            yield starting.helps(few) + starting.first_sound(checkpoint, few)


def _composed(name: str, *overrides: str) -> dict[str, Any]:
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    register_resolvers()
    try:
        with hydra.initialize_config_dir(str(configs_folder()), version_base="1.3"):
            config = hydra.compose(name, overrides=list(overrides))
    except HydraException as error:
        raise SamuelError(" ".join(str(error).split())) from None
    if name == "train":
        nodes = {"model": config.model, "diffusion": config.diffusion}
        plain: Any = OmegaConf.to_container(OmegaConf.create(nodes), resolve=True)
    else:
        plain = OmegaConf.to_container(config, resolve=True)
    found: dict[str, Any] = plain
    return found


if __name__ == "__main__":
    main()
