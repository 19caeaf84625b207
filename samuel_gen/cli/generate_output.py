"""The files of one recording: results, recipe, pictures, and the lines that describe them."""

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.audio.edits import ExtendedRecording
from samuel_gen.audio.files import write_blocks
from samuel_gen.audio.recording import Recording, SoundFile
from samuel_gen.build import build
from samuel_gen.cli.generate_progress import StepBar
from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.diffusion.statistics import SamplingStatistics, find_unhealthy_step
from samuel_gen.generation.accompaniment import Accompaniment, rank_by_fit
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.animation import Animation
from samuel_gen.generation.candidates import candidate_seeds
from samuel_gen.generation.recipe import Recipe, RecordedOutputs, write_record

_ANIMATED_SECONDS = 10.0
_HARDLY_QUIETER = 0.99  # a gain nearer to 1 is not worth a line


class _Observers:
    """Everything that follows the sampler step by step: statistics, animation, progress bar."""

    def __init__(self, accompanist: Accompanist, recipe: Recipe, bar: StepBar) -> None:
        codec = accompanist.model.codec
        self.statistics = SamplingStatistics()
        self.animation = Animation(
            int(recipe.settings["sampler"]["num_steps"]),
            round(_ANIMATED_SECONDS * codec.sample_rate / codec.hop_length),
        )
        self.bar = bar

    def on_step(self, step: int, noisy: Latents, clean: Latents) -> None:
        self.statistics(step, noisy, clean)
        self.animation(step, noisy, clean)
        self.bar.on_step(step, noisy, clean)


def write_results(
    accompanist: Accompanist,
    recipe: Recipe,
    output: Path,
    bar: StepBar,
    *,
    recorded: RecordedOutputs | None = None,
    plots: bool = False,
    animation: bool = False,
) -> None:
    """Generate the results of one recording, write them and print what they are.

    Args:
        accompanist: the accompanist of the recipe's checkpoint.
        recipe: the recipe of the recording.
        output: the folder of the results.
        bar: the progress bar of the command.
        recorded: the files of an earlier run of this recipe, to be compared with.
        plots: whether to draw the spectrograms and the sampling statistics.
        animation: whether to draw the sampling of the first seconds of the first result.

    Raises:
        SamuelError: the recording cannot be used, or nothing usable came out.
    """
    file = SoundFile(recipe.vocal)
    report = analyse_recording(file.own_blocks(), file.sample_rate)
    bar.print_lines([recipe.vocal.name, *report.lines()])
    vocal = ExtendedRecording(file, round(recipe.extend * file.sample_rate))
    tuning = report.reliable_tuning if recipe.tuning_cents is None else recipe.tuning_cents
    sampler, guidance = (build(dict(recipe.settings[name])) for name in ("sampler", "guidance"))
    observers = _Observers(accompanist, recipe, bar)
    results = accompanist.generate_results(
        vocal,
        seeds=recipe.seeds,
        candidates=recipe.candidates,
        sampler=sampler,
        guidance=guidance,
        tuning_cents=tuning,
        balance=recipe.balance,
        report=report,
        on_step=observers.on_step,
        name=str(recipe.vocal),
    )
    first = results[0].seed
    for done, (start, stop, seed) in enumerate(recipe.redo):
        if recorded is not None and recorded.redos == done:
            _write_sounds(results, output, recipe)
            bar.print_lines([recorded.compare(output)])
        results = [
            accompanist.redo(
                each,
                start,
                stop,
                seed=int(seed),
                sampler=sampler,
                guidance=guidance,
                on_step=bar.on_step,
            )
            for each in results
        ]
    written = _write_sounds(results, output, recipe)
    if recorded is not None and recorded.redos == len(recipe.redo):
        bar.print_lines([recorded.compare(output)])
    _warn_if_unhealthy(observers.statistics, accompanist)
    ranked = rank_by_fit(results)
    _record(output, recipe, tuning, report, ranked, written)
    if animation:
        seeds = [seed for own in recipe.seeds for seed in candidate_seeds(own, recipe.candidates)]
        _write_animation(output, accompanist, observers.animation, seeds.index(first))
    if plots:
        _draw(output, accompanist, vocal, ranked[0], observers.statistics)
    bar.print_lines([*_describe_quieter_mixes(results), *_describe_fit(ranked, recipe)])


def _write_sounds(results: Sequence[Accompaniment], output: Path, recipe: Recipe) -> list[Path]:
    written = []
    for each in results:
        own = f"-seed{each.seed}" if len(results) > 1 else ""
        rate = each.sample_rate
        sounds = {"accompaniment": each.accompaniment_recording, "mix": each.mix_recording}
        for name, sound in sounds.items():
            written.append(output / f"{name}{own}{recipe.suffix}")
            write_blocks(written[-1], sound.blocks(rate), 2, rate, recipe.subtype)
    return written


def _record(
    output: Path,
    recipe: Recipe,
    tuning: float,
    report: RecordingReport,
    ranked: Sequence[Accompaniment],
    written: Sequence[Path],
) -> None:
    fits = {str(each.seed): asdict(each.fit) | {"score": each.fit.score} for each in ranked}
    write_record(output, recipe.to_record(tuning, report.to_dict(), fits, written))


def _describe_quieter_mixes(results: Sequence[Accompaniment]) -> list[str]:
    """Name the mixes in which the vocal is quieter than in the recording."""
    return [
        f"mix of seed {each.seed}: turned down by "
        f"{-20 * math.log10(each.mix_recording.gain):.1f} dB, the vocal too, to stay below -1 dBTP"
        for each in results
        if each.mix_recording.gain < _HARDLY_QUIETER
    ]


def _describe_fit(ranked: Sequence[Accompaniment], recipe: Recipe) -> list[str]:
    """Describe how well the results fit the vocal: a line for one, a table for several."""
    if len(ranked) == 1:
        fit = ranked[0].fit
        many = recipe.candidates > 1
        return [f"the best of {recipe.candidates} candidates: {fit.reasons()}"] if many else []
    rows = [f"{'rank':<6}{'seed':<6}{'score':<8}{'harmony':<9}{'pulse':<8}why"]
    for rank, each in enumerate(ranked, 1):
        fit = each.fit
        figures = f"{fit.score:<8.2f}{fit.harmony:<9.2f}{fit.pulse:<8.2f}"
        rows.append(f"{rank:<6}{each.seed:<6}{figures}{fit.reasons()}")
    return rows


def _warn_if_unhealthy(statistics: SamplingStatistics, accompanist: Accompanist) -> None:
    """Warn if the latents left the range of standard deviations of a healthy checkpoint."""
    unhealthy = find_unhealthy_step(statistics, accompanist.model.schedule)
    if unhealthy is not None:
        step, std = unhealthy
        print(
            f"warning: at step {step + 1} the latents' standard deviation is {std:.2f}, outside "
            "the range of a healthy checkpoint; train it longer, or lower guidance.scale (--plots)",
            file=sys.stderr,
        )


def _write_animation(
    output: Path, accompanist: Accompanist, animation: Animation, item: int
) -> None:
    codec, normaliser = accompanist.model.codec, accompanist.model.accompaniment_normaliser
    animation.write(
        output / "animation.gif",
        lambda latents: codec.decode(normaliser.denormalise(latents)),
        codec.sample_rate,
        item=item,
    )


def _draw(
    output: Path,
    accompanist: Accompanist,
    vocal: Recording,
    result: Accompaniment,
    statistics: SamplingStatistics,
) -> None:
    from samuel_gen.plots import plot_sampling, plot_spectrograms

    rate = result.sample_rate
    samples = torch.cat(list(vocal.blocks(rate)), dim=1)
    sounds = {"vocal": samples, "accompaniment": result.accompaniment, "mix": result.mix}
    plot_spectrograms(sounds, rate, output / "spectrograms.png")
    plot_sampling(statistics, accompanist.model.schedule, output / "sampling.png")
