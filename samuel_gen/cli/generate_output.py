"""From the recipe of one take to the files that it leaves."""

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from samuel_gen.analysis.fit import Fit, fit
from samuel_gen.analysis.recording_report import TakeReport, read_take
from samuel_gen.audio.edits import Lengthened
from samuel_gen.audio.files import write_blocks
from samuel_gen.audio.recording import Recording, SoundFile
from samuel_gen.build import build
from samuel_gen.cli.generate_progress import StepBar
from samuel_gen.diffusion.statistics import SamplingStatistics, strayed
from samuel_gen.generation import recipe as sheet
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.animation import Animation
from samuel_gen.generation.recipe import Promise, Recipe

_ANIMATED = 10.0  # s
_HEARD = 0.99  # a factor nearer to 1 is not worth a word
Ranked = Sequence[tuple[Accompaniment, Fit]]


def make(
    accompanist: Accompanist,
    recipe: Recipe,
    output: Path,
    bar: StepBar,
    *,
    promise: Promise | None = None,
    plots: bool = False,
    animation: bool = False,
) -> None:
    """Make the accompaniments of one take, write them down and tell of them.

    Args:
        accompanist: of the recipe's checkpoint.
        recipe: what is asked for.
        output: a folder.
        bar: is advanced, and lets through what is told.
        promise: what the files were when this recipe was carried out before.
        plots: also draw the spectrograms and the sampling.
        animation: also show how the first seconds of the first take come out of the noise.

    Raises:
        SamuelError: the take cannot be used, or nothing usable came out.
    """
    file = SoundFile(recipe.take)
    heard = read_take(file.own_blocks(), file.sample_rate)
    bar.say([recipe.take.name, *heard.lines()])
    voice = Lengthened(file, round(recipe.extend * file.sample_rate))
    cents = heard.sure_tuning if recipe.tuning_cents is None else recipe.tuning_cents
    statistics = SamplingStatistics()
    codec = accompanist.codec
    shown = Animation(
        int(recipe.settings["sampler"]["num_steps"]),
        round(_ANIMATED * codec.sample_rate / codec.hop_length),
    )

    def on_step(step: int, noisy: Any, clean: Any) -> None:
        statistics(step, noisy, clean)
        shown(step, noisy, clean)
        bar.on_step(step, noisy, clean)

    sampling: dict[str, Any] = {
        "sampler": build(dict(recipe.settings["sampler"])),
        "guidance": build(dict(recipe.settings["guidance"])),
    }
    tried = accompanist.takes(
        voice,
        seeds=recipe.tried,
        by_melody=recipe.by_melody,
        tuning_cents=cents,
        balance=recipe.balance,
        on_step=on_step,
        name=str(recipe.take),
        **sampling,
    )
    best = [
        _ranked(tried[at : at + recipe.tries], heard)[0]
        for at in range(0, len(tried), recipe.tries)
    ]
    made = [each for each, _ in best]
    first = tried.index(made[0])
    for done, (start, stop, seed) in enumerate(recipe.redo):
        if promise is not None and promise.redos == done:
            _write(made, output, recipe)
            bar.say([promise.kept(output)])
        made = [
            accompanist.redo(each, start, stop, seed=int(seed), on_step=bar.on_step, **sampling)
            for each in made
        ]
    written = _write(made, output, recipe)
    if promise is not None and promise.redos == len(recipe.redo):
        bar.say([promise.kept(output)])
    _warn_if_unhealthy(statistics, accompanist)
    ranked = _ranked(made, heard) if recipe.redo else _by_score(best)
    fits = {str(each.seed): asdict(found) | {"score": found.score} for each, found in ranked}
    sheet.write(output, recipe.sheet(cents, heard.to_dict(), fits, written))
    if animation:
        scale = accompanist.accompaniment_normaliser.denormalise
        shown.write(
            output / "animation.gif",
            lambda some: codec.decode(scale(some)),
            codec.sample_rate,
            item=first,
        )
    if plots:
        _draw(output, accompanist, voice, ranked[0][0], statistics)
    kept = [f"the best of {recipe.tries} tries: {ranked[0][1].reasons()}"] * (recipe.tries > 1)
    bar.say([*_turned_down(made), *(_table(ranked) if len(made) > 1 else kept)])


def _write(made: Sequence[Accompaniment], output: Path, recipe: Recipe) -> list[Path]:
    written = []
    for each in made:
        own = f"-seed{each.seed}" if len(made) > 1 else ""
        rate = each.sample_rate
        for name, sound in (("accompaniment", each.stem), ("mix", each.blend)):
            written.append(output / f"{name}{own}{recipe.suffix}")
            write_blocks(written[-1], sound.blocks(rate), 2, rate, recipe.subtype)
    return written


def _turned_down(made: Sequence[Accompaniment]) -> list[str]:
    """Where the voice is not in the mix as it was sung."""
    return [
        f"mix of seed {each.seed}: turned down by {-20 * math.log10(each.blend.gain):.1f} dB, the "
        "voice too, to stay below -1 dBTP"
        for each in made
        if each.blend.gain < _HEARD
    ]


def _warn_if_unhealthy(statistics: SamplingStatistics, accompanist: Accompanist) -> None:
    """Say that a checkpoint's chain has left the band in which it must stay."""
    found = strayed(statistics, accompanist.schedule)
    if found is not None:
        step, std = found
        print(
            f"warning: at step {step + 1} the latents' standard deviation is {std:.2f}, far from "
            "what a healthy checkpoint keeps: train it longer, or lower guidance.scale (--plots)",
            file=sys.stderr,
        )


def _ranked(made: Sequence[Accompaniment], heard: TakeReport) -> Ranked:
    """The accompaniments with how well they fit the voice, the best first."""
    fits = [
        (each, fit(each.stem, heard.melody, heard.frame_seconds, each.tuning_cents))
        for each in made
    ]
    return _by_score(fits)


def _by_score(fits: Ranked) -> Ranked:
    return sorted(fits, key=lambda pair: -pair[1].score)


def _table(ranked: Ranked) -> list[str]:
    rows = [f"{'rank':<6}{'seed':<6}{'score':<8}{'harmony':<9}{'pulse':<8}why"]
    for rank, (made, found) in enumerate(ranked, 1):
        figures = f"{found.score:<8.2f}{found.harmony:<9.2f}{found.pulse:<8.2f}"
        rows.append(f"{rank:<6}{made.seed:<6}{figures}{found.reasons()}")
    return rows


def _draw(
    output: Path,
    accompanist: Accompanist,
    voice: Recording,
    result: Accompaniment,
    statistics: SamplingStatistics,
) -> None:
    import torch

    from samuel_gen.plots import sampling_plot, spectrograms_plot

    rate = result.sample_rate
    vocal = torch.cat(list(voice.blocks(rate)), dim=1)
    sounds = {"voice": vocal, "accompaniment": result.accompaniment, "mix": result.mix}
    spectrograms_plot(sounds, rate, output / "spectrograms.png")
    sampling_plot(statistics, accompanist.schedule, output / "sampling.png")
