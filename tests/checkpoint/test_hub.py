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
import soundfile
import yaml

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.hub import CARD, WEIGHTS, checkpoint_file, model_card, push
from samuel_gen.checkpoint.parameters import parameters_by_part
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist
from tests.checkpoint.hub_stand_in import READER, WRITER, Repo, StandIn

WORKER = """
import json, os, sys, time, traceback
time.sleep = lambda _: None  # the client tries again, later and later
from pathlib import Path
from samuel_gen.checkpoint.checkpoint import hub
from samuel_gen.errors import SamuelError
print(json.dumps("huggingface_hub" in sys.modules), flush=True)
def share(path, repo_id):
    from samuel_gen.generation.accompanist import Accompanist
    return Accompanist.from_pretrained(path, "cpu").push_to_hub(repo_id, message="Sing")
def take(repo_id):
    from samuel_gen.generation.accompanist import Accompanist
    return Accompanist.from_pretrained(repo_id, "cpu").checkpoint
for line in sys.stdin:
    name, arguments, options, token = json.loads(line)
    os.environ.pop("HF_TOKEN", None)
    if token:
        os.environ["HF_TOKEN"] = token
    if name == "push":
        arguments[0] = Path(arguments[0])
    try:
        function = globals().get(name) or getattr(hub, name)
        told = {"value": str(function(*arguments, **options))}
    except SamuelError as error:
        told = {"refusal": str(error)}
    except BaseException:
        told = {"defect": traceback.format_exc()}
    print(json.dumps(told), flush=True)
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
        told = json.loads(self.process.stdout.readline())
        assert "defect" not in told, told["defect"]
        return told

    def gets(self, *arguments: Any, **options: Any) -> str:
        told = self.ask(*arguments, **options)
        assert "value" in told, told
        return told["value"]

    def refused(self, *arguments: Any, **options: Any) -> str:
        """The line that it is refused with: found; expected; mend."""
        told = self.ask(*arguments, **options)
        assert "refusal" in told, told
        assert "\n" not in told["refusal"]
        assert re.search(r": .+; expected .+; .+", told["refusal"])
        return told["refusal"]


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
def checkpoint(make_checkpoint) -> Checkpoint:
    return make_checkpoint(
        samuel_gen="0.1.0",
        epoch=3,
        step=40,
        metrics={"val/mse": 0.54321, "val/vocal_gain": 0.01},
        run={"epochs": 7, "steps": 70},
    )


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
    assert trainer.gets("push", released, "ann/band", token=WRITER) == f"{hub.url}/ann/band"
    fetched = Path(listener.gets("checkpoint_file", "ann/band"))
    assert fetched.name == WEIGHTS and fetched.read_bytes() == released.read_bytes()
    repo = hub.repos["ann/band"]
    assert not repo.private
    assert repo.files[CARD].decode() == model_card(Checkpoint.load(released), "ann/band")
    assert [message for _, message, _ in repo.commits[1:]] == ["Share an accompanist"]


def test_an_accompanist_is_shared_and_taken_by_its_name(hub, trainer, listener, released):
    assert trainer.gets("share", released, "ann/band", token=WRITER) == f"{hub.url}/ann/band"
    assert hub.repos["ann/band"].commits[-1][1] == "Sing"
    assert Path(listener.gets("take", "ann/band")).read_bytes() == released.read_bytes()


def test_an_accompanist_made_of_parts_has_no_file_to_share(
    tiny_network, framed_codec, plain_normaliser
) -> None:
    parts = (tiny_network, cosine(), Objective(), framed_codec, plain_normaliser, plain_normaliser)
    with pytest.raises(SamuelError, match="made of parts; expected one of a checkpoint"):
        Accompanist(*parts, device="cpu").push_to_hub("ann/band")


def test_neither_starts_with_the_hubs_client(hub, trainer, released):
    trainer.refused("push", released, "no-user")
    assert trainer.starts_heavy is False


def test_a_later_push_replaces_the_model_and_its_own_card(hub, trainer, listener, released, other):
    trainer.gets("push", released, "ann/band", token=WRITER)
    repo = hub.repos["ann/band"]
    repo.commit("an old card", {CARD: model_card(Checkpoint.load(other), "bob/x").encode()})
    trainer.gets("push", other, "ann/band", token=WRITER, message="Longer trained")
    assert repo.files[WEIGHTS] == other.read_bytes()
    assert repo.files[CARD].decode() == model_card(Checkpoint.load(other), "ann/band")
    assert repo.commits[-1][1] == "Longer trained"
    newest = listener.gets("checkpoint_file", "ann/band")
    assert Path(newest).read_bytes() == other.read_bytes()
    first = listener.gets("checkpoint_file", "ann/band", revision=repo.commits[1][0])
    assert Path(first).read_bytes() == released.read_bytes()


@pytest.mark.parametrize("edit", ["written", "edited", "edited_below"])
def test_a_card_of_somebodys_own_is_left_alone(hub, trainer, released, other, edit):
    trainer.gets("push", released, "ann/band", token=WRITER)
    repo = hub.repos["ann/band"]
    card = repo.files[CARD]
    own = {
        "written": "# Ann's café band\n".encode("latin-1"),
        "edited": card.replace(b"## Limits", b"Thanks to Bob.\n\n## Limits"),
        "edited_below": card + b"\nThanks to Bob.\n",
    }[edit]
    repo.commit("my own words", {CARD: own})
    trainer.gets("push", other, "ann/band", token=WRITER)
    assert repo.files[CARD] == own and repo.files[WEIGHTS] == other.read_bytes()


def test_a_private_one_is_private_from_the_start(hub, trainer, listener, released):
    trainer.gets("push", released, "ann/secret", token=WRITER, private=True)
    assert hub.repos["ann/secret"].private
    for token in ("", READER):
        words = listener.refused("checkpoint_file", "ann/secret", token=token)
        assert "neither a file here nor a repository" in words and "private" in words
    listener.gets("checkpoint_file", "ann/secret", token=WRITER)


def test_nothing_goes_to_a_public_place_that_was_meant_for_a_private_one(hub, trainer, released):
    hub.repos["ann/band"] = Repo()
    words = trainer.refused("push", released, "ann/band", token=WRITER, private=True)
    assert "public" in words and len(hub.repos["ann/band"].commits) == 1


def test_who_may_not_write_is_told_why(hub, trainer, released):
    hub.repos["ann/band"] = Repo()
    assert "not logged in" in trainer.refused("push", released, "ann/band")
    assert not hub.asked
    for name in ("ann/band", "ann/new"):
        assert "refuses your token" in trainer.refused("push", released, name, token="hf_old")
        assert "may not write there" in trainer.refused("push", released, name, token=READER)
    assert len(hub.repos["ann/band"].commits) == 1 and list(hub.repos) == ["ann/band"]


@pytest.mark.parametrize(
    "name", ["band", "a/b/c", "ann/a--b", "ann/band.safetensors", "ann/a b", ""]
)
def test_a_name_that_is_none_is_refused(released: Path, name: str) -> None:
    with pytest.raises(SamuelError, match="no name for the hub; expected USER/NAME"):
        push(released, name)


def test_what_is_no_accompanist_is_not_shared(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="no such file"):
        push(tmp_path / "missing.safetensors", "ann/band")
    config = {**checkpoint.config, "codec": None}
    Checkpoint(**{**vars(checkpoint), "config": config}).save(tmp_path / "deaf.safetensors")
    with pytest.raises(SamuelError, match="unknown codec"):
        push(tmp_path / "deaf.safetensors", "ann/band")


def test_what_cannot_be_fetched_says_why(hub, listener):
    hub.repos["ann/empty"] = Repo()
    hub.repos["ann/gated"] = Repo(gated=True)
    for token in ("", READER):
        words = listener.refused("checkpoint_file", "ann/nothing", token=token)
        assert "ann/nothing: neither a file here nor a repository" in words
        words = listener.refused("checkpoint_file", "ann/gated", token=token)
        assert "whom its owner admits" in words and "`hf auth login`" in words
    assert f"no {WEIGHTS} in it" in listener.refused("checkpoint_file", "ann/empty")
    words = listener.refused("checkpoint_file", "ann/empty", revision="v9")
    assert "no revision v9" in words
    assert "refuses your token" in listener.refused("checkpoint_file", "ann/empty", token="hf_old")
    hub.out_of_order = 403
    assert "may not read there" in listener.refused("checkpoint_file", "ann/empty")
    hub.out_of_order = 501
    assert "the hub answers" in listener.refused("checkpoint_file", "ann/empty")


def test_a_push_never_lands_on_what_it_has_not_seen(hub, trainer, released):
    hub.repos["ann/band"] = repo = Repo()
    hub.before_commit = lambda: repo.commit("my own words", {CARD: b"# Mine"})
    words = trainer.refused("push", released, "ann/band", token=WRITER)
    assert "somebody pushed meanwhile" in words and repo.files[CARD] == b"# Mine"
    hub.before_commit = None
    trainer.gets("push", released, "ann/band", token=WRITER)
    assert repo.files[CARD] == b"# Mine" and repo.files[WEIGHTS] == released.read_bytes()


def test_an_upload_that_breaks_off_is_told(hub, trainer, released):
    hub.before_commit = lambda: setattr(hub, "out_of_order", 501)
    words = trainer.refused("push", released, "ann/band", token=WRITER)
    assert "501" in words and WEIGHTS not in hub.repos["ann/band"].files


def test_a_copy_in_the_cache_needs_no_network(hub, workers, trainer, listener, released):
    trainer.gets("push", released, "ann/band", token=WRITER)
    online = listener.gets("checkpoint_file", "ann/band")
    hub.asked.clear()
    assert workers["unplugged"].gets("checkpoint_file", "ann/band") == online
    for name, *given in (("checkpoint_file", "ann/new"), ("push", released, "ann/new")):
        words = workers["unplugged"].refused(name, *given, token=WRITER)
        assert "ann/new: the hub cannot be reached; expected a network" in words
        assert ("a copy in its cache" in words) == (name == "checkpoint_file")
    assert not hub.asked


def test_a_client_that_was_told_to_stay_offline(
    monkeypatch, released: Path, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", WRITER)
    for offline in (partial(checkpoint_file, "ann/band"), partial(push, released, "ann/band")):
        with pytest.raises(SamuelError, match="ann/band: the hub cannot be reached; .*; connect"):
            offline()


def test_without_the_hubs_client_files_still_work(
    monkeypatch, released: Path, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert checkpoint_file(released) == released
    for needy in (partial(checkpoint_file, "ann/band"), partial(push, released, "ann/band")):
        with pytest.raises(SamuelError, match=r"expected .*; run `pip install samuel-gen\[hub\]`"):
            needy()


def test_what_lies_on_the_disk_goes_first(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # asking the hub would fail
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "band").write_bytes(b"")
    for there in ("ann/band", Path("ann/band")):
        assert checkpoint_file(there) == Path("ann/band")


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
            checkpoint_file(name)
    else:
        assert checkpoint_file(name) == Path(name)


@pytest.mark.parametrize("name", ["ann/band.safetensors", "runs/last.ckpt"])
def test_a_files_suffix_means_a_file(monkeypatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert checkpoint_file(name) == Path(name)


def rows(card: str, heading: str) -> dict[str, str]:
    (section,) = re.findall(rf"^## {heading}$(.*?)^## ", card, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| ([^|]+?) \| (.*) \|$", section, re.MULTILINE))


def test_the_card_says_what_the_checkpoint_holds(checkpoint: Checkpoint) -> None:
    card = model_card(checkpoint, "ann/band")
    front = yaml.safe_load(card.split("---\n")[1])
    assert (front["license"], front["library_name"]) == ("mit", "samuel_gen")
    assert front["pipeline_tag"] == "audio-to-audio" and "accompaniment" in front["tags"]
    assert rows(card, "Metrics at export") == {"val/mse": "0.5432", "val/vocal_gain": "0.01"}
    codec = {name: str(value) for name, value in checkpoint.codec_identity.to_dict().items()}
    assert rows(card, "Codec") == codec
    counted = {k: int(n.replace(",", "")) for k, n in rows(card, "Parameters").items()}
    assert counted == parameters_by_part(checkpoint.weights)
    assert f"{sum(counted.values()):,} parameters" in card
    training = rows(card, "Training")
    assert training["samuel_gen"] == "0.1.0" and training["step of these weights"] == "40"
    assert training["epoch of these weights (the first is 0)"] == "3"
    assert training["whole run"] == "7 epochs, 70 steps" and training["songs"] == "not recorded"
    assert training["began with"] == "not recorded"


def test_the_card_invents_nothing(checkpoint: Checkpoint) -> None:
    card = model_card(Checkpoint(**{**vars(checkpoint), "provenance": {}}), "ann/band")
    assert set(rows(card, "Training").values()) == {"not recorded"}
    assert rows(card, "Metrics at export") == {} and "Not recorded." in card


def test_the_cards_python_plays(checkpoint, take, tmp_path, monkeypatch) -> None:
    sound = SpectralCodec().encode(take.repeat(2, 1))
    loud = LatentNormaliser(sound.mean(1), sound.std(1) + 1e-3)
    released = tmp_path / "loud.safetensors"
    Checkpoint(**{**vars(checkpoint), "accompaniment_normaliser": loud}).save(released)
    card = model_card(checkpoint, "ann/band")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert len(code.splitlines()) == 3 and "ann/band" in code
    soundfile.write(tmp_path / "take.wav", take[0].numpy(), 44100)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code.replace("ann/band", str(released)), names)
    assert names["result"].mix.shape == (2, take.shape[1])


def test_the_cards_command_is_one(checkpoint, monkeypatch, capsys, tmp_path) -> None:
    from samuel_gen.cli.generate import main

    card = model_card(checkpoint, "ann/band")
    (command,) = re.findall(r"```bash\n(.*?)\n```", card, re.DOTALL)
    assert "--checkpoint ann/band" in command
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit):
        main()
    assert "take.wav" in capsys.readouterr().err  # it lacks only the recording
