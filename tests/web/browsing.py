"""A singer at a browser: a server of their own, headless Chromium and a faked microphone."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samuel_gen import read_audio

ROOT = Path(__file__).resolve().parents[2]
TAKE = ROOT / "docs" / "audio" / "vocal.ogg"
SECONDS = 8
PATIENCE = 60_000  # ms; a machine may be busy with other tests


def find_chromium() -> str:
    """The browser that is installed; tests are skipped without one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium is installed: apt-get install chromium")


def write_vocal(path: Path) -> Path:
    """Write some seconds of a singer, as a microphone would hear them."""
    vocal, rate = read_audio(TAKE)
    soundfile.write(path, vocal[:, 2 * rate : (2 + SECONDS) * rate].numpy().T, rate)
    return path


@contextlib.contextmanager
def run_server(folder: Path) -> Iterator[str]:
    """Run samuel-web on a free port; yields its address."""
    main = "from samuel_gen.web.command import main; main()"
    command = [sys.executable, "-c", main, "--port", "0", "--no-browser"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=folder.parent,
    ) as server:
        assert server.stdout is not None
        lines = []
        for line in server.stdout:
            lines.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError("".join(lines))
        try:
            yield found[0]
        finally:
            server.terminate()
            try:
                server.communicate(timeout=30)
            except subprocess.TimeoutExpired:  # a busy machine
                server.kill()


@contextlib.contextmanager
def run_browser(microphone: Path) -> Iterator[Any]:
    """Run Chromium, in which a file sings into the microphone."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = find_chromium()
    arguments = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
        "--autoplay-policy=no-user-gesture-required",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@contextlib.contextmanager
def open_page(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """Open the page in a new context, and fail at the end if a script or a request went wrong."""
    context = browser.new_context(permissions=["microphone"], accept_downloads=True, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: _check_request(request.url, address, faults))
    page.on("console", lambda message: _check_message(message, faults))
    page.goto(address)
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


def _check_request(url: str, address: str, faults: list[str]) -> None:
    if not url.startswith((address, "blob:", "data:")):
        faults.append(f"asks the internet: {url}")


def _check_message(message: Any, faults: list[str]) -> None:
    # A refused upload is an outcome of some tests, and Chromium logs each refusal.
    if message.type == "error" and "Failed to load resource" not in message.text:
        faults.append(message.text)


def choose_file(page: Any, path: Path) -> None:
    """Choose a recording, and wait for its lead sheet."""
    page.get_by_label("Or choose a recording").set_input_files(path)
    page.get_by_role("heading", name="Lead sheet").wait_for()
    wait_for_sound(page)


def wait_for_recording(page: Any, seconds: int) -> None:
    """Wait until so many seconds, are recorded, or more if the browser is slow."""
    page.get_by_text(re.compile(rf"Recording 0:(0[{seconds}-9]|[1-5]\d)")).wait_for()


def wait_for_sound(page: Any) -> None:
    """Wait until the vocal can be heard."""
    page.locator("#play:enabled").wait_for()


def generate(page: Any, number: int = 1) -> None:
    """Generate, and wait until the result of this number can be heard."""
    page.get_by_role("button", name=re.compile("^Generate")).click()
    wait_for_result(page, number)


def wait_for_result(page: Any, number: int) -> None:
    """Wait until the result of a number can be heard."""
    page.locator(f"#mixer[data-loaded='{number}']").wait_for()


def read_session(page: Any) -> dict[str, Any]:
    """The session that is shown, as the server knows it."""
    return page.evaluate("fetch('api/sessions/' + location.hash.slice(1)).then((a) => a.json())")


def make_result(page: Any, wish: dict[str, Any]) -> int:
    """Generate by the server's own interface; the number of the result."""
    script = """async (wish) => {
      const id = location.hash.slice(1);
      const headers = {'Content-Type': 'application/json'};
      const body = JSON.stringify(wish);
      const order = {method: 'POST', headers, body};
      let job = await (await fetch(`api/sessions/${id}/generate`, order)).json();
      while (['waiting', 'running'].includes(job.state)) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        job = await (await fetch(`api/jobs/${job.id}`)).json();
      }
      return job;
    }"""
    job = page.evaluate(script, wish)
    assert job["state"] == "done", job
    return job["results"][0]


def fetch_sound(page: Any, number: int, name: str = "accompaniment.wav") -> tuple[np.ndarray, int]:
    """The samples of a result, channels last, and their rate."""
    session = page.evaluate("location.hash.slice(1)")
    address = page.evaluate("location.origin")
    answer = page.request.get(f"{address}/api/sessions/{session}/results/{number}/{name}")
    assert answer.ok, answer.text()
    return soundfile.read(io.BytesIO(answer.body()))


def open_zip(path: Path) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """An archive, and the recipe in it."""
    archive = zipfile.ZipFile(path)
    (recipe,) = [name for name in archive.namelist() if name.endswith("generation.json")]
    return archive, json.loads(archive.read(recipe))
