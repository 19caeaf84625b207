"""Weights that others trained: in a folder on this machine, or on the Hugging Face hub."""

import re
from pathlib import Path

from samuel_gen.errors import SamuelError

EXTRA = "pip install 'samuel-gen[vae]'"
CONFIG = "config.json"
WEIGHTS = "diffusion_pytorch_model.safetensors"
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def pretrained_file(
    pretrained: str | Path, subfolder: str | None, filename: str, revision: str | None = None
) -> Path:
    """Where the file is on this machine; from the hub, it is fetched once and kept in its cache.

    Args:
        pretrained: a folder, or `OWNER/MODEL` on the hub.
        subfolder: where the file is inside; a folder may also hold the file itself.
        filename: `CONFIG` or `WEIGHTS`.
        revision: branch, tag or commit on the hub.

    Raises:
        SamuelError: there is no such file, or the hub cannot be reached or refuses.
    """
    folder = Path(pretrained).expanduser()
    if folder.is_dir():
        places = [folder / subfolder / filename] if subfolder else []
        for place in [*places, folder / filename]:
            if place.is_file():
                return place
        raise SamuelError(
            f"{folder}: no {filename} in it; expected {_files()}; name another folder"
        )
    if isinstance(pretrained, Path) or not _HUB_ID.fullmatch(pretrained):
        raise SamuelError(
            f"codec.pretrained={pretrained}: no such folder; expected {_files()}, or OWNER/MODEL "
            "on the Hugging Face hub; correct the name"
        )
    return _from_hub(pretrained, f"{subfolder}/{filename}" if subfolder else filename, revision)


def _from_hub(model: str, path: str, revision: str | None) -> Path:
    import huggingface_hub
    from huggingface_hub import errors

    otherwise = f"or set codec.pretrained=FOLDER with {_files()}"
    try:
        return Path(huggingface_hub.hf_hub_download(model, path, revision=revision))
    except errors.GatedRepoError:
        reason = (
            "the hub gives it only to those who accepted its licence; expected that of you; accept "
            f"it at https://huggingface.co/{model}, then run `hf auth login`, {otherwise}"
        )
    except errors.RepositoryNotFoundError:
        reason = (
            "neither a folder here nor a model that the hub shows you; expected one of them; "
            f"correct codec.pretrained, run `hf auth login` if the model is private, {otherwise}"
        )
    except errors.RevisionNotFoundError:
        reason = f"no revision {revision} on the hub; expected a branch, tag or commit; correct it"
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled):
        reason = (
            f"{path} is not in the hub's cache, and the hub cannot be reached; expected one of "
            f"them; connect for the first use, {otherwise}"
        )
    except errors.EntryNotFoundError:
        reason = f"no {path} in it; expected {_files()}; correct codec.subfolder, {otherwise}"
    except OSError as error:  # the disk is full, the hub is out of order, ...
        words = " ".join(str(error).split())[:200]
        reason = f"could not be fetched ({words}); expected {path} of it; try again, {otherwise}"
    raise SamuelError(f"{model}: {reason}")


def _files() -> str:
    return f"{CONFIG} and {WEIGHTS}"
