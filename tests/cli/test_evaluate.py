"""`samuel-evaluate` as a user types it, with a tiny model and short songs."""

import json
import os

import hydra
import pytest

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.cli.configs import register_resolvers
from samuel_gen.cli.evaluate import _write_tables
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.corpus.song import render_song
from samuel_gen.evaluation.measurements import Measurements
from samuel_gen.storage import file_sha256
from tests.cli.user import Folder

SMALL = ("source.songs=3", "source.seconds=12.5", "seeds=[0]", "sampler.num_steps=1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder with the checkpoint of a short training."""
    folder = Folder(tmp_path_factory.mktemp("evaluate"))
    folder.does("samuel-train", "experiment=smoke", "source.seconds=6.0", "data.crop_frames=32")
    (model,) = folder.path.glob("runs/*/model.safetensors")
    model.rename(folder.path / "model.safetensors")
    return folder


def test_a_checkpoint_is_measured_beside_the_anchors(folder: Folder) -> None:
    printed = folder.does("samuel-evaluate", "checkpoint=model.safetensors", *SMALL, "output=out")
    assert printed.strip().endswith("metrics.md, .json, .csv and .png are in out")
    plain = json.loads((folder.path / "out/metrics.json").read_text())
    assert len(plain["songs"]) == 3 and len(plain["songs_hash"]) == 12
    assert plain["settings"]["sampler"]["num_steps"] == 1 and plain["checkpoint_sha256"]
    metrics = plain["metrics"]
    assert metrics["chroma_true"]["true"]["value"] > metrics["chroma_true"]["mismatched"]["value"]
    assert metrics["chroma_true"]["true through codec"]["value"] > 0.8
    assert metrics["silent"]["silence"]["value"] == 1
    assert metrics["real_time_factor"]["generated"]["value"] > 0
    assert (folder.path / "out/metrics.png").read_bytes().startswith(b"\x89PNG")
    table = (folder.path / "out/metrics.md").read_text()
    assert "| chord |" in table and plain["songs_hash"] in table


def test_the_default_is_the_bundled_checkpoint(folder: Folder) -> None:
    folder.does("samuel-evaluate", *SMALL, "output=bundled", "runs=unused")
    assert not (folder.path / "unused").exists(), "nothing lies outside the output folder"
    plain = json.loads((folder.path / "bundled/metrics.json").read_text())
    assert plain["checkpoint_sha256"] == file_sha256(BUNDLED)


def test_accompaniments_of_another_system_are_read_from_a_folder(folder: Folder) -> None:
    for index in range(3):
        song = render_song(1_000_000 + index, seconds=12.5)
        song.write(folder.path / f"song{index}")
        path = folder.path / "theirs" / f"rendered-1-{index:05d}.wav"
        path.parent.mkdir(exist_ok=True)
        (folder.path / f"song{index}/accompaniment.wav").rename(path)
    folder.does("samuel-evaluate", "generated=theirs", *SMALL[:2], "output=others")
    metrics = json.loads((folder.path / "others/metrics.json").read_text())["metrics"]
    assert metrics["chroma_true"]["generated"]["value"] > 0.98  # these are the true ones
    both = ("checkpoint=model.safetensors", "generated=theirs", "lead_sheet=true", *SMALL)
    printed = folder.does("samuel-evaluate", *both, "withhold=[latents,chords]", "output=both")
    assert "| theirs | theirs normalised |" in printed
    both = json.loads((folder.path / "both/metrics.json").read_text())["metrics"]
    assert both["chroma_true"]["theirs"] == metrics["chroma_true"]["generated"]
    assert both["chroma_true"]["generated"]["value"] < 0.9
    assert both["sheet_chord"]["true"]["value"] == both["chord"]["true"]["value"]
    (folder.path / "theirs/rendered-1-00002.wav").unlink()
    error = folder.refuses("samuel-evaluate", "generated=theirs", *SMALL[:2], "output=fewer")
    assert "theirs has no accompaniment of song rendered-1-00002; name it" in error


@pytest.mark.parametrize("codec", ["spectral", "ace_step"])
def test_the_codec_is_chosen_by_group(codec: str) -> None:
    register_resolvers()
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        config = hydra.compose("evaluate", overrides=["output=out", f"codec={codec}"])
        alone = hydra.compose(f"codec/{codec}")
    assert config.codec == alone.codec


def test_names_that_are_not_text_are_written_into_the_tables(tmp_path, monkeypatch) -> None:
    name = os.fsdecode(b"b\xe9")
    for part, value in (("aggregate", []), ("aggregate_groups", {})):
        monkeypatch.setattr(f"samuel_gen.evaluation.aggregation.{part}", lambda *_, v=value: v)
    for part, value in (("format_markdown", name), ("plot_normalised_scores", None)):
        monkeypatch.setattr(f"samuel_gen.evaluation.tables.{part}", lambda *_, v=value: v)
    monkeypatch.setattr("builtins.print", lambda *_: None)  # the terminal replaces such names
    about = {"songs_hash": "0", "settings": {"output": name, "seeds": [0], "checkpoint": None}}
    _write_tables(tmp_path / name, Measurements(names=[name]), about, {})
    plain = json.loads((tmp_path / name / "metrics.json").read_text())
    assert plain["settings"]["output"] == name and plain["songs"] == [name]
    assert r"\udce9" in (tmp_path / name / "metrics.md").read_text()


def test_a_sweep_has_a_folder_for_each_value(folder: Folder) -> None:
    command = ("samuel-evaluate", "-m", "checkpoint=model.safetensors", *SMALL[:3])
    folder.does(*command, "sampler.num_steps=1,2", "seconds=6", "hydra.sweep.dir=swept")
    found = sorted(path.parent.name for path in folder.path.glob("swept/*/metrics.json"))
    assert len(found) == 2 and "num_steps=1" in found[0] and "num_steps=2" in found[1]


def test_only_the_test_split_of_a_data_set_is_used(folder: Folder) -> None:
    source = ("source=rendered", "source.songs=30", "source.seconds=6", "source.seed=5")
    folder.does("samuel-encode", *source, "output=LATENTS", "workers=1")
    text = json.loads((folder.path / "LATENTS/dataset.json").read_text())
    test = sorted(song["name"] for song in text["songs"] if song["split"] == "test")
    evaluated = ("samuel-evaluate", "checkpoint=model.safetensors", *source, "seeds=[0]")
    folder.does(*evaluated, "sampler.num_steps=1", "data.root=LATENTS", "output=split")
    assert sorted(json.loads((folder.path / "split/metrics.json").read_text())["songs"]) == test


def test_every_metric_is_explained_in_a_line(folder: Folder) -> None:
    lines = folder.does("samuel-evaluate", "--list").splitlines()
    assert len(lines) > 20 and all(len(line) < 110 for line in lines)
    assert any(line.startswith("apa") for line in lines)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("lead_sheet=some", "lead_sheet=some: choose one of none, true, estimated"),
        ("withhold=[drums]", "drums is no view; choose from latents, melody, chords, beats, style"),
        ("checkpoint=nothing.safetensors", "no such file"),
        ("generated=nowhere", "no such folder"),
        ("checkpoint=model.safetensors seeds=[]", "seeds is empty"),
        ("checkpoint=model.safetensors candidates=0", "candidates=0: choose 1 to 64"),
        ("checkpoint=model.safetensors source.songs=2", "2 test songs; an evaluation needs three"),
        ("checkpoint=model.safetensors extras=[magic]", "choose from fad, beat_this"),
    ],
)
def test_a_wrong_argument_is_an_error(folder: Folder, words: str, reason: str) -> None:
    assert reason in folder.refuses("samuel-evaluate", *words.split())


def test_an_earlier_evaluation_is_not_overwritten(folder: Folder) -> None:
    (folder.path / "earlier").mkdir()
    (folder.path / "earlier/metrics.json").touch()
    error = folder.refuses(
        "samuel-evaluate", "checkpoint=model.safetensors", *SMALL, "output=earlier"
    )
    assert "earlier already holds an evaluation" in error
