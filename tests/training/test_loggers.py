"""What a run leaves for those who look on: W&B's offline file, TensorBoard's, and what is heard."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from samuel_gen.training import loggers
from samuel_gen.training.epoch_means import peak_memory
from tests.cli.user import Folder

SMOKE = (
    "experiment=smoke",
    "source.seconds=6.0",
    "data.crop_frames=32",
    "trainer.max_epochs=2",
    "callbacks.listening.every_n_epochs=2",
    "callbacks.listening.songs=1",
    "callbacks.listening.sampler.num_steps=1",
)
BLOCK, HEADER = 32_768, 7


def records(path: Path):
    """What a `.wandb` file holds: LevelDB's log format, blocks of 32 KiB after a header."""
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
        if kind in (1, 4):  # whole, or the last part
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


def test_an_offline_run_of_wandb_holds_the_whole_dashboard(folder: Folder) -> None:
    (path,) = folder.path.glob("seen/wandb/offline-run-*/run-*.wandb")
    history: dict[str, list[str]] = {}
    config, names, artifacts = {}, set(), []
    for record in records(path):
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
    heard = {"heard/song1", "heard/spectrograms1", "heard/sampling"}
    assert heard <= {name.split("/_")[0] for name in history} | set(history)
    assert ("seen", "mine", "samuel_gen") in names
    assert any("model/" in name or name == "model" for name in config)
    assert any(name == "code" or name.startswith("code/") for name in config)
    assert "model" in artifacts


def test_it_was_heard_on_the_way_and_in_the_end(folder: Folder) -> None:
    for place in ("heard/epoch002", "sample"):
        for name in ("voice.wav", "true.wav", "generated.wav", "mix.wav", "spectrograms.png"):
            assert (folder.path / "seen" / place / name).exists(), (place, name)
    assert not (folder.path / "seen/heard/epoch001").exists()


def test_tensorboard_and_nothing_at_all_work_too(folder: Folder) -> None:
    folder.does("samuel-train", *SMOKE, "logger=tensorboard", "hydra.run.dir=board")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (version,) = (folder.path / "board/tensorboard").iterdir()
    board = EventAccumulator(str(version)).Reload()
    assert {"val/mse", "train/loss", "val/vocal_gain"} <= set(board.Tags()["scalars"])
    assert "heard/song1/generated" in board.Tags()["audio"]
    assert "heard/spectrograms1" in board.Tags()["images"]

    quiet = ("logger=none", "callbacks.listening.every_n_epochs=0", "hydra.run.dir=quiet")
    folder.does("samuel-train", *SMOKE, *quiet)
    assert not list((folder.path / "quiet").glob("*/version*"))
    assert not (folder.path / "quiet/heard").exists()


def test_a_wrong_wish_to_listen_is_told(folder: Folder) -> None:
    refusal = folder.refuses("samuel-train", *SMOKE, "callbacks.listening.songs=0")
    assert "expected 0 (never) or more, and 1 song or more" in refusal


def test_the_commit_is_that_of_the_checkout_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = loggers.code()
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
    assert loggers.code()["commit"] is None


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell")
def test_the_peak_of_memory_rises_with_what_is_taken() -> None:
    before = peak_memory(torch.device("cpu"))
    taken = torch.ones(int((before + 0.1) * 1e9 / 4))
    assert peak_memory(torch.device("cpu")) >= before + 0.05
    assert taken[0] == 1
