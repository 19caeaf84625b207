"""`dataset.json`: the description of a data set, with a checksum of itself."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError
from samuel_gen.storage import write_atomically

FORMAT_VERSION = 4
DESCRIPTION = "dataset.json"
_OLDEST_VERSION = 2
_CHECKSUM = b'\n"sha256": "'  # start of the last line; the checksum covers all bytes before it
_REPR = re.compile(r"(?P<cls>\w+)\(decibels=(?P<decibels>[^()]+)\)")  # an augmentation in version 2
_NAMES = {"Level": "level", "Equalisation": "equalisation", "Noise": "noise"}


def write_description(folder: Path, parts: Mapping[str, Any]) -> None:
    """Write the description of a data set, completely or not at all.

    Args:
        folder: the folder of the data set.
        parts: the keys and values after the head, ready for JSON. Each object of a list gets a
            line of its own.
    """
    head = {
        "format": "samuel_gen latent data set",
        "version": FORMAT_VERSION,
        "written_by": version("samuel-gen"),
    }
    lines = ",\n".join(f'"{name}": {_to_json(value)}' for name, value in {**head, **parts}.items())
    body = f"{{\n{lines},".encode()
    checksum = hashlib.sha256(body).hexdigest().encode()
    with write_atomically(folder / DESCRIPTION) as file:
        file.write_bytes(body + _CHECKSUM + checksum + b'"\n}\n')


def read_description(folder: Path) -> dict[str, Any]:
    """Read the description of a data set, in the form of the current version.

    Version 2, which samuel_gen 0.1.0 and 0.2.0 wrote, is translated. Songs of version 3 and before
    have no lead sheets.

    Raises:
        SamuelError: there is no description, or it is damaged or of an unknown version.
    """
    file = folder / DESCRIPTION
    if not file.exists():
        found = f"no {DESCRIPTION} in it" if folder.is_dir() else "no such folder"
        raise SamuelError(
            f"{folder}: {found}; make a data set there with samuel-encode output={folder}"
        )
    written = file.read_bytes()
    try:
        description = dict(json.loads(written))
        found_version = description["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise SamuelError(
            f"{file}: not the description of a data set ({error}); encode again with overwrite=true"
        ) from error
    _check_version(file, found_version, description.get("written_by"))
    body, mark, rest = written.rpartition(_CHECKSUM)
    checksum = hashlib.sha256(body).hexdigest().encode()
    if not mark or rest != checksum + b'"\n}\n':
        raise SamuelError(
            f"{file}: its checksum does not match; copy the data set again or encode again with "
            "overwrite=true"
        )
    if found_version == 2:
        description["augmentations"] = [_name(text) for text in description["augmentations"]]
    return description


def _check_version(file: Path, found: Any, written_by: Any) -> None:
    if isinstance(found, int) and found > FORMAT_VERSION:
        writer = f"samuel_gen {written_by}" if written_by else "a newer samuel_gen"
        raise SamuelError(
            f"{file}: format version {found}, written by {writer}; read it with that version of "
            "samuel_gen or a newer one"
        )
    if found not in range(_OLDEST_VERSION, FORMAT_VERSION + 1):
        raise SamuelError(
            f"{file}: format version {found} can no longer be read; encode again with "
            "overwrite=true"
        )


def _name(text: str) -> dict[str, Any]:
    """Translate an augmentation of version 2, such as `Level(decibels=6)`, to its named form.

    The repr of a class from outside the package becomes the name as it is.
    """
    match = _REPR.fullmatch(text)
    if match is None or match["cls"] not in _NAMES:
        return {"name": text, "version": 1}
    return {"name": _NAMES[match["cls"]], "version": 1, "decibels": float(match["decibels"])}


def _to_json(value: Any) -> str:
    """Return JSON in which each song and each shard has a line."""
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)
