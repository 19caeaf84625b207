"""Runs with each logger: the offline file of W&B, the events of TensorBoard, and the samples."""

import importlib
import subprocess
from pathlib import Path

import pytest

from samuel_gen.training import loggers
from tests.cli.user import Folder

SMOKE = (
    "experiment=smoke",
    "source.seconds=6.0",
    "data.crop_frames=32",
    "trainer.max_epochs=2",
    "callbacks.samples.every_n_epochs=2",
    "callbacks.samples.songs=1",
    "callbacks.samples.sampler.num_steps=1",
)
BLOCK, HEADER = 32_768, 7


def read_records(path: Path):
    """Read a `.wandb` file: LevelDB's log format, in blocks of 32 KiB after a header."""
    proto = importlib.import_module("wandb.proto.wandb_internal_pb2")
    content = path.read_bytes()
    at, parts = HEADER, b""
    while at + HEADER <= len(content):
        left = BLOCK - at % BLOCK
        if left < HEADER:
            at += left
            continue
        size, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        parts += content[at + HEADER : at + HEADER + size]
        at += HEADER + size
        if kind in (1, 4):  # a whole record, or its last part
            record = proto.Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("logged"))
    options = ("logger=wandb", "+group=mine", "hydra.run.dir=seen")
    folder.does("samuel-train", *SMOKE, *options)
    return folder


def test_an_offline_wandb_run_holds_figures_samples_and_checkpoint(folder: Folder) -> None:
    (path,) = folder.path.glob("seen/wandb/offline-run-*/run-*.wandb")
    history: dict[str, list[str]] = {}
    config, names, artifacts = {}, set(), []
    for record in read_records(path):
        for item in record.history.item:
            name = item.key or "/".join(item.nested_key)
            history.setdefault(name, []).append(item.value_json)
        if record.HasField("run"):
            names.add((record.run.display_name, record.run.run_group, record.run.project))
            config |= {each.key: each.value_json for each in record.run.config.update}
        for each in record.config.update:
            config[each.key or "/".join(each.nested_key)] = each.value_json
        if record.request.HasField("log_artifact"):
            artifacts.append(record.request.log_artifact.artifact.type)
        if record.HasField("artifact"):
            artifacts.append(record.artifact.type)
    figures = {"loss", "mse", "vocal_gain", "mse_t050", "mse_t750"}
    figures = {f"val/{name}" for name in figures} | {"train/loss", "train/mse", "train/lr"}
    figures |= {"train/items_per_second", "train/memory_gb", "train/grad_norm", "epoch"}
    assert figures <= set(history)
    assert all(len(history[name]) == 2 for name in figures if name != "epoch")
    assert float(history["train/loss"][0]) > 0
    samples = {"samples/song1", "samples/spectrograms1", "samples/sampling"}
    assert samples <= {name.split("/_")[0] for name in history} | set(history)
    assert ("seen", "mine", "samuel_gen") in names
    assert any("model/" in name or name == "model" for name in config)
    assert any(name == "code" or name.startswith("code/") for name in config)
    assert "model" in artifacts


def test_a_run_that_fails_is_closed_before_the_next_one_of_a_sweep(folder: Folder) -> None:
    import wandb

    options = ("logger=wandb", "optimizer.lr=1e30", "lr_schedule.warmup_steps=0")
    said = folder.refuses("samuel-train", *SMOKE, *options, "hydra.run.dir=failed")
    assert "train again with a lower optimizer.lr" in said
    assert list(folder.path.glob("failed/wandb/offline-run-*")) and wandb.run is None


def test_samples_are_written_during_and_after_the_training(folder: Folder) -> None:
    samples = folder.path / "seen" / "samples"
    assert {path.name for path in samples.iterdir()} == {"epoch002", "final"}
    for place in ("epoch002", "final"):
        for name in ("vocal.wav", "true.wav", "generated.wav", "mix.wav", "spectrograms.png"):
            assert (samples / place / name).exists(), (place, name)


def test_tensorboard_and_no_logger_work_too(folder: Folder) -> None:
    folder.does("samuel-train", *SMOKE, "logger=tensorboard", "hydra.run.dir=board")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (version,) = (folder.path / "board/tensorboard").iterdir()
    board = EventAccumulator(str(version)).Reload()
    assert {"val/mse", "train/loss", "val/vocal_gain"} <= set(board.Tags()["scalars"])
    assert "samples/song1/generated" in board.Tags()["audio"]
    assert "samples/spectrograms1" in board.Tags()["images"]

    quiet = ("logger=none", "callbacks.samples.every_n_epochs=0", "hydra.run.dir=quiet")
    folder.does("samuel-train", *SMOKE, *quiet)
    assert not list((folder.path / "quiet").glob("*/version*"))
    assert [path.name for path in (folder.path / "quiet/samples").iterdir()] == ["final"]


def test_the_commit_is_that_of_the_checkout_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found = loggers.find_code_version()
    assert found["version"]
    root = Path(loggers.__file__).parents[2]
    if (root / ".git").exists():
        said = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True
        )
        assert found["commit"] == said.stdout.strip()

    def missing(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(loggers.subprocess, "run", missing)
    assert loggers.find_code_version()["commit"] is None
