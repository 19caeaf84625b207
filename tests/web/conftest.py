"""A server with the smallest network there is, and a sung recording to send to it."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.web.app import create_app
from tests.web import browsing

ADDRESS = "http://127.0.0.1:7860"
PATIENCE = 120  # seconds until a hanging job fails the test


def sing(seconds: float, rate: int = 16_000, form: str = "WAV") -> bytes:
    """The bytes of a sound file with sung notes, two in a second."""
    at = np.arange(round(seconds * rate)) / rate
    steps = np.array([0, 4, 7, 4])[(2 * at).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(220 * 2 ** (steps / 12)) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 6)) * np.minimum(1, 8 * (at * 2 % 1))
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.1 * tone, rate, format=form)
    return buffer.getvalue()


class Page:
    """What the page does, over HTTP."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> Any:
        return self.ask("GET", path, status)

    def ask(self, method: str, path: str, status: int = 200, **rest: Any) -> Any:
        answer = self.client.request(method, f"/api/{path}", **rest)
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer

    def record(self, sound: bytes | None = None, name: str = "take.wav") -> dict[str, Any]:
        content = sing(4) if sound is None else sound
        return self.ask("POST", "sessions", 201, params={"name": name}, content=content)

    def order(self, session: dict[str, Any], **body: Any) -> dict[str, Any]:
        body = {"sampler": "fast", **body}
        return self.ask("POST", f"sessions/{session['id']}/generate", 202, json=body)

    def wait(self, job: dict[str, Any], until: str = "done") -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            job = self.get(f"jobs/{job['id']}")
            if job["state"] not in ("waiting", "running"):
                assert job["state"] == until, job["error"]
                return job
            time.sleep(0.02)
        raise AssertionError(job)

    def generate(self, session: dict[str, Any], **body: Any) -> dict[str, Any]:
        """Generate, and return the last result."""
        job = self.wait(self.order(session, **body))
        return self.result(session, job["results"][-1])

    def result(self, session: dict[str, Any], number: int) -> dict[str, Any]:
        results = self.get(f"sessions/{session['id']}")["results"]
        (found,) = (each for each in results if each["number"] == number)
        return found

    def fetch(self, session: dict[str, Any], number: int, file: str) -> bytes:
        return self.ask("GET", f"sessions/{session['id']}/results/{number}/{file}").content


@pytest.fixture(scope="session")
def normaliser() -> LatentNormaliser:
    """The one of the bundled checkpoint: latents near its mean decode to audible sound."""
    return Checkpoint.load(BUNDLED).accompaniment_normaliser


@pytest.fixture
def checkpoint(
    make_checkpoint: Callable[..., Any], normaliser: LatentNormaliser, tmp_path: Path
) -> Path:
    path = tmp_path / "tiny.safetensors"
    make_checkpoint(normaliser).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def open_page(checkpoint: Path, folder: Path) -> Callable[..., Any]:
    """Starts a server on the folder, as a context manager."""
    from contextlib import contextmanager

    @contextmanager
    def start(**options: Any) -> Iterator[Page]:
        app = create_app(folder, checkpoint, "cpu", **options)
        with TestClient(app, base_url=ADDRESS) as client:
            yield Page(client)

    return start


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Iterator[Page]:
    with open_page() as opened:
        yield opened


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sung recording of some seconds."""
    return browsing.write_vocal(tmp_path_factory.mktemp("singer") / "take.wav")


# Not of the whole session: other tests need asyncio, which Playwright blocks in its thread.
@pytest.fixture(scope="module")
def chromium(take: Path) -> Iterator[Any]:
    """A browser into whose microphone the take is sung."""
    with browsing.run_browser(take) as browser:
        yield browser


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sessions of `address`."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture(scope="module")
def address(chromium: Any, sessions: Path) -> Iterator[str]:
    """The address of a real `samuel-web` with the bundled checkpoint."""
    with browsing.run_server(sessions) as address:
        yield address


@pytest.fixture
def tab(chromium: Any, address: str) -> Iterator[Any]:
    """The page in a tab of a new browser context."""
    with browsing.open_page(chromium, address) as tab:
        yield tab
