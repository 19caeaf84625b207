"""The files of one recording: results, lead sheet, recipe and pictures."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.audio.edits import ExtendedRecording
from samuel_gen.audio.recording import Recording, SoundFile
from samuel_gen.build import TRUSTED
from samuel_gen.cli.generate_lines import describe_fit
from samuel_gen.cli.generate_progress import StepBar
from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.diffusion.statistics import SamplingStatistics, find_unhealthy_step
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.estimate import SheetEstimate, estimate_from_report
from samuel_gen.estimation.given import GivenSheet
from samuel_gen.generation.accompaniment import Accompaniment, rank_by_fit
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.animation import Animation
from samuel_gen.generation.candidates import candidate_seeds
from samuel_gen.generation.recipe import Recipe, RecordedOutputs, write_record
from samuel_gen.generation.recipe_run import build_sampling, find_tuning, generate_recipe
from samuel_gen.generation.result_files import name_sounds, record_results, write_sounds
from samuel_gen.generation.sheet_files import write_count_in, write_sheet_files

_ANIMATED_SECONDS = 10.0
_SHOWN_BARS = 16


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


def analyse_files(vocals: Sequence[Path]) -> Iterator[RecordingReport | SamuelError]:
    """Analyse recordings one by one; an error stands for each one that cannot be read."""
    for vocal in vocals:
        try:
            yield analyse_file(SoundFile(vocal))
        except SamuelError as error:
            yield error


def write_results(
    accompanist: Accompanist,
    recipe: Recipe,
    report: RecordingReport | SamuelError,
    output: Path,
    bar: StepBar,
    *,
    given: GivenSheet | None = None,
    count_in: int = 0,
    recorded: RecordedOutputs | None = None,
    plots: bool = False,
    animation: bool = False,
) -> None:
    """Generate the results of one recording, write them and print what they are.

    Args:
        accompanist: the accompanist of the recipe's checkpoint.
        recipe: the recipe of the recording.
        report: the analysis of the recording, or what is wrong with it.
        output: the folder of the results.
        bar: the progress bar of the command.
        given: the given parts of the lead sheet; None for no lead sheet but the recipe's.
        count_in: the bars of click before the sounds, in files of their own; 0 for none.
        recorded: the files of an earlier run of this recipe, to be compared with.
        plots: whether to draw the spectrograms and the sampling statistics.
        animation: whether to draw the sampling of the first seconds of the first result.

    Raises:
        SamuelError: the recording cannot be used, or nothing usable came out.
    """
    if isinstance(report, SamuelError):
        raise report
    file = SoundFile(recipe.vocal)
    recipe, estimate = _plan(recipe, report, given, recorded is not None)
    shown = [] if estimate is None else estimate.lines(_SHOWN_BARS)
    if shown and not accompanist.model.follows_lead_sheets:
        shown.append("note      this checkpoint has never learned to follow a lead sheet")
    bar.print_lines([recipe.vocal.name, *report.lines(), *shown])
    vocal = ExtendedRecording(file, round(recipe.extend * file.sample_rate))
    tuning = find_tuning(recipe, report)
    sampler, guidance = build_sampling(recipe, None if recorded is None else TRUSTED)
    observers = _Observers(accompanist, recipe, bar)
    results = generate_recipe(
        accompanist, recipe, report, sampler, guidance, observers.on_step, str(recipe.vocal)
    )
    first = results[0].seed
    for done, (start, stop, seed) in enumerate(recipe.redo):
        if recorded is not None and recorded.redos == done:
            write_sounds(results, output, recipe)
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
    with ThreadPoolExecutor(1) as second_core:
        ranking = second_core.submit(rank_by_fit, results)
        written = write_sounds(results, output, recipe)
        ranked = ranking.result()
    if recorded is not None and recorded.redos == len(recipe.redo):
        bar.print_lines([recorded.compare(output)])
    _warn_if_unhealthy(observers.statistics, accompanist)
    if recipe.lead_sheet is not None:
        form = recipe.suffix, recipe.subtype
        write_sheet_files(output, recipe.lead_sheet, report, vocal, *form)
        if count_in:
            write_count_in(output, recipe.lead_sheet, count_in, name_sounds(results), *form)
    analysis = report.to_dict() | ({} if estimate is None else {"lead_sheet": estimate.to_dict()})
    write_record(output, record_results(recipe, tuning, analysis, ranked, written))
    if animation:
        seeds = [seed for own in recipe.seeds for seed in candidate_seeds(own, recipe.candidates)]
        _write_animation(output, accompanist, observers.animation, seeds.index(first))
    if plots:
        _draw(output, accompanist, vocal, ranked[0], observers.statistics)
    bar.print_lines(describe_fit(ranked, recipe.candidates))


def _plan(
    recipe: Recipe, report: RecordingReport, given: GivenSheet | None, is_recorded: bool
) -> tuple[Recipe, SheetEstimate | None]:
    """Return the recipe with its lead sheet, and the estimate to be shown."""
    if is_recorded or given is None:
        sheet = recipe.lead_sheet
        return recipe, None if sheet is None else SheetEstimate(sheet)
    estimate = estimate_from_report(report, given, report.seconds + recipe.extend)
    return replace(recipe, lead_sheet=estimate.sheet), estimate


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
