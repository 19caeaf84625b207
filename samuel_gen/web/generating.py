"""The work of a job: results of a session, or a range of one regenerated."""

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from samuel_gen.errors import SamuelError
from samuel_gen.web.engine import Engine
from samuel_gen.web.jobs import Job
from samuel_gen.web.listening import Listener
from samuel_gen.web.order import Order
from samuel_gen.web.sessions import Session

if TYPE_CHECKING:
    from samuel_gen.generation.accompaniment import Accompaniment
    from samuel_gen.generation.recipe import Recipe

_MOST_KEPT = 4  # accompaniments whose latents stay in memory
_FINISH = 3  # decoding and writing take about as long as so many steps


class Generator:
    """Makes results with the accompanist of an engine.

    Args:
        engine: the engine.
        listener: the analyses of the recordings.
    """

    def __init__(self, engine: Engine, listener: Listener) -> None:
        self.engine, self.listener = engine, listener
        self._kept: OrderedDict[tuple[str, int], Accompaniment] = OrderedDict()

    def plan(self, session: Session, order: Order) -> Job:
        """Return the job of an order; it keeps the lead sheet of this moment.

        Raises:
            SamuelError: the range does not fit the recording.
            KeyError: there is no such result.
        """
        from samuel_gen.generation.defaults import read_settings

        record = session.read()
        settings = read_settings(order.sampler)
        steps = int(settings["sampler"]["num_steps"])
        if order.of is None:
            sheet_text, sheet = record["sheet"]["text"], record["sheet"]

            def work(job: Job) -> None:
                for number, seed in enumerate(order.seeds, 1):
                    name = f"result {number} of {len(order.seeds)}" * (len(order.seeds) > 1)
                    recipe = self._make_recipe(session, record, settings, sheet_text)
                    recipe = replace(recipe, seeds=[seed], candidates=order.candidates)
                    note = {"seed": seed, "range": None, "of": None, "style": sheet["style"]}
                    self._make(job, session, recipe, note, name)

            total = len(order.seeds) * (steps + _FINISH)
            return Job(session.id, work, total)
        of, segment = order.of, order.segment
        assert segment is not None
        old = session.read_result(of)
        _check_segment(segment, record["seconds"])

        def regenerate(job: Job) -> None:
            if not (session.results_folder / str(of)).is_dir():
                raise SamuelError(f"result {of} has been deleted; choose another")
            recipe = self._read_recipe(session, of)
            redo = [*recipe.redo, (*segment, order.seeds[0])]
            note = {"seed": order.seeds[0], "range": list(segment), "of": of}
            note["style"] = old.get("style")
            self._make(job, session, replace(recipe, redo=redo), note, "the range", of)

        is_kept = (session.id, of) in self._kept
        batches = 1 if is_kept else 2 + len(old.get("redo", ()))
        return Job(session.id, regenerate, batches * steps + _FINISH)

    def _make_recipe(
        self, session: Session, record: dict[str, Any], settings: dict[str, Any], sheet: str
    ) -> "Recipe":
        from samuel_gen.generation.recipe import Recipe
        from samuel_gen.lead_sheet.text import parse_lead_sheet

        return Recipe(
            vocal=session.folder / record["upload"],
            checkpoint=self.engine.checkpoint,
            settings=settings,
            seeds=[0],
            tuning_cents=None,
            balance=0.0,
            extend=0.0,
            suffix=".wav",
            subtype="PCM_24",
            device=self.engine.device,
            lead_sheet=parse_lead_sheet(sheet),
        )

    def _read_recipe(self, session: Session, number: int) -> "Recipe":
        from samuel_gen.generation.recipe import RECIPE_FILE, Recipe

        recipe, _ = Recipe.read(session.results_folder / str(number) / RECIPE_FILE)
        return replace(recipe, device=self.engine.device)

    def _make(
        self,
        job: Job,
        session: Session,
        recipe: "Recipe",
        note: dict[str, Any],
        name: str,
        of: int | None = None,
    ) -> None:
        """Generate one result and write it into the session.

        Args:
            job: the job, which counts the steps.
            session: the session.
            recipe: the recipe of the result.
            note: the facts about the result for the page; they are completed here.
            name: the name of the result in messages.
            of: the number of the result whose range the last segment of the recipe replaces.
        """
        from samuel_gen.generation.recipe import write_record
        from samuel_gen.generation.result_files import record_results, write_sounds
        from samuel_gen.generation.sheet_files import write_sheet_files

        accompanist = self.engine.accompanist()
        report = self.listener.report(session)
        sounds = _Stepper(job, f"generating {name}".strip())
        result = self._kept.get((session.id, of)) if of is not None else None
        rest = recipe.redo if result is None else recipe.redo[-1:]
        if result is None:
            result = _generate(accompanist, recipe, report, sounds)
        for start, stop, seed in rest:
            result = _regenerate(accompanist, recipe, result, (start, stop, int(seed)), sounds)
        job.step(f"writing {name}".strip())
        with session.add_result(job.id, note) as folder:
            written = write_sounds([result], folder, recipe)
            job.step()
            tuning = result.tuning_cents
            assert recipe.lead_sheet is not None
            write_sheet_files(
                folder, recipe.lead_sheet, report, result.vocal, recipe.suffix, recipe.subtype
            )
            record = record_results(recipe, tuning, report.to_dict(), [result], written)
            # The folder of the session may be moved, or packed into an archive.
            record["recipe"]["vocal"]["path"] = f"../../{recipe.vocal.name}"
            write_record(folder, record)
            note |= _describe_result(result) | {"redo": [list(each) for each in recipe.redo]}
            job.step()
        job.results.append(note["number"])
        self._keep((session.id, note["number"]), result)

    def _keep(self, key: tuple[str, int], result: "Accompaniment") -> None:
        self._kept[key] = result
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


class _Stepper:
    """Counts the steps of a sampler for a job."""

    def __init__(self, job: Job, message: str) -> None:
        self.job = job
        job.step(message, 0)

    def on_step(self, step: int, noisy: Any, clean: Any) -> None:
        self.job.step()


def _generate(accompanist: Any, recipe: "Recipe", report: Any, steps: _Stepper) -> "Accompaniment":
    from samuel_gen.generation.recipe_run import build_sampling, generate_recipe

    sampling = build_sampling(recipe)
    name = recipe.vocal.name  # a path of the server is nobody's business
    return generate_recipe(accompanist, recipe, report, *sampling, steps.on_step, name)[0]


def _regenerate(
    accompanist: Any,
    recipe: "Recipe",
    result: "Accompaniment",
    segment: tuple[float, float, int],
    steps: _Stepper,
) -> "Accompaniment":
    from samuel_gen.generation.recipe_run import build_sampling

    sampler, guidance = build_sampling(recipe)
    start, stop, seed = segment
    redone: Accompaniment = accompanist.redo(
        result, start, stop, seed=seed, sampler=sampler, guidance=guidance, on_step=steps.on_step
    )
    return redone


def _check_segment(segment: tuple[float, float], seconds: float) -> None:
    from samuel_gen.generation.segment import SHORTEST

    start, stop = segment
    if not (0 <= start < stop <= seconds and stop - start >= SHORTEST):
        raise SamuelError(
            f"range {start:g}-{stop:g}: choose at least {SHORTEST:g} s between 0 and "
            f"{seconds:.2f} s, the end of the recording"
        )


def _describe_result(result: "Accompaniment") -> dict[str, Any]:
    """Return length, loudness and fit of a result as plain values for JSON."""
    from samuel_gen.audio.loudness import measure_recording

    recording = result.accompaniment_recording
    loudness = measure_recording(recording).loudness
    return {
        "seconds": round(recording.samples / recording.sample_rate, 4),
        "loudness": round(loudness, 1) if abs(loudness) < 1e3 else None,
        "fit": {"score": round(result.fit.score, 3), "why": result.fit.reasons()},
    }
