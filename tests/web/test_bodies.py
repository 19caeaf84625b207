"""Bodies are limited while they arrive, and only clean JSON comes in."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from samuel_gen.web.bodies import (
    is_finite_number,
    read_object,
    read_whole_number,
    refuse_unknown,
    save_upload,
)


def request(blocks: Iterable[bytes | None], length: str | None = None) -> Request:
    """A request whose body comes in blocks; None is a client that hangs up."""
    messages: list[dict[str, Any]] = [
        {"type": "http.disconnect"}
        if block is None
        else {"type": "http.request", "body": block, "more_body": True}
        for block in blocks
    ]
    messages.append({"type": "http.request", "body": b""})
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    headers = [] if length is None else [(b"content-length", length.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def status(awaitable: Any) -> int:
    with pytest.raises(HTTPException) as caught:
        asyncio.run(awaitable)
    return caught.value.status_code


def test_an_upload_is_written_as_it_comes(tmp_path: Path) -> None:
    asyncio.run(save_upload(request([b"ab", b"", b"c"]), tmp_path / "a", 1))
    assert (tmp_path / "a").read_bytes() == b"abc"


@pytest.mark.parametrize("length", [None, "10", "0", "-1", "x", "9" * 50])
def test_a_long_upload_is_cut_off_whatever_its_header_says(
    tmp_path: Path, length: str | None
) -> None:
    taken = 0

    def blocks() -> Iterable[bytes]:
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield 100_000 * b"x"

    lazy = request([], length)
    source = blocks()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(source), "more_body": True}

    lazy._receive = receive  # type: ignore[assignment]
    assert status(save_upload(lazy, tmp_path / "a", 1)) == 413
    assert taken == 11
    assert not list(tmp_path.iterdir())


def test_a_stated_length_above_the_limit_is_refused_before_the_body(tmp_path: Path) -> None:
    assert status(save_upload(request([], "1000001"), tmp_path / "a", 1)) == 413
    assert not list(tmp_path.iterdir())


def test_an_empty_upload_and_a_client_that_hangs_up_leave_no_file(tmp_path: Path) -> None:
    assert status(save_upload(request([]), tmp_path / "a", 1)) == 400
    with pytest.raises(ClientDisconnect):
        asyncio.run(save_upload(request([b"abc", None]), tmp_path / "a", 1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("room", [0, 3])
def test_an_upload_never_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """Others write at the same time: the room shrinks with every look."""
    free = iter([2**28 + room, 2**28 + room, 2**28 + room - 1])
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=next(free)))
    assert status(save_upload(request([b"abc", b"def"], "3"), tmp_path / "a", 1)) == 507
    assert not list(tmp_path.iterdir())


def test_an_object_is_read_and_no_body_is_an_empty_one() -> None:
    assert asyncio.run(read_object(request([b'{"a":', b" 1}"]))) == {"a": 1}
    assert asyncio.run(read_object(request([]))) == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[]", 400),
        (b'{"a": NaN}', 400),
        (b'{"a": -Infinity}', 400),
        (100_000 * b"[", 400),
        (b'{"a": ' + 9999 * b"9" + b"}", 400),
        (b"\xff\xfe\x00", 400),
        (300_000 * b" ", 413),
    ],
)
def test_other_bodies_are_refused(body: bytes, code: int) -> None:
    assert status(read_object(request([body]))) == code


@pytest.mark.parametrize("value", [1.0, "1", True, [], -1, 10, 10**400])
def test_only_whole_numbers_in_their_range_pass(value: Any) -> None:
    assert read_whole_number({"a": 3}, "a", 1, 0, 9) == 3
    assert read_whole_number({"a": None}, "a", 1, 0, 9) == 1
    with pytest.raises(HTTPException, match="0 to 9"):
        read_whole_number({"a": value}, "a", 1, 0, 9)


def test_numbers_that_no_float_holds_are_none() -> None:
    assert is_finite_number(1) and is_finite_number(0.5)
    odd = (True, "1", None, float("inf"), float("nan"), 10**400)
    assert not any(is_finite_number(value) for value in odd)


def test_a_misspelt_name_is_told() -> None:
    refuse_unknown({"seed": 1}, ("seed",))
    with pytest.raises(HTTPException, match="'sede' is unknown; use seed"):
        refuse_unknown({"sede": 1}, ("seed",))
