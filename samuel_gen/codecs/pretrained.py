"""The files of a pretrained autoencoder, in a local folder or on the Hugging Face hub."""

import re
from pathlib import Path

from samuel_gen.errors import SamuelError

EXTRA = "pip install 'samuel-gen[vae]'"
CONFIG = "config.json"
WEIGHTS = "diffusion_pytorch_model.safetensors"
_FILES = f"{CONFIG} and {WEIGHTS}"
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def find_pretrained_file(
    pretrained: str | Path, subfolder: str | None, filename: str, revision: str | None = None
) -> Path:
    """Return the local path of a pretrained file, downloading it on first use.

    Downloads are kept in the hub's own cache.

    Args:
        pretrained: a folder, or `OWNER/MODEL` on the hub.
        subfolder: the file's folder inside `pretrained`; a local folder may also hold the file
            itself.
        filename: `CONFIG` or `WEIGHTS`.
        revision: branch, tag or commit on the hub.

    Raises:
        SamuelError: the file does not exist, or the hub cannot be reached or denies access.
    """
    folder = Path(pretrained).expanduser()
    if folder.is_dir():
        places = [folder / subfolder / filename] if subfolder else []
        for place in [*places, folder / filename]:
            if place.is_file():
                return place
        raise SamuelError(f"{folder} contains no {filename}; name a folder with {_FILES}")
    if isinstance(pretrained, Path) or not _HUB_ID.fullmatch(pretrained):
        raise SamuelError(
            f"codec.pretrained={pretrained}: no such folder; name a folder with {_FILES}, or "
            "OWNER/MODEL on the Hugging Face hub"
        )
    return _download(pretrained, f"{subfolder}/{filename}" if subfolder else filename, revision)


def _download(model: str, path: str, revision: str | None) -> Path:
    """Return the path of a model's file in the hub's cache, fetching it first if needed."""
    import huggingface_hub
    from huggingface_hub import errors

    otherwise = f"or set codec.pretrained to a folder with {_FILES}"
    try:
        return Path(huggingface_hub.hf_hub_download(model, path, revision=revision))
    except errors.GatedRepoError:
        reason = (
            f"this model is gated; accept its licence at https://huggingface.co/{model} and run "
            f"`hf auth login`, {otherwise}"
        )
    except errors.RepositoryNotFoundError:
        reason = (
            "neither a local folder nor a model that you can see on the hub; correct "
            f"codec.pretrained, run `hf auth login` if the model is private, {otherwise}"
        )
    except errors.RevisionNotFoundError:
        reason = f"no revision {revision} on the hub; name a branch, tag or commit"
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled):
        reason = (
            f"{path} is not in the local cache and the hub cannot be reached; go online for the "
            f"first use, {otherwise}"
        )
    except errors.EntryNotFoundError:
        reason = f"no {path} in this model; correct codec.subfolder, {otherwise}"
    except OSError as error:  # for example a full disk or a failing hub
        words = " ".join(str(error).split())[:200]
        reason = f"{path} could not be downloaded ({words}); try again, {otherwise}"
    raise SamuelError(f"{model}: {reason}")
