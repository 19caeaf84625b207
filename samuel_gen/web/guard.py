"""The guard before the application: who may ask, and what browsers are told about the answers."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})  # "none" is typed into the address bar
_HEADERS = {
    # Styles of the waveform are set by its script; everything else comes from this server.
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Refuses requests that other sites send, and adds the security headers to every answer.

    A name that an attacker points at this machine (DNS rebinding) is no loopback name. A page of
    another site cannot change anything: its browser tells where a request comes from.

    Args:
        app: the application.
        hosts: the names by which the server may be called; None for any, on an open server.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None = LOOPBACK) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refusal = None
        if self.hosts is not None and not _is_called_by(self.hosts, headers.getlist("host")):
            refusal = (
                "this server answers to its own address only; open the address that samuel-web "
                "printed"
            )
        elif scope["method"] not in _SAFE_METHODS and not is_own(headers):
            refusal = "the request comes from another site; open the page itself"
        if refusal is None:
            await self.app(scope, receive, send_guarded)
        else:
            await JSONResponse({"error": refusal}, 403)(scope, receive, send_guarded)


def is_own(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from this server's page, or from no page at all.

    Args:
        headers: the headers of the request, by their names in lower case.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITES
    origin = headers.get("origin")
    return origin is None or _split_host(origin) == _split_host(f"//{headers.get('host', '')}")


def _is_called_by(names: frozenset[str], hosts: list[str]) -> bool:
    parts = [_split_host(f"//{host}") for host in hosts]
    return len(parts) == 1 and parts[0] is not None and parts[0][0] in names


def _split_host(url: str) -> tuple[str, int | None] | None:
    """Return name and port of a URL; None if it has none."""
    try:
        parts = urlsplit(url)
        return None if parts.hostname is None else (parts.hostname, parts.port)
    except ValueError:
        return None
