import math

from samuel_gen.estimation_fitting.chord_table import (
    ChordFigures,
    default_systems,
    format_header,
    format_rows,
    judge,
)
from samuel_gen.estimation_fitting.chord_tests import compose_known_songs

SONGS = list(compose_known_songs(4, 16))


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_true_chords_are_right_and_others_are_not() -> None:
    figures = judge(SONGS[0], SONGS[0].sheet)
    assert (figures.root, figures.majmin, figures.key) == (1, 1, 1)
    assert math.isnan(figures.energy)  # there is no accompaniment
    assert judge(SONGS[0], SONGS[1].sheet).root < 0.5


def test_anchors_come_first_and_every_row_has_every_column() -> None:
    header = format_header().splitlines()[0]
    rows = list(format_rows("composed", SONGS, {"copy": lambda song: song.sheet}))
    assert [cells(row)[1] for row in rows] == ["true chords", "another song's chords", "copy"]
    assert cells(rows[0])[2:] == cells(rows[2])[2:]
    assert all(len(cells(row)) == len(cells(header)) for row in rows)
    assert cells(header)[2:] == list(ChordFigures._fields)


def test_harmonisers_find_more_than_chance_and_need_an_accompaniment_for_one_row() -> None:
    rows = {cells(row)[1]: cells(row)[2:] for row in format_rows("", SONGS, default_systems())}
    chance = float(rows.pop("another song's chords")[0])
    assert "from the accompaniment" not in rows and len(rows) >= 6
    assert all(float(row[0]) > chance + 0.1 for row in rows.values())
