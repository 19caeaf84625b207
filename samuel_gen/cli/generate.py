import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import configs_folder, mistakes_told
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from samuel_gen.generation import Accompaniment, Accompanist

_EPILOG = """\
overrides change how the sampling is done, for example:
  sampler=ddim sampler.num_steps=50    sampler: unipc (16 steps), dpm_solver_2m, ddim, ancestral
  guidance.scale=3                     1 is no guidance; more follows the voice more closely
"""


def main() -> None:
    """`samuel-generate`: from a sung recording to its accompaniment; see --help."""
    arguments = _parser().parse_intermixed_args()
    with mistakes_told():
        generate(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="samuel-generate",
        description="Make an instrumental accompaniment for a sung recording.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("take", type=Path, help="the recording: WAV, FLAC, OGG or MP3, 1 s or more")
    parser.add_argument("overrides", nargs="*", help="settings of the sampling, see below")
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="a model.safetensors that samuel-train wrote"
    )
    parser.add_argument(
        "-o", "--output", type=Path, help="folder for the results (default: ./TAKE_accompaniment)"
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed, another accompaniment")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument(
        "--plots", action="store_true", help="also draw the spectrograms and the sampling"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace results that are already there"
    )
    return parser


def generate(arguments: argparse.Namespace) -> None:
    """Read the take, make its accompaniment, write it down.

    Args:
        arguments: as `samuel-generate --help` lists them.

    Raises:
        SamuelError: whatever is wrong with the take, the checkpoint, the folder or an override.
    """
    output = arguments.output or Path(f"{arguments.take.stem}_accompaniment")
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not arguments.overwrite):
        raise SamuelError(
            f"{output}: there are files already; expected a new or empty folder; "
            "name another one with -o, or add --overwrite"
        )
    settings = _settings(arguments.overrides)

    from samuel_gen.audio.files import read_audio, write_audio
    from samuel_gen.audio.take import read_take
    from samuel_gen.audio.vocal import check_vocal
    from samuel_gen.build import build
    from samuel_gen.diffusion.statistics import SamplingStatistics
    from samuel_gen.generation import Accompanist

    vocal, sample_rate = read_audio(arguments.take)
    check_vocal(vocal, sample_rate, str(arguments.take))
    accompanist = Accompanist.from_pretrained(arguments.checkpoint, arguments.device)
    print(*read_take(vocal, sample_rate).lines(), sep="\n")
    statistics = SamplingStatistics()
    with _StepBar(int(settings["sampler"]["num_steps"]), statistics) as on_step:
        result = accompanist.accompany(
            vocal,
            sample_rate,
            seed=arguments.seed,
            sampler=build(settings["sampler"]),
            guidance=build(settings["guidance"]),
            on_step=on_step,
            name=str(arguments.take),
        )
    write_audio(output / "accompaniment.wav", result.accompaniment, sample_rate)
    write_audio(output / "mix.wav", result.mix, sample_rate)
    if arguments.plots:
        _draw(output, accompanist, result, statistics, vocal)
    seconds = vocal.shape[-1] / sample_rate
    print(f"{seconds:.1f} s of accompaniment.wav and mix.wav are in {output}")


def _settings(overrides: list[str]) -> dict[str, Any]:
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with hydra.initialize_config_dir(str(configs_folder()), version_base="1.3"):
            config = hydra.compose("generate", overrides=overrides)
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except (HydraException, OmegaConfBaseException) as error:
        raise SamuelError(" ".join(str(error).split())) from None


class _StepBar:
    """A progress bar over the sampling steps, whose `on_step` also feeds the statistics."""

    def __init__(self, num_steps: int, statistics: Any) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("sampling", total=num_steps)
        self.statistics = statistics

    def __enter__(self) -> Any:
        self.bar.start()
        return self._on_step

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def _on_step(self, step: int, noisy: Any, clean: Any) -> None:
        self.statistics(step, noisy, clean)
        self.bar.advance(self.task)


def _draw(
    output: Path,
    accompanist: "Accompanist",
    result: "Accompaniment",
    statistics: Any,
    vocal: Any,
) -> None:
    from samuel_gen.plots import sampling_plot, spectrograms_plot

    sounds = {"voice": vocal, "accompaniment": result.accompaniment, "mix": result.mix}
    spectrograms_plot(sounds, result.sample_rate, output / "spectrograms.png")
    sampling_plot(statistics, accompanist.schedule, output / "sampling.png")


if __name__ == "__main__":
    main()
