"""The sound files of generated accompaniments, and the record of their recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from samuel_gen.audio.files import write_blocks
from samuel_gen.audio.recording import Recording
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.recipe import Recipe


def write_sounds(results: Sequence[Accompaniment], folder: Path, recipe: Recipe) -> list[Path]:
    """Write accompaniment and mix of each result, and return their files.

    Args:
        results: the results of one recording.
        folder: the folder of the files.
        recipe: the recipe of the recording, which has the format of the files.
    """
    written = []
    for name, sound in name_sounds(results).items():
        written.append(folder / f"{name}{recipe.suffix}")
        rate = sound.sample_rate
        write_blocks(written[-1], sound.blocks(rate), 2, rate, recipe.subtype)
    return written


def name_sounds(results: Sequence[Accompaniment]) -> dict[str, Recording]:
    """Return the sounds by the names of their files, without suffix."""
    sounds: dict[str, Recording] = {}
    for each in results:
        own = f"-seed{each.seed}" if len(results) > 1 else ""
        sounds[f"accompaniment{own}"] = each.accompaniment_recording
        sounds[f"mix{own}"] = each.mix_recording
    return sounds


def record_results(
    recipe: Recipe,
    tuning: float,
    analysis: Mapping[str, Any],
    ranked: Sequence[Accompaniment],
    written: Sequence[Path],
) -> dict[str, Any]:
    """Return the content of a `generation.json`.

    Args:
        recipe: the recipe of the recording.
        tuning: the tuning that was used, in cents.
        analysis: the analysis of the vocal.
        ranked: the results, the best first.
        written: the sound files.
    """
    fits = {str(each.seed): asdict(each.fit) | {"score": each.fit.score} for each in ranked}
    return recipe.to_record(tuning, analysis, fits, written)
