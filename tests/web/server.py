"""A running samuel-web, and requests that no client library would send."""

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.web.conftest import PATIENCE

HANGING = 1.5  # seconds after which a server is taken to wait for more


class Server:
    """A running samuel-web."""

    def __init__(self, process: subprocess.Popen, port: int, folder: Path, log: Path) -> None:
        self.process, self.port, self.folder, self.log = process, port, folder, log

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request with a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def send_raw(self, data: bytes, *, is_cut: bool = False) -> int:
        """Send bytes as they are, and return the status; 0 if no answer comes.

        Args:
            data: the bytes.
            is_cut: whether to hang up at once.
        """
        with socket.create_connection(("127.0.0.1", self.port), HANGING) as raw:
            try:
                raw.sendall(data)
                head = b"" if is_cut else raw.recv(4096)
            except OSError:
                return 0
        return int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/") else 0

    def get(self, path: str) -> Any:
        status, body = self.ask("GET", f"/api/{path}")
        assert status == 200, body
        return json.loads(body)

    def wait_for(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end and self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)


@contextmanager
def serve(folder: Path, checkpoint: Path, *words: str | Path) -> Iterator[Server]:
    """Start samuel-web on a free port."""
    log = folder.with_suffix(".log")
    command = [sys.executable, "-m", "samuel_gen.web.command", "--folder", folder, "--port", "0"]
    command += ["--checkpoint", checkpoint, "--device", "cpu", "--no-browser", *words]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        server = Server(process, 0, folder, log)
        server.wait_for(lambda: "Ctrl-C" in log.read_text())
        server.port = int(re.findall(r":(\d+)", log.read_text().splitlines()[0])[-1])
        yield server
    finally:
        process.kill()
        process.wait()
