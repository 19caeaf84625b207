"""`samuel-web`: a page for singers on this machine."""

import argparse
import contextlib
import errno
import importlib.util
import ipaddress
import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.cli.app import report_errors
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    import socket

_MOST = 100_000  # megabytes or minutes
_EPILOG = """\
The page stays on this machine: nobody else can open it. Recordings and results are kept in FOLDER
until you delete them on the page. Ctrl-C stops the server; what is finished stays.
"""


def main() -> None:
    """Run the command; `samuel-web --help` lists its options."""
    arguments = _parser().parse_args()
    with report_errors():
        serve(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="samuel-web",
        description="Open a page on which a vocal is recorded and gets its accompaniment.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="the address to listen on; another one than 127.0.0.1 opens the page to the network",
    )
    add("--port", type=int, default=7860, help="the port to listen on (default: 7860)")
    add("--folder", type=Path, help="folder for the sessions (default: samuel_gen in your data)")
    add(
        "--checkpoint",
        type=Path,
        default=BUNDLED,
        metavar="FILE",
        help="a model.safetensors that samuel-train wrote, or USER/NAME on the Hugging Face hub "
        "(default: the bundled checkpoint)",
    )
    add("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add(
        "--megabytes",
        type=int,
        default=200,
        metavar="N",
        help="the largest recording that is accepted (default: 200)",
    )
    add(
        "--minutes",
        type=int,
        default=15,
        metavar="N",
        help="the longest recording that is accepted (default: 15)",
    )
    add("--no-browser", action="store_true", help="do not open the browser")
    return parser


def serve(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C.

    Args:
        arguments: the parsed arguments of `samuel-web`.

    Raises:
        SamuelError: the extra is not installed, or the address or the folder cannot be used.
    """
    for name in ("megabytes", "minutes"):
        value = getattr(arguments, name)
        if not 1 <= value <= _MOST:
            raise SamuelError(f"--{name} {value}: choose 1 to {_MOST}")
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise SamuelError("samuel-web needs a few more packages: pip install 'samuel-gen[web]'")
    import uvicorn

    from samuel_gen.web.app import create_app
    from samuel_gen.web.guard import LOOPBACK

    with _listen(arguments.host, arguments.port) as socket:
        is_open = not _is_loopback(arguments.host)
        folder = (arguments.folder or find_sessions_folder()).absolute()
        app = create_app(
            folder,
            arguments.checkpoint,
            arguments.device,
            hosts=None if is_open else LOOPBACK | {arguments.host},
            megabytes=arguments.megabytes,
            minutes=arguments.minutes,
        )
        address = name_address(arguments.host, socket.getsockname()[1])
        print(f"{address}\nsessions are kept in {folder}; Ctrl-C stops the server", flush=True)
        if is_open:
            print(
                f"--host {arguments.host}: everyone who reaches this machine can hear and delete "
                "all recordings; put a login before it",
                file=sys.stderr,
                flush=True,
            )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="on",
            ws="none",
            limit_concurrency=100,
            timeout_graceful_shutdown=3,
        )
        if not arguments.no_browser:
            # The socket listens already, so that the browser waits until the server answers.
            threading.Thread(target=open_browser, args=[address], daemon=True).start()
        try:
            uvicorn.Server(config).run(sockets=[socket])
        finally:
            if not app.state.studio.has_ended:
                os._exit(130)  # a long step of the network goes on in its thread


def open_browser(address: str) -> None:
    """Open the page in the browser of a desktop; elsewhere nothing happens.

    Args:
        address: the address of the page.
    """
    has_display = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_display:
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(address)


def find_sessions_folder() -> Path:
    """Return the folder of the sessions in the user's data."""
    import platformdirs

    return Path(platformdirs.user_data_dir("samuel_gen", appauthor=False)) / "sessions"


def name_address(host: str, port: int) -> str:
    """Return the address of the page, for this machine's browser.

    Args:
        host: the address that the server listens on.
        port: the port that it listens on.
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> "socket.socket":
    """Open the server's socket.

    Raises:
        SamuelError: the address cannot be used.
    """
    import socket

    if not 0 <= port <= 65535:
        raise SamuelError(f"--port {port}: choose 1 to 65535, or 0 for any that is free")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(128)
    except OSError as error:
        opened.close()
        is_taken = error.errno == errno.EADDRINUSE
        how = "stop what uses it, or choose another --port" if is_taken else "choose others"
        raise SamuelError(
            f"--host {host} --port {port}: {error.strerror or error}; {how}"
        ) from None
    return opened


if __name__ == "__main__":
    main()
