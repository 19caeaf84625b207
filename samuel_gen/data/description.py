"""`dataset.json`, which says what a data set holds and vouches for itself."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError

FORMAT_VERSION = 2
DESCRIPTION = "dataset.json"
_CHECKSUM = b'\n"sha256": "'  # the last line's beginning; it vouches for all bytes before it


def write_description(folder: Path, parts: Mapping[str, Any]) -> None:
    """Write the description of a data set; all of it or nothing.

    Args:
        folder: of the data set.
        parts: ready for JSON; lists of objects get a line for each.
    """
    head = {"format": "samuel_gen latent data set", "version": FORMAT_VERSION}
    lines = ",\n".join(f'"{name}": {_text(value)}' for name, value in {**head, **parts}.items())
    body = f"{{\n{lines},".encode()
    checksum = hashlib.sha256(body).hexdigest().encode()
    partial = folder / f".{DESCRIPTION}.partial"
    partial.write_bytes(body + _CHECKSUM + checksum + b'"\n}\n')
    partial.replace(folder / DESCRIPTION)


def read_description(folder: Path) -> dict[str, Any]:
    """The description of a data set.

    Raises:
        SamuelError: there is none, one of another version, or a damaged one.
    """
    file = folder / DESCRIPTION
    if not file.exists():
        found = f"no {DESCRIPTION} in it" if folder.is_dir() else "no such folder"
        raise SamuelError(
            f"{folder}: {found}; expected a finished data set; make one with samuel-encode "
            f"output={folder}"
        )
    written = file.read_bytes()
    try:
        description = json.loads(written)
        version = description["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise SamuelError(
            f"{file}: not a description of latents ({error}); expected what samuel-encode wrote; "
            "encode again with overwrite=true"
        ) from error
    if version != FORMAT_VERSION:
        raise SamuelError(
            f"{file}: version {version}; expected {FORMAT_VERSION}; encode again with "
            "overwrite=true, or use the version of samuel_gen that wrote it"
        )
    body, mark, rest = written.rpartition(_CHECKSUM)
    checksum = hashlib.sha256(body).hexdigest().encode()
    if not mark or rest != checksum + b'"\n}\n':
        raise SamuelError(
            f"{file}: its checksum does not match; expected what samuel-encode wrote; copy the "
            "data set again or encode again with overwrite=true"
        )
    return dict(description)


def _text(value: Any) -> str:
    """JSON with one line for each song and each shard."""
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)
