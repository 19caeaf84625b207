"""Sessions on disk: changes can be undone, deleted ones are gone, killed servers leave no trace."""

import json
from pathlib import Path
from typing import Any

import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.web.sessions import Session, Sessions

CONTENT: dict[str, Any] = {"name": "a", "given": {}, "sheet": {"key": "C"}, "confidence": {}}


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path)


def add(sessions: Sessions) -> Session:
    folder = sessions.name_temporary()
    folder.mkdir()
    return sessions.add(folder, dict(CONTENT))


def generate(session: Session, job: str = "job") -> int:
    note: dict[str, Any] = {}
    with session.add_result(job, note) as folder:
        (folder / "mix.wav").write_bytes(b"sound")
    return int(note["number"])


def numbers(session: Session) -> list[int]:
    return [each["number"] for each in session.list_results()]


def test_the_newest_session_is_listed_first_and_a_deleted_one_not_at_all(
    sessions: Sessions,
) -> None:
    first, second = add(sessions), add(sessions)
    assert [each.id for each in sessions.list_all()] == [second.id, first.id]
    sessions.delete(first)
    assert [each.id for each in sessions.list_all()] == [second.id]
    with pytest.raises(KeyError):
        sessions.find(first.id)
    with pytest.raises(KeyError), first.change():
        pass
    with pytest.raises(KeyError):
        sessions.delete(first)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "0" * 15, "0" * 16 + "\n", ".temporary"])
def test_only_ids_are_looked_up(sessions: Sessions, name: str) -> None:
    with pytest.raises(KeyError):
        sessions.find(name)


def test_results_of_one_job_are_undone_together_and_numbers_are_never_used_again(
    sessions: Sessions,
) -> None:
    session = add(sessions)
    assert [generate(session, job) for job in ("a", "b", "b")] == [1, 2, 3]
    session.undo()
    assert numbers(session) == [1]
    assert generate(session, "c") == 4
    session.delete_result(4)
    session.undo()
    assert numbers(session) == []
    with pytest.raises(SamuelError, match="nothing to undo"):
        session.undo()


def test_undoing_brings_back_what_was_given_before(sessions: Sessions) -> None:
    session = add(sessions)
    for key in ("D", "E"):
        session.revise({"given": {"key": key}, "sheet": {"key": key}, "confidence": {}})
    assert session.read()["sheet"] == {"key": "E"}
    session.undo()
    assert session.read()["given"] == {"key": "D"}
    session.undo()
    assert session.read()["sheet"] == CONTENT["sheet"]


def test_the_history_does_not_grow_without_end(sessions: Sessions) -> None:
    session = add(sessions)
    for number in range(40):
        session.revise({"given": {}, "sheet": {"key": str(number)}, "confidence": {}})
    assert len(session.read()["history"]) == 30
    session.undo()
    assert session.read()["sheet"] == {"key": "38"}


def test_a_result_that_fails_leaves_no_file(sessions: Sessions) -> None:
    session = add(sessions)
    with pytest.raises(ZeroDivisionError), session.add_result("a", {}) as folder:
        (folder / "mix.wav").write_bytes(b"half")
        raise ZeroDivisionError
    assert list(session.results_folder.iterdir()) == []
    assert not session.read()["history"]


def test_what_a_killed_server_left_is_removed_at_the_next_start(sessions: Sessions) -> None:
    session = add(sessions)
    generate(session)
    halves = [session.results_folder / ".2", sessions.temporary / "x", session.folder / ".deleted"]
    for half in halves:
        half.mkdir()
        (half / "mix.wav").write_bytes(b"half")
    (session.folder / ".session.json.partial").write_text("{")
    (sessions.folder / "of the user.txt").write_text("stays")
    sessions.close()
    again = Sessions(sessions.folder)
    assert not any(half.exists() for half in halves)
    assert numbers(again.find(session.id)) == [1]
    assert not (session.folder / ".session.json.partial").exists()
    assert (sessions.folder / "of the user.txt").read_text() == "stays"


def test_a_damaged_session_does_not_hide_the_others(sessions: Sessions) -> None:
    session, damaged = add(sessions), add(sessions)
    (damaged.folder / "session.json").write_text("{")
    assert [each.id for each in sessions.list_all()] == [session.id]
    (damaged.folder / "session.json").write_text(json.dumps([1]))
    assert [each.id for each in sessions.list_all()] == [session.id]


def test_two_servers_do_not_share_a_folder(sessions: Sessions) -> None:
    with pytest.raises(SamuelError, match="--folder"):
        Sessions(sessions.folder)
    sessions.close()
    Sessions(sessions.folder).close()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SamuelError, match="file"):
        Sessions(tmp_path / "file")
