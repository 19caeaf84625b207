"""Sharing accompanists: the hub's own client against a hub that stands on this machine."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.hub import CARD, WEIGHTS, find_checkpoint, push_checkpoint
from samuel_gen.checkpoint.model_card import write_model_card
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist
from tests.checkpoint.hub_stand_in import READER, WRITER, Repo, StandIn

WORKER = """
import json, os, sys, time, traceback
time.sleep = lambda _: None  # the client tries again, later and later
from pathlib import Path
from samuel_gen.checkpoint import hub
from samuel_gen.errors import SamuelError
print(json.dumps("huggingface_hub" in sys.modules), flush=True)
def share(path, repo_id):
    from samuel_gen.generation.accompanist import Accompanist
    return Accompanist.from_pretrained(path, "cpu").push_to_hub(repo_id, message="Sing")
def fetch(repo_id):
    from samuel_gen.generation.accompanist import Accompanist
    return Accompanist.from_pretrained(repo_id, "cpu").checkpoint
for line in sys.stdin:
    name, arguments, options, token = json.loads(line)
    os.environ.pop("HF_TOKEN", None)
    if token:
        os.environ["HF_TOKEN"] = token
    if name == "push_checkpoint":
        arguments[0] = Path(arguments[0])
    try:
        function = globals().get(name) or getattr(hub, name)
        answer = {"value": str(function(*arguments, **options))}
    except SamuelError as error:
        answer = {"refusal": str(error)}
    except BaseException:
        answer = {"defect": traceback.format_exc()}
    print(json.dumps(answer), flush=True)
"""


class Worker:
    """A process that uses `samuel_gen.checkpoint.hub`, with a cache and an endpoint."""

    def __init__(self, home: Path, endpoint: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and "proxy" not in k}
        own = {
            "HF_HOME": str(home),
            "HF_ENDPOINT": endpoint,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env={**kept, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.starts_heavy: bool | None = None

    def ask(self, name: str, *arguments: Any, token: str = "", **options: Any) -> dict[str, str]:
        assert self.process.stdin and self.process.stdout
        if self.starts_heavy is None:
            self.starts_heavy = json.loads(self.process.stdout.readline())
        given = [str(argument) for argument in arguments]
        self.process.stdin.write(json.dumps([name, given, options, token]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "defect" not in answer, answer["defect"]
        return answer

    def gets(self, *arguments: Any, **options: Any) -> str:
        answer = self.ask(*arguments, **options)
        assert "value" in answer, answer
        return answer["value"]

    def refused(self, *arguments: Any, **options: Any) -> str:
        """Return the one line of the refusal: what is wrong, where, and how to fix it."""
        answer = self.ask(*arguments, **options)
        assert "refusal" in answer, answer
        assert "\n" not in answer["refusal"]
        assert re.search(r".+; .+", answer["refusal"])
        return answer["refusal"]


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn() as hub:
        yield hub


@pytest.fixture
def hub(stand_in: StandIn) -> StandIn:
    stand_in.repos.clear()
    stand_in.asked.clear()
    stand_in.out_of_order = stand_in.before_commit = None
    return stand_in


@pytest.fixture(scope="module")
def workers(stand_in: StandIn, tmp_path_factory) -> Iterator[dict[str, Worker]]:
    """One who trains, one who listens, and the listener with the cable out."""
    trainer, listener = tmp_path_factory.mktemp("trainer"), tmp_path_factory.mktemp("listener")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    started = {
        "trainer": Worker(trainer, stand_in.url),
        "listener": Worker(listener, stand_in.url),
        "unplugged": Worker(listener, nobody),
    }
    yield started
    for worker in started.values():
        worker.process.kill()
        worker.process.communicate()


@pytest.fixture
def trainer(workers) -> Worker:
    return workers["trainer"]


@pytest.fixture
def listener(workers) -> Worker:
    return workers["listener"]


@pytest.fixture
def released(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    checkpoint.save(tmp_path / "of_a_run.safetensors")
    return tmp_path / "of_a_run.safetensors"


@pytest.fixture
def other(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    weights = {name: 2 * value for name, value in checkpoint.weights.items()}
    Checkpoint(**{**vars(checkpoint), "weights": weights}).save(tmp_path / "other.safetensors")
    return tmp_path / "other.safetensors"


def test_what_is_pushed_is_fetched_by_another(hub, trainer, listener, released):
    assert (
        trainer.gets("push_checkpoint", released, "ann/band", token=WRITER) == f"{hub.url}/ann/band"
    )
    fetched = Path(listener.gets("find_checkpoint", "ann/band"))
    assert fetched.name == WEIGHTS and fetched.read_bytes() == released.read_bytes()
    repo = hub.repos["ann/band"]
    assert not repo.private
    assert repo.files[CARD].decode() == write_model_card(Checkpoint.load(released), "ann/band")
    assert [message for _, message, _ in repo.commits[1:]] == ["Share an accompanist"]


def test_an_accompanist_is_shared_and_taken_by_its_name(hub, trainer, listener, released):
    assert trainer.gets("share", released, "ann/band", token=WRITER) == f"{hub.url}/ann/band"
    assert hub.repos["ann/band"].commits[-1][1] == "Sing"
    assert Path(listener.gets("fetch", "ann/band")).read_bytes() == released.read_bytes()


def test_an_accompanist_without_a_file_has_nothing_to_share(tiny_model) -> None:
    with pytest.raises(SamuelError, match="has no checkpoint"):
        Accompanist(tiny_model, device="cpu").push_to_hub("ann/band")


def test_neither_starts_with_the_hubs_client(hub, trainer, released):
    trainer.refused("push_checkpoint", released, "no-user")
    assert trainer.starts_heavy is False


def test_a_later_push_replaces_the_model_and_its_own_card(hub, trainer, listener, released, other):
    trainer.gets("push_checkpoint", released, "ann/band", token=WRITER)
    repo = hub.repos["ann/band"]
    repo.commit("an old card", {CARD: write_model_card(Checkpoint.load(other), "bob/x").encode()})
    trainer.gets("push_checkpoint", other, "ann/band", token=WRITER, message="Longer trained")
    assert repo.files[WEIGHTS] == other.read_bytes()
    assert repo.files[CARD].decode() == write_model_card(Checkpoint.load(other), "ann/band")
    assert repo.commits[-1][1] == "Longer trained"
    newest = listener.gets("find_checkpoint", "ann/band")
    assert Path(newest).read_bytes() == other.read_bytes()
    first = listener.gets("find_checkpoint", "ann/band", revision=repo.commits[1][0])
    assert Path(first).read_bytes() == released.read_bytes()


@pytest.mark.parametrize("edit", ["written", "edited", "edited_below"])
def test_a_card_of_somebodys_own_is_left_alone(hub, trainer, released, other, edit):
    trainer.gets("push_checkpoint", released, "ann/band", token=WRITER)
    repo = hub.repos["ann/band"]
    card = repo.files[CARD]
    own = {
        "written": "# Ann's café band\n".encode("latin-1"),
        "edited": card.replace(b"## Limits", b"Thanks to Bob.\n\n## Limits"),
        "edited_below": card + b"\nThanks to Bob.\n",
    }[edit]
    repo.commit("my own words", {CARD: own})
    trainer.gets("push_checkpoint", other, "ann/band", token=WRITER)
    assert repo.files[CARD] == own and repo.files[WEIGHTS] == other.read_bytes()


def test_a_private_one_is_private_from_the_start(hub, trainer, listener, released):
    trainer.gets("push_checkpoint", released, "ann/secret", token=WRITER, private=True)
    assert hub.repos["ann/secret"].private
    for token in ("", READER):
        words = listener.refused("find_checkpoint", "ann/secret", token=token)
        assert "neither a file on this machine nor a repository" in words and "private" in words
    listener.gets("find_checkpoint", "ann/secret", token=WRITER)


def test_nothing_goes_to_a_public_place_that_was_meant_for_a_private_one(hub, trainer, released):
    hub.repos["ann/band"] = Repo()
    words = trainer.refused("push_checkpoint", released, "ann/band", token=WRITER, private=True)
    assert "public" in words and len(hub.repos["ann/band"].commits) == 1


def test_who_may_not_write_is_told_why(hub, trainer, released):
    hub.repos["ann/band"] = Repo()
    assert "not logged in" in trainer.refused("push_checkpoint", released, "ann/band")
    assert not hub.asked
    for name in ("ann/band", "ann/new"):
        assert "refuses your token" in trainer.refused(
            "push_checkpoint", released, name, token="hf_old"
        )
        assert "may not write there" in trainer.refused(
            "push_checkpoint", released, name, token=READER
        )
    assert len(hub.repos["ann/band"].commits) == 1 and list(hub.repos) == ["ann/band"]


@pytest.mark.parametrize(
    "name", ["band", "a/b/c", "ann/a--b", "ann/band.safetensors", "ann/a b", ""]
)
def test_a_name_that_is_none_is_refused(released: Path, name: str) -> None:
    with pytest.raises(SamuelError, match="is not a name on the hub; use USER/NAME"):
        push_checkpoint(released, name)


def test_what_is_no_accompanist_is_not_shared(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="no such file"):
        push_checkpoint(tmp_path / "missing.safetensors", "ann/band")
    config = {**checkpoint.config, "codec": None}
    Checkpoint(**{**vars(checkpoint), "config": config}).save(tmp_path / "deaf.safetensors")
    with pytest.raises(SamuelError, match="unknown codec"):
        push_checkpoint(tmp_path / "deaf.safetensors", "ann/band")


def test_what_cannot_be_fetched_says_why(hub, listener):
    hub.repos["ann/empty"] = Repo()
    hub.repos["ann/gated"] = Repo(gated=True)
    for token in ("", READER):
        words = listener.refused("find_checkpoint", "ann/nothing", token=token)
        assert "ann/nothing: neither a file on this machine nor a repository" in words
        words = listener.refused("find_checkpoint", "ann/gated", token=token)
        assert "this repository is gated" in words and "`hf auth login`" in words
    assert f"there is no {WEIGHTS} in it" in listener.refused("find_checkpoint", "ann/empty")
    words = listener.refused("find_checkpoint", "ann/empty", revision="v9")
    assert "no revision v9" in words
    assert "refuses your token" in listener.refused("find_checkpoint", "ann/empty", token="hf_old")
    hub.out_of_order = 403
    assert "may not read there" in listener.refused("find_checkpoint", "ann/empty")
    hub.out_of_order = 501
    assert "the hub returned an error" in listener.refused("find_checkpoint", "ann/empty")


def test_a_push_never_lands_on_what_it_has_not_seen(hub, trainer, released):
    hub.repos["ann/band"] = repo = Repo()
    hub.before_commit = lambda: repo.commit("my own words", {CARD: b"# Mine"})
    words = trainer.refused("push_checkpoint", released, "ann/band", token=WRITER)
    assert "somebody else pushed in the meantime" in words and repo.files[CARD] == b"# Mine"
    hub.before_commit = None
    trainer.gets("push_checkpoint", released, "ann/band", token=WRITER)
    assert repo.files[CARD] == b"# Mine" and repo.files[WEIGHTS] == released.read_bytes()


def test_an_upload_that_breaks_off_is_told(hub, trainer, released):
    hub.before_commit = lambda: setattr(hub, "out_of_order", 501)
    words = trainer.refused("push_checkpoint", released, "ann/band", token=WRITER)
    assert "501" in words and WEIGHTS not in hub.repos["ann/band"].files


def test_a_copy_in_the_cache_needs_no_network(hub, workers, trainer, listener, released):
    trainer.gets("push_checkpoint", released, "ann/band", token=WRITER)
    online = listener.gets("find_checkpoint", "ann/band")
    hub.asked.clear()
    assert workers["unplugged"].gets("find_checkpoint", "ann/band") == online
    for name, *given in (("find_checkpoint", "ann/new"), ("push_checkpoint", released, "ann/new")):
        words = workers["unplugged"].refused(name, *given, token=WRITER)
        assert "ann/new: the hub cannot be reached" in words
        assert ("no copy in its cache" in words) == (name == "find_checkpoint")
    assert not hub.asked


def test_a_client_that_was_told_to_stay_offline(
    monkeypatch, released: Path, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", WRITER)
    for offline in (
        partial(find_checkpoint, "ann/band"),
        partial(push_checkpoint, released, "ann/band"),
    ):
        with pytest.raises(SamuelError, match="ann/band: the hub cannot be reached.*; connect"):
            offline()


def test_without_the_hubs_client_files_still_work(
    monkeypatch, released: Path, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert find_checkpoint(released) == released
    for needy in (
        partial(find_checkpoint, "ann/band"),
        partial(push_checkpoint, released, "ann/band"),
    ):
        with pytest.raises(
            SamuelError, match=r"is not installed; run `pip install samuel-gen\[hub\]`"
        ):
            needy()


def test_what_lies_on_the_disk_goes_first(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # asking the hub would fail
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "band").write_bytes(b"")
    for there in ("ann/band", Path("ann/band")):
        assert find_checkpoint(there) == Path("ann/band")


NAMES = [
    *("a/b", "Ann-1/b_c.d", f"{'a' * 96}/{'b' * 96}", "_a/b", "a/b.git.x", "a/b.safetensors.old"),
    *("a", "a/b/c", "./a/b", "../b", "a/..", "/a/b", "a/", "a/b/", "~/b", "a b/c", "a/-b", "a/b-"),
    *(".a/b", "a/b.", "a--b/c", "a/b..c", "a/b.git", "ä/b", "a/b\n", "a\\b", f"{'a' * 97}/b", ""),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_the_hubs_where_the_hub_says_so(monkeypatch, name: str) -> None:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(name)
        is_the_hubs = name.count("/") == 1
    except HFValidationError:
        is_the_hubs = False
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    if is_the_hubs:
        with pytest.raises(SamuelError, match="huggingface_hub is not installed"):
            find_checkpoint(name)
    else:
        assert find_checkpoint(name) == Path(name)


@pytest.mark.parametrize("name", ["ann/band.safetensors", "runs/last.ckpt"])
def test_a_files_suffix_means_a_file(monkeypatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert find_checkpoint(name) == Path(name)
