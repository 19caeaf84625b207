"""Results of a recipe: what the command and the page generate alike."""

from collections.abc import Sequence

from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.audio.edits import ExtendedRecording
from samuel_gen.audio.recording import SoundFile
from samuel_gen.build import build
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.samplers import OnStep, PreparedSampler
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.recipe import Recipe


def build_sampling(
    recipe: Recipe, allow: Sequence[str] | None = None
) -> tuple[PreparedSampler, Guidance]:
    """Build the sampler and the guidance of a recipe.

    Args:
        recipe: the recipe.
        allow: the prefixes of names that may be built; None for any. A recipe from a file may be a
            stranger's.
    """
    sampler, guidance = (
        build(dict(recipe.settings[name]), allow=allow) for name in ("sampler", "guidance")
    )
    return sampler, guidance


def generate_recipe(
    accompanist: Accompanist,
    recipe: Recipe,
    report: RecordingReport,
    sampler: PreparedSampler,
    guidance: Guidance,
    on_step: OnStep,
    name: str,
) -> list[Accompaniment]:
    """Generate the results of a recipe before any of its segments is regenerated.

    Args:
        accompanist: the accompanist of the recipe's checkpoint.
        recipe: the recipe.
        report: the analysis of the recording, whose tuning is used unless the recipe has one.
        sampler, guidance: the sampler and the guidance of `build_sampling`.
        on_step: the observer of the sampler's steps.
        name: the name of the recording in messages.

    Raises:
        SamuelError: the recording cannot be used, or nothing usable came out.
    """
    file = SoundFile(recipe.vocal)
    return accompanist.generate_results(
        ExtendedRecording(file, round(recipe.extend * file.sample_rate)),
        seeds=recipe.seeds,
        candidates=recipe.candidates,
        sampler=sampler,
        guidance=guidance,
        lead_sheet=recipe.lead_sheet,
        tuning_cents=find_tuning(recipe, report),
        balance=recipe.balance,
        report=report,
        on_step=on_step,
        name=name,
    )


def find_tuning(recipe: Recipe, report: RecordingReport) -> float:
    """Return the tuning that a recipe asks for, or the one that was found in the recording."""
    return report.reliable_tuning if recipe.tuning_cents is None else recipe.tuning_cents
