import json
from dataclasses import replace
from pathlib import Path

import pytest

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.errors import SamuelError
from samuel_gen.generation.defaults import default_settings
from samuel_gen.generation.recipe import RECIPE_FILE, Recipe, RecordedOutputs, write_record
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.storage import file_sha256


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    (tmp_path / "take.wav").write_bytes(b"a recording")
    (tmp_path / "model.safetensors").write_bytes(b"a checkpoint")
    return Recipe(
        vocal=tmp_path / "take.wav",
        checkpoint=tmp_path / "model.safetensors",
        settings=default_settings(),
        seeds=[3, 4],
        tuning_cents=None,
        balance=-1.5,
        extend=2.0,
        suffix=".wav",
        subtype="PCM_24",
        device="auto",
        redo=[(1.0, 2.5, 9)],
        candidates=2,
        lead_sheet=LeadSheet((0.41, 1.06, 1.72, 2.3, 3.1), 3, key=parse_key("D minor")),
    )


@pytest.fixture
def folder(recipe: Recipe, tmp_path: Path) -> Path:
    """A folder with the record of one run and the file that it wrote."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mix.wav").write_bytes(b"a mix")
    record = recipe.to_record(12.5, {"seconds": 9.0}, {}, [tmp_path / "out" / "mix.wav"])
    write_record(tmp_path / "out", record)
    return tmp_path / "out"


def test_a_written_recipe_is_read_back(recipe: Recipe, folder: Path) -> None:
    read, recorded = Recipe.read(folder / RECIPE_FILE)
    assert replace(read, redo=[tuple(each) for each in read.redo]) == replace(
        recipe, tuning_cents=12.5
    )
    assert recorded.redos == 1
    assert recorded.compare(folder) == "the same bytes as before"
    (folder / "mix.wav").write_bytes(b"another mix")
    assert recorded.compare(folder).startswith("mix.wav: other bytes than before")


def test_format_2_has_no_lead_sheet(folder: Path) -> None:
    record = json.loads((folder / RECIPE_FILE).read_text())
    assert record["format"] == 3 and "beats:" in record["recipe"]["lead_sheet"]
    del record["recipe"]["lead_sheet"]
    record["format"] = 2
    (folder / "old.json").write_text(json.dumps(record))
    read, _ = Recipe.read(folder / "old.json")
    assert read == replace(Recipe.read(folder / RECIPE_FILE)[0], lead_sheet=None)


def test_format_1_is_read(recipe: Recipe, folder: Path) -> None:
    """Format 1 calls the vocal `take` and the candidates `tries`."""
    record = json.loads((folder / RECIPE_FILE).read_text())
    old = record["recipe"]
    old["take"], old["tries"] = old.pop("vocal"), old.pop("candidates")
    record["format"] = 1
    (folder / "old.json").write_text(json.dumps(record))
    assert Recipe.read(folder / "old.json") == Recipe.read(folder / RECIPE_FILE)


def test_an_unknown_format_names_the_version_that_wrote_it(folder: Path) -> None:
    record = json.loads((folder / RECIPE_FILE).read_text())
    record["format"], record["versions"]["samuel-gen"] = 4, "9.1.0"
    (folder / "new.json").write_text(json.dumps(record))
    with pytest.raises(SamuelError, match=r"format 4, written by samuel_gen 9\.1\.0"):
        Recipe.read(folder / "new.json")


def test_a_changed_or_missing_vocal_is_refused(recipe: Recipe, folder: Path) -> None:
    recipe.vocal.write_bytes(b"another recording")
    with pytest.raises(SamuelError, match="take.wav: the file has changed"):
        Recipe.read(folder / RECIPE_FILE)
    recipe.vocal.unlink()
    with pytest.raises(SamuelError, match="take.wav: no such file"):
        Recipe.read(folder / RECIPE_FILE)


def test_the_bundled_checkpoint_is_found_wherever_the_package_is(
    recipe: Recipe, folder: Path
) -> None:
    record = json.loads((folder / RECIPE_FILE).read_text())
    record["recipe"]["checkpoint"] = {"path": "/elsewhere/m", "sha256": file_sha256(BUNDLED)}
    (folder / "moved.json").write_text(json.dumps(record))
    assert Recipe.read(folder / "moved.json")[0].checkpoint == BUNDLED


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2}', '{"format": 2, "recipe": 1}'])
def test_another_file_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(SamuelError, match="other.json: cannot be used"):
        Recipe.read(tmp_path / "other.json")


def test_steps_are_counted_once_for_the_batch_and_once_for_each_redo(recipe: Recipe) -> None:
    assert recipe.num_steps == 16 * (1 + 1 * 2)
    assert replace(recipe, redo=[]).num_steps == 16


def test_outputs_are_compared_by_name() -> None:
    assert RecordedOutputs({}, 0).compare(Path(".")) == "the same bytes as before"


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: recipe["vocal"].pop("sha256"),
        lambda recipe: recipe.update(seeds="many"),
        lambda recipe: recipe.update(seeds=list(range(100))),
        lambda recipe: recipe.update(candidates=10**9),
        lambda recipe: recipe.update(redo=[[1, 2]]),
        lambda recipe: recipe.update(extend=1e9),
        lambda recipe: recipe.update(suffix="/../../mine"),
        lambda recipe: recipe.update(tuning_cents="flat"),
        lambda recipe: recipe["settings"]["sampler"].update(num_steps=10**12),
        lambda recipe: recipe.update(settings={}),
        lambda recipe: recipe["settings"]["guidance"].pop("_target_"),
        lambda recipe: recipe["settings"]["sampler"].pop("_partial_"),
        lambda recipe: recipe["settings"].update(guidance=[]),
    ],
)
def test_values_that_no_run_wrote_are_refused(folder: Path, change) -> None:
    record = json.loads((folder / RECIPE_FILE).read_text())
    change(record["recipe"])
    (folder / "odd.json").write_text(json.dumps(record))
    with pytest.raises(SamuelError, match="odd.json: cannot be used"):
        Recipe.read(folder / "odd.json")
