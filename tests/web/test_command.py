"""`samuel-web` as a user types it: how it starts, ends, refuses and survives."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from samuel_gen.web.command import name_address
from tests.web.conftest import PATIENCE, sing
from tests.web.server import serve


def test_ctrl_c_ends_the_server_and_the_port_is_told_when_it_is_taken(
    folder: Path, checkpoint: Path
) -> None:
    with serve(folder, checkpoint) as server:
        assert server.ask("GET", "/")[0] == 200
        server.wait_for(lambda: server.get("status")["model"]["state"] == "ready")
        words = ["--port", str(server.port), "--folder", folder.with_name("other"), "--no-browser"]
        second = subprocess.run(
            [sys.executable, "-m", "samuel_gen.web.command", *words], capture_output=True, text=True
        )
        assert second.returncode == 2
        assert second.stderr.count("\n") == 1 and str(server.port) in second.stderr
        words[1], words[3] = "0", folder
        third = subprocess.run(
            [sys.executable, "-m", "samuel_gen.web.command", *words], capture_output=True, text=True
        )
        assert third.returncode == 2
        assert third.stderr.count("\n") == 1 and "--folder" in third.stderr
        session = json.loads(server.ask("POST", "/api/sessions?name=a.wav", sing(8))[1])["id"]
        order = json.dumps({"results": 8, "sampler": "quality"})
        server.ask("POST", f"/api/sessions/{session}/generate", order)
        server.wait_for(lambda: server.get(f"sessions/{session}")["job"]["progress"] > 0)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE) == 130
        lines = server.log.read_text().splitlines()
        assert lines[0] == f"http://127.0.0.1:{server.port}"
        assert lines[-1] == "stopped by Ctrl-C" and "Traceback" not in server.log.read_text()
        assert not list((folder / session / "results").glob(".*"))


def test_a_killed_server_leaves_nothing_that_is_listed_half_done(
    folder: Path, checkpoint: Path
) -> None:
    with serve(folder, checkpoint) as server:
        status, body = server.ask("POST", "/api/sessions?name=a.wav", sing(8))
        assert status == 201
        session = json.loads(body)["id"]
        order = json.dumps({"results": 8, "sampler": "quality"})
        server.ask("POST", f"/api/sessions/{session}/generate", order)
        results = folder / session / "results"
        server.wait_for(lambda: (results / "1").exists() and list(results.glob(".*")))
        server.process.kill()
        server.process.wait()
    with serve(folder, checkpoint) as server:
        shown = server.get(f"sessions/{session}")
        assert 1 <= len(shown["results"]) < 8 and shown["job"] is None
        assert not list(results.glob(".*"))
        for result in shown["results"]:
            names = {path.name for path in (results / str(result["number"])).iterdir()}
            assert {"mix.wav", "accompaniment.wav", "generation.json", "click.wav"} <= names


def test_an_open_host_is_told_in_one_line(folder: Path, checkpoint: Path) -> None:
    with serve(folder, checkpoint, "--host", "0.0.0.0") as server:
        assert server.ask("GET", "/api/status", headers={"host": "singers.example"})[0] == 200
        (line,) = (line for line in server.log.read_text().splitlines() if "--host" in line)
        assert "everyone" in line


def test_a_host_that_is_not_this_machine_is_one_line(folder: Path) -> None:
    words = ["--host", "203.0.113.1", "--port", "0", "--folder", folder, "--no-browser"]
    done = subprocess.run(
        [sys.executable, "-m", "samuel_gen.web.command", *words], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("--host 203.0.113.1") and done.stderr.count("\n") == 1
    assert not folder.exists()


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys, importlib.util as util; find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'uvicorn' else find(name, *rest)\n"
        "from samuel_gen.web.command import main; sys.argv = ['samuel-web']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.strip().endswith("pip install 'samuel-gen[web]'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1:1"),
        ("::1", "[::1]:1"),
        ("0.0.0.0", "127.0.0.1:1"),
    ],
)
def test_the_address_is_one_that_the_browser_of_this_machine_can_open(
    host: str, address: str
) -> None:
    assert name_address(host, 1) == f"http://{address}"
