import json
from pathlib import Path
from typing import Any

import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.estimation_fitting.labels import list_labelled, read_labels


def write(song: Path, **changes: Any) -> Path:
    """Write six beats of a waltz that begins with a pickup, and three chords."""
    labels = {
        "key": "D minor",
        "beats": [{"time": 0.5 + 0.5 * beat, "position": (beat + 2) % 3 + 1} for beat in range(6)],
        "chords": [
            {"start": 0.0, "chord": "N"},
            {"start": 0.3, "chord": "D:min"},
            {"start": 1.25, "chord": "A:7"},
        ],
    }
    song.mkdir(exist_ok=True)
    (song / "labels.json").write_text(json.dumps(labels | changes))
    return song


def test_labels_become_a_sheet_with_chords_at_their_times(tmp_path: Path) -> None:
    sheet = read_labels(write(tmp_path / "song"))
    assert sheet.beats == (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    assert (sheet.first_position, str(sheet.meter), str(sheet.key)) == (3, "3/4", "D minor")
    assert [(each.beat, str(each.chord)) for each in sheet.chords] == [(0.0, "Dm"), (1.5, "A7")]


def test_only_folders_with_labels_are_listed(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / name)
    (tmp_path / "other").mkdir()
    assert [song.name for song in list_labelled(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beats": [{"time": 0.5}]}, "cannot be used"),
        ({"key": None}, "cannot be used"),
        (
            {"beats": [{"time": 0.5 * at, "position": at} for at in (1, 2, 3, 5)]},
            "the bars change their length at 2.5 s",
        ),
    ],
)
def test_labels_that_make_no_sheet_are_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SamuelError, match=f"labels.json: .*{message}"):
        read_labels(write(tmp_path / "song", **changes))
