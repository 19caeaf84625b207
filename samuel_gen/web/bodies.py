"""The bodies of requests: uploads that are limited while they arrive, and checked JSON."""

import json
import math
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request

_MOST_JSON = 2**18  # bytes
_SPARE = 2**28  # bytes of the disk that stay free
_MEGABYTE = 10**6


async def save_upload(request: Request, path: Path, megabytes: int) -> None:
    """Write the body of a request into a file; it is never longer than allowed.

    Args:
        request: the request.
        path: the file, which is deleted if the upload breaks off.
        megabytes: the limit.

    Raises:
        HTTPException: 413 for too many bytes, 400 for none, 507 if the disk has no room.
    """
    limit = megabytes * _MEGABYTE
    stated = _read_length(request)
    if stated > limit:
        _refuse_size(megabytes)
    _require_room(path.parent, stated)
    try:
        with path.open("wb") as file:
            async for block in _limit(request, limit, megabytes):
                _require_room(path.parent, len(block))
                file.write(block)
            length = file.tell()
        if length == 0:
            raise HTTPException(400, "the recording is empty (0 bytes); record or choose another")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise HTTPException(507, f"the server cannot keep it ({error.strerror})") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def read_object(request: Request) -> dict[str, Any]:
    """Read a JSON object; no body is an empty one.

    Raises:
        HTTPException: 413 for a long body, 400 for one that is no JSON object.
    """
    body = bytearray()
    if _read_length(request) > _MOST_JSON:
        raise HTTPException(413, f"the request is too long; send at most {_MOST_JSON} bytes")
    async for block in request.stream():
        body += block
        if len(body) > _MOST_JSON:
            raise HTTPException(413, f"the request is too long; send at most {_MOST_JSON} bytes")
    if not body:
        return {}
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request is not JSON; send an object in UTF-8") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "the request is not a JSON object; send one in braces")
    return value


def read_whole_number(
    body: dict[str, Any], name: str, default: int | None, lowest: int, highest: int
) -> int | None:
    """Return a whole number of a body.

    Args:
        body: the body.
        name: the name of the number.
        default: the value if the body has none, or null.
        lowest, highest: the range.

    Raises:
        HTTPException: 400 for anything but a whole number in the range.
    """
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise HTTPException(400, f"{name}: choose a whole number from {lowest} to {highest}")
    return value


def is_finite_number(value: Any) -> bool:
    """Tell whether a value of JSON is a number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def refuse_unknown(body: dict[str, Any], names: tuple[str, ...]) -> None:
    """Refuse a body with other names than these, which may be misspelt.

    Raises:
        HTTPException: 400 for another name.
    """
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise HTTPException(400, f"{unknown[0][:40]!r} is unknown; use {', '.join(names)}")


async def _limit(request: Request, limit: int, megabytes: int) -> AsyncIterator[bytes]:
    length = 0
    async for block in request.stream():
        length += len(block)
        if length > limit:
            _refuse_size(megabytes)
        yield block


def _require_room(folder: Path, size: int) -> None:
    """Refuse what would fill the disk; others may upload at the same time."""
    if shutil.disk_usage(folder).free < size + _SPARE:
        raise HTTPException(507, "the disk of the server is full; delete sessions, or make room")


def _read_length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def _refuse_size(megabytes: int) -> NoReturn:
    raise HTTPException(
        413, f"the recording is larger than {megabytes} MB; cut it, or save it as FLAC or MP3"
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
