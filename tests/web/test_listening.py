"""Uploads become sessions with a sheet; what is given is read as the options of the command are."""

import asyncio
import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import parse_given
from samuel_gen.web.listening import choose_suffix, clean_label, parse_body
from tests.web.conftest import Page, sing


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("take 1.wav", "take 1.wav"),
        ("../../etc/passwd", "passwd"),
        ("C:\\songs\\mine.mp3", "mine.mp3"),
        ("a\0b\n.wav", "ab.wav"),
        ("", "recording"),
        ("a/", "recording"),
        (300 * "x", 100 * "x"),
        ("Grüße 💿.ogg", "Grüße 💿.ogg"),
    ],
)
def test_a_name_is_only_a_label(name: str, label: str) -> None:
    assert clean_label(name) == label


def test_only_suffixes_of_sound_files_are_kept() -> None:
    assert choose_suffix("a.WebM") == ".webm"
    assert choose_suffix("a.exe") == choose_suffix("a") == ""


@pytest.mark.parametrize(
    "given",
    [
        {"tempo": "x2"},
        {"tempo": "92 bpm", "key": "D minor", "style": "bossa nova"},
        {"tempo": 92, "bar_1_at": 1.5, "meter": "3/4", "chords": "Dm | Gm C A"},
        {"beats": [0, 0.5, 1.0, 1.5]},
    ],
)
def test_what_is_given_means_what_it_means_to_the_command(given: dict[str, Any]) -> None:
    assert parse_body({**given, "key": given.get("key")}, 10) == parse_given(**given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"tempo": 1000}, "choose 30 to 300"),
        ({"bar_1_at": 11}, "0 to 10.00 s"),
        ({"bar_1_at": True}, "0 to 10.00 s"),
        ({"meter": 3}, "meter: write"),
        ({"chords": "C |" * 10_000}, "chords: write at most"),
        ({"chords": "H"}, "'H' is not a chord"),
        ({"beats": [1]}, "2 to 20000 times"),
        ({"beats": [1, "2"]}, "2 to 20000 times"),
        ({"beats": [2, 1]}, "beats must rise"),
        ({"lead_sheet": "/etc/passwd"}, "cannot be given"),
    ],
)
def test_what_cannot_be_given_is_told_in_one_line(given: dict[str, Any], line: str) -> None:
    with pytest.raises(SamuelError, match=line):
        parse_body(given, 10)


@pytest.mark.parametrize(("name", "codec"), [("take.webm", "libopus"), ("take.mp4", "aac")])
def test_what_browsers_record_is_read(page: Page, tmp_path: Path, name: str, codec: str) -> None:
    sound, _ = soundfile.read(io.BytesIO(sing(3, 48_000)), dtype="float32")
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None].copy(), "fltp", "mono")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    session = page.record((tmp_path / name).read_bytes(), name)
    assert session["seconds"] == pytest.approx(3, abs=0.1) and session["sample_rate"] == 48_000
    played, rate = soundfile.read(io.BytesIO(page.get(f"sessions/{session['id']}/vocal").content))
    assert len(played) / rate == pytest.approx(session["seconds"], abs=0.001)
    assert np.sqrt((played**2).mean()) == pytest.approx(np.sqrt((sound**2).mean()), rel=0.1)


def test_the_sheet_is_estimated_around_what_is_given(page: Page) -> None:
    session = page.record(sing(8))
    path = f"sessions/{session['id']}/given"
    given = {"tempo": 60, "bar_1_at": 0.5, "chords": "? | F#m", "key": None}
    changed = page.ask("PUT", path, json=given)
    assert changed["given"] == {"tempo": 60, "bar_1_at": 0.5, "chords": "? | F#m"}
    assert changed["sheet"]["tempo"] == 60 and changed["sheet"]["bar_1_at"] == 0.5
    assert changed["confidence"]["tempo"]["share"] is None
    assert [bar["text"] for bar in changed["sheet"]["bars"] if bar["number"] == 2] == ["F#m"]
    assert page.ask("PUT", path, json={})["sheet"] == session["sheet"]


def test_a_recording_that_cannot_be_used_is_refused_by_its_label(page: Page, folder: Path) -> None:
    silent = io.BytesIO()
    soundfile.write(silent, np.zeros(32_000), 16_000, format="WAV")
    for content in (sing(0.5), silent.getvalue(), b"no sound", sing(3)[:20_000]):
        answer = page.ask("POST", "sessions", 400, params={"name": "a/my.wav"}, content=content)
        assert answer["error"].startswith("my.wav: ") and str(folder) not in answer["error"]
    assert page.get("sessions") == []
    assert not list((folder / ".temporary").iterdir())


def test_long_recordings_are_refused(open_page) -> None:
    with open_page(minutes=1) as page:
        answer = page.ask("POST", "sessions", 400, content=sing(61, 8_000))
        assert "longer than 1 minutes" in answer["error"]
        assert page.record(sing(58, 8_000))["seconds"] == 58


def test_analyses_go_on_beside_a_generation(page: Page) -> None:
    session = page.record()
    job = page.order(session, results=8, sampler="quality")
    assert page.record(sing(2))["sheet"]
    page.ask("DELETE", f"jobs/{job['id']}")


def test_the_event_loop_answers_while_a_recording_is_analysed(page: Page, monkeypatch) -> None:
    studio = page.client.app.state.studio
    answers: list[int] = []

    def add(upload: Path, label: str) -> None:
        answers.append(page.client.get("/api/status").status_code)
        raise SamuelError("enough")

    monkeypatch.setattr(studio.listener, "add", add)
    page.ask("POST", "sessions", 400, content=b"x")
    assert answers == [200]
    assert asyncio.iscoroutinefunction(studio.listen)
