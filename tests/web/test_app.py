"""The whole way of a singer, from the recording to the archive, and what survives."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.user import Folder
from tests.web.conftest import Page, sing


def test_a_recording_becomes_a_result_that_the_command_makes_again(
    page: Page, tmp_path: Path
) -> None:
    session = page.record(name="take.wav")
    assert session["sheet"]["bars"][0]["chords"]
    page.generate(session, seed=5)
    assert page.generate(session, range=[1.0, 2.0], of=1, seed=9)["range"] == [1.0, 2.0]
    page.generate(session, range=[1.5, 3.0], of=2, seed=8)
    for number in (1, 3):
        archive = page.get(f"sessions/{session['id']}/results/{number}/archive.zip").content
        place = tmp_path / f"unpacked {number}"
        zipfile.ZipFile(io.BytesIO(archive)).extractall(place)
        assert (place / "vocal.wav").read_bytes() == sing(4)
        again = tmp_path / f"again{number}"
        Folder(tmp_path).does("samuel-generate", "--from", place / "generation.json", "-o", again)
        for name in ("accompaniment.wav", "mix.wav", "click.wav", "lead_sheet.txt"):
            assert (again / name).read_bytes() == (place / name).read_bytes(), name


def test_a_range_is_regenerated_and_the_rest_stays_to_the_sample(page: Page) -> None:
    session = page.record()
    page.generate(session, seed=1)
    page.generate(session, of=1, range=[1.0, 2.5], seed=2)
    old, new = (
        soundfile.read(io.BytesIO(page.fetch(session, number, "accompaniment.wav")))[0]
        for number in (1, 2)
    )
    changed = np.flatnonzero(np.abs(old - new).max(axis=1))
    assert 16_000 <= changed[0] < 17_000
    assert 39_000 < changed[-1] < 40_000


def test_nothing_is_lost_when_the_server_starts_again(open_page) -> None:
    with open_page() as page:
        session = page.record(name="my song.wav")
        given = {"tempo": 100, "chords": "C | F", "style": "folk"}
        page.ask("PUT", f"sessions/{session['id']}/given", json=given)
        page.generate(session, seed=1)
        page.generate(session, of=1, range=[0.5, 1.5], seed=7)
        before = page.get(f"sessions/{session['id']}")
    with open_page() as page:
        assert page.get(f"sessions/{session['id']}") == before
        assert [each["name"] for each in page.get("sessions")] == ["my song.wav"]
        assert page.generate(session, of=1, range=[0.5, 1.5], seed=7)["number"] == 3
        old, new = (page.fetch(session, number, "accompaniment.wav") for number in (2, 3))
        assert old == new, "a result from an earlier run of the server is regenerated alike"
        for _ in range(2):
            page.ask("POST", f"sessions/{session['id']}/undo")
        page.ask("POST", f"sessions/{session['id']}/undo")
        page.ask("POST", f"sessions/{session['id']}/undo")
        undone = page.get(f"sessions/{session['id']}")
    assert undone["sheet"] == session["sheet"]
    assert undone["results"] == [] and not undone["can_undo"]


def test_two_jobs_wait_for_each_other_and_both_finish(page: Page) -> None:
    sessions = page.record(), page.record(sing(3))
    first, second = (page.order(each, seed=1) for each in sessions)
    assert second["ahead"] <= 1
    page.wait(second)
    page.wait(first)
    for session in sessions:
        assert len(page.get(f"sessions/{session['id']}")["results"]) == 1


def test_a_cancelled_job_leaves_no_file(page: Page, folder: Path) -> None:
    session = page.record()
    job = page.order(session, sampler="quality", results=8)
    waiting = page.order(session)
    assert page.ask("DELETE", f"jobs/{waiting['id']}")["state"] == "cancelled"
    page.ask("DELETE", f"jobs/{job['id']}")
    ended = page.wait(job, until="cancelled")
    shown = page.get(f"sessions/{session['id']}")
    assert [each["number"] for each in shown["results"]] == ended["results"]
    names = {path.name for path in (folder / session["id"] / "results").iterdir()}
    assert names == {str(number) for number in ended["results"]}
    assert len(ended["results"]) < 8 and shown["job"] is None


def test_a_session_is_deleted_while_its_job_runs(page: Page, folder: Path) -> None:
    session = page.record()
    job = page.order(session, results=8, sampler="quality")
    page.ask("DELETE", f"sessions/{session['id']}", 204)
    assert page.get(f"jobs/{job['id']}")["state"] == "cancelled"
    page.get(f"sessions/{session['id']}", 404)
    assert page.get("sessions") == [] and not (folder / session["id"]).exists()


def test_a_deleted_result_is_gone_and_cannot_be_regenerated(page: Page) -> None:
    session = page.record()
    page.generate(session, seed=1)
    result = f"sessions/{session['id']}/results/1"
    page.ask("DELETE", result, 204)
    page.ask("DELETE", result, 404)
    page.get(f"{result}/mix.wav", 404)
    body = {"of": 1, "range": [0, 1]}
    page.ask("POST", f"sessions/{session['id']}/generate", 404, json=body)
    assert not page.get(f"sessions/{session['id']}")["can_undo"]


def test_a_result_is_offered_in_all_its_forms(page: Page) -> None:
    session = page.record()
    page.generate(session, seed=1)
    for name in ("accompaniment", "mix"):
        wav, flac = (page.fetch(session, 1, f"{name}.{form}") for form in ("wav", "flac"))
        sounds = [soundfile.read(io.BytesIO(each), dtype="int32")[0] for each in (wav, flac)]
        assert np.array_equal(*sounds) and np.abs(sounds[0]).max() > 2**20
    assert page.fetch(session, 1, "lead_sheet.txt").decode() == session["sheet"]["text"]
    assert page.fetch(session, 1, "arrangement.mid").startswith(b"MThd")
    page.get(f"sessions/{session['id']}/results/1/result.json", 404)


def test_a_range_must_lie_inside_the_recording(page: Page) -> None:
    session = page.record()
    page.generate(session, seed=1)
    for bounds in ([0, 0.2], [3, 2], [-1, 2], [1, 9]):
        body = {"of": 1, "range": bounds}
        answer = page.ask("POST", f"sessions/{session['id']}/generate", 400, json=body)
        assert "between 0 and 4.00 s" in answer["error"]


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
def test_recordings_of_all_forms_can_be_played(page: Page, form: str) -> None:
    session = page.record(sing(3, 44_100, form), f"take.{form.lower()}")
    played = page.get(f"sessions/{session['id']}/vocal")
    sound, rate = soundfile.read(io.BytesIO(played.content))
    assert rate == 44_100 and abs(len(sound) / rate - session["seconds"]) < 0.01
    part = page.ask("GET", f"sessions/{session['id']}/vocal", 206, headers={"range": "bytes=10-19"})
    assert part.content == played.content[10:20]
