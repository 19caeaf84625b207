import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.draft import read_draft


def test_every_part_may_be_missing() -> None:
    draft = read_draft("| C | G |\n")
    assert not draft.has_beats
    assert (draft.key, draft.meter, draft.tempo, draft.bar_1_at, draft.style) == (None,) * 5
    assert draft.chart_text == "| C | G |"
    empty = read_draft("# nothing yet\n\n")
    assert empty.header == {} and empty.chart_text == "" and not empty.has_beats


@pytest.mark.parametrize(
    ("text", "has_beats"),
    [
        ("tempo: 92\n", False),
        ("bar 1 at: 2 s\n", False),
        ("tempo: 92\nbar 1 at: 2 s\n", True),
        ("beats:\n0.5 1.0\n", True),
    ],
)
def test_beats_are_listed_or_follow_from_tempo_and_bar_1(text: str, has_beats: bool) -> None:
    assert read_draft(text).has_beats == has_beats


def test_errors_point_at_the_value() -> None:
    draft = read_draft("\n  key:   Q major\nlength: 2.5 beats\n", "a.txt")
    with pytest.raises(SamuelError, match="^a.txt, line 2, column 10: 'Q major' is not a key"):
        _ = draft.key
    with pytest.raises(SamuelError, match="column 9: length: 2.5 is not a whole number"):
        read_draft("tempo: 92\nlength: 2.5 beats", "a.txt").complete()
    with pytest.raises(SamuelError, match="^a.txt, line 3, column 5: 'x' is not a time"):
        read_draft("beats:\n0.5\n1.0 x\n", "a.txt").complete()
    with pytest.raises(SamuelError, match="^a.txt, line 2, column 3: 'what' is neither"):
        read_draft("\n  what\n", "a.txt")
