"""The lines that `samuel-generate` prints about its results."""

from collections.abc import Sequence
from pathlib import Path

from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.sheet_files import CLICK_NAME, MIDI_FILE, SHEET_FILE


def describe_files(output: Path, has_sheet: bool) -> list[str]:
    """Say where everything is, and how to correct the lead sheet.

    Args:
        output: the folder of the results.
        has_sheet: whether the accompaniment follows a lead sheet.
    """
    if not has_sheet:
        return [f"accompaniment and mix are in {output}"]
    sheet = output / SHEET_FILE
    return [
        f"wrong beats or chords? edit {sheet} and run again with --lead-sheet {sheet},",
        'or with --tempo x2, --bar-1-at SECONDS, --chords "Dm | Gm C" (samuel-generate --help)',
        f"accompaniment, mix, {CLICK_NAME}, {SHEET_FILE} and {MIDI_FILE} are in {output}",
    ]


def describe_fit(ranked: Sequence[Accompaniment], candidates: int) -> list[str]:
    """Describe how well the results fit the vocal: a line for one, a table for several.

    Args:
        ranked: the results, the best first.
        candidates: the number of candidates of each.
    """
    if len(ranked) == 1:
        fit = ranked[0].fit
        many = candidates > 1
        return [f"the best of {candidates} candidates: {fit.reasons()}"] if many else []
    rows = [f"{'rank':<6}{'seed':<6}{'score':<8}{'harmony':<9}{'pulse':<8}why"]
    for rank, each in enumerate(ranked, 1):
        fit = each.fit
        figures = f"{fit.score:<8.2f}{fit.harmony:<9.2f}{fit.pulse:<8.2f}"
        rows.append(f"{rank:<6}{each.seed:<6}{figures}{fit.reasons()}")
    return rows
