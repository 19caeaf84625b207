"""Checkpoints on the Hugging Face hub: download and upload."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.model_card import is_generated_card, write_model_card
from samuel_gen.errors import SamuelError

WEIGHTS, CARD = "model.safetensors", "README.md"
_NAME = r"\b[\w\-.]{1,96}\b"
_REPO_ID = re.compile(rf"(?!.*(--|\.\.|\.git\Z)){_NAME}/{_NAME}", re.ASCII)  # the hub's own rule

log = logging.getLogger(__name__)


def find_checkpoint(name: str | Path, revision: str | None = None) -> Path:
    """Return the local file that a name stands for, downloaded first where it is on the hub.

    A downloaded file stays in the hub's cache, where it is found without a network.

    Args:
        name: a path, or USER/NAME on the hub. A file on the disk goes before the hub; any other
            name is returned unchanged.
        revision: the branch, tag or commit of a name on the hub.

    Raises:
        SamuelError: the name is on the hub and cannot be downloaded.
    """
    repo_id = name.as_posix() if isinstance(name, Path) else name
    if os.path.exists(name) or not _is_repo_id(repo_id):
        return Path(name)
    hub = _import_client(repo_id)
    with _report_hub_errors(repo_id, revision):
        return Path(hub.hf_hub_download(repo_id, WEIGHTS, revision=revision))


def push_checkpoint(
    checkpoint: Path, repo_id: str, *, private: bool = False, message: str | None = None
) -> str:
    """Upload a checkpoint with a model card in one commit, and return the repository's URL.

    A card that was written or edited by hand stays.

    Args:
        checkpoint: a `.safetensors` file that samuel-train wrote.
        repo_id: USER/NAME on the hub; the repository is created if it is missing.
        private: whether a new repository is visible to its owner only.
        message: the commit's message.

    Raises:
        SamuelError: the file or the name cannot be used, or the hub refuses.
    """
    if not _is_repo_id(repo_id):
        raise SamuelError(
            f"{repo_id} is not a name on the hub; use USER/NAME of letters, digits, -, _ and ., "
            "without a file's suffix"
        )
    content = Checkpoint.load(checkpoint)
    if content.config["codec"] is None:
        raise SamuelError(
            f"{checkpoint}: trained on latents of an unknown codec, which nothing can decode; "
            "train on a data set that samuel-encode made"
        )
    hub = _import_client(repo_id)
    if hub.get_token() is None:
        raise SamuelError(f"{repo_id}: you are not logged in to the hub; run `hf auth login`")
    with _report_hub_errors(repo_id, writing=True):
        api = hub.HfApi()
        url = str(api.create_repo(repo_id, private=private, exist_ok=True))
        current = api.model_info(repo_id)
        if private and not current.private:
            raise SamuelError(
                f"{repo_id}: this repository exists and is public; make it private in its "
                "settings, or choose another name"
            )
        files = {WEIGHTS: str(checkpoint), CARD: write_model_card(content, repo_id).encode()}
        if any(file.rfilename == CARD for file in current.siblings or ()):
            card = Path(hub.hf_hub_download(repo_id, CARD, revision=current.sha))
            if not is_generated_card(card.read_bytes().decode(errors="replace")):
                log.info("%s: its %s was written by hand, and stays", repo_id, CARD)
                del files[CARD]
        api.create_commit(
            repo_id,
            [hub.CommitOperationAdd(path, content) for path, content in files.items()],
            commit_message=message or "Share an accompanist",
            parent_commit=current.sha,  # refused if somebody pushed since
        )
    return url


def _is_repo_id(name: str) -> bool:
    return not name.endswith((".safetensors", ".ckpt")) and bool(_REPO_ID.fullmatch(name))


def _import_client(repo_id: str) -> ModuleType:
    try:
        import huggingface_hub
    except ImportError:
        raise SamuelError(
            f"{repo_id}: huggingface_hub is not installed; run `pip install samuel-gen[hub]`, or "
            "name a file"
        ) from None
    return huggingface_hub


@contextmanager
def _report_hub_errors(
    repo_id: str, revision: str | None = None, writing: bool = False
) -> Iterator[None]:
    """Turn an error of the hub's client or of the network into one line."""
    from huggingface_hub import errors

    # The client exports the HTTP library that it uses under this name, whichever version that is;
    # a direct import would bind this package to one of them.
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    unreachable = (httpx.TransportError, ConnectionError)
    try:
        yield
    except (httpx.HTTPError, OSError, RuntimeError) as error:
        chain = [error, error.__cause__]  # the cause of a failed upload or download says more
        answer = next((e for e in chain if isinstance(e, errors.HfHubHTTPError)), None)
        words = " ".join(str(answer or chain[1] or error).split())[:200]
        if answer is not None:
            reason = _explain_answer(answer, revision, writing) or (
                f"the hub returned an error ({words}); try again later"
            )
        elif any(isinstance(e, unreachable) for e in chain):
            cached = "" if writing else ", and there is no copy in its cache"
            reason = f"the hub cannot be reached{cached}; connect to the network and try again"
        else:  # the disk is full, the transfer broke off, ...
            reason = f"the transfer failed ({words}); try again"
        raise SamuelError(f"{repo_id}: {reason}") from None


def _explain_answer(error: Any, revision: str | None, writing: bool) -> str | None:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return "this repository is gated; request access on its page, then run `hf auth login`"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"the hub has no revision {revision}; name a branch, a tag or a commit"
    if isinstance(error, errors.EntryNotFoundError):
        return f"there is no {WEIGHTS} in it; name a repository that holds a checkpoint"
    if isinstance(error, errors.RepositoryNotFoundError) and not writing:
        return (
            "neither a file on this machine nor a repository that you can see on the hub; correct "
            "the name, or run `hf auth login` if the repository is private"
        )
    right = "write" if writing else "read"
    return {
        401: "the hub refuses your token; run `hf auth login`",
        403: f"your token may not {right} there; run `hf auth login` with one that may",
        412: "somebody else pushed in the meantime; push again",
    }.get(error.response.status_code)
