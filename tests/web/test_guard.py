"""Other sites can neither call the server by a name of theirs nor change anything."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from samuel_gen.web.guard import LOOPBACK, Guard, is_own


def client(hosts: frozenset[str] | None = LOOPBACK) -> TestClient:
    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"), methods=methods)])
    return TestClient(Guard(app, hosts), base_url="http://127.0.0.1:7860")


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:80"])
def test_loopback_names_are_let_in(host: str) -> None:
    assert client().get("/", headers={"host": host}).text == "in"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "a@b"])
def test_other_names_are_refused_unless_the_server_is_open(host: str) -> None:
    assert client().get("/", headers={"host": host}).status_code == 403
    assert client(None).get("/", headers={"host": host}).text == "in"


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({}, True),
        ({"origin": "http://127.0.0.1:7860"}, True),
        ({"origin": "http://127.0.0.1:1"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:7860"}, False),
        # Behind a proxy, the server does not know the name that the browser uses.
        ({"sec-fetch-site": "same-origin", "origin": "https://singers.example"}, True),
    ],
)
def test_a_change_comes_from_the_page_itself(headers: dict[str, str], is_let_in: bool) -> None:
    assert is_own({"host": "127.0.0.1:7860", **headers}) is is_let_in
    assert client().post("/", headers=headers).status_code == (200 if is_let_in else 403)
    assert client().get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_answer_has_the_security_headers(host: str) -> None:
    answer = client().get("/", headers={"host": host})
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not any(name.startswith("access-control") for name in answer.headers)
