from pathlib import Path

import numpy as np
import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats
from samuel_gen.lead_sheet.text import format_lead_sheet, parse_lead_sheet, read_lead_sheet

TEXT = """\
# written by a person
key: D minor
meter: 3/4
tempo: 92
bar 1 at: 0.41 s
style: bossa_nova

| Dm | Gm   | C7 | F . A7 |
| %  | N.C. |
"""


def random_sheet(seed: int) -> LeadSheet:
    """A sheet of random length, meter, pickup, drift and chords."""
    rng = np.random.default_rng(seed)
    meter = parse_meter(str(rng.choice(["4/4", "3/4", "6/8", "12/8", "5/4"])))
    count = int(rng.integers(2, 60))
    if rng.random() < 0.5:
        tempo = round(float(rng.uniform(50, 200)), int(rng.integers(0, 3)))
        start = round(float(rng.uniform(0, 3)), 4)
        beats = steady_beats(tempo, start, start + (count - 0.5) * 60 / tempo)
    else:
        beats = tuple(float(beat) for beat in np.cumsum(rng.uniform(0.3, 1.2, count)))
    sheet = LeadSheet(beats, int(rng.integers(1, meter.beats_per_bar + 1)), meter)
    if rng.random() < 0.8:
        text = "Dm | Gm7 C7/E@2 | F | N.C. | Bbmaj7 A7#9@1.5"
        chords = apply_chart(sheet, parse_chart(text, meter))
        sheet = LeadSheet(beats, sheet.first_position, meter, chords, parse_key("F"), "soul")
    return sheet


@pytest.mark.parametrize("seed", range(40))
def test_a_written_sheet_is_read_back(seed: int) -> None:
    sheet = random_sheet(seed)
    assert parse_lead_sheet(format_lead_sheet(sheet)) == sheet


def test_a_text_by_hand_is_read() -> None:
    sheet = parse_lead_sheet(TEXT)
    assert (str(sheet.key), str(sheet.meter), sheet.style) == ("D minor", "3/4", "bossa_nova")
    assert sheet.beats[0] == 0.41 and len(sheet.beats) == 18
    assert sheet.tempo == pytest.approx(92, abs=1e-2)
    assert [str(each.chord or "N.C.") for each in sheet.chords] == (
        ["Dm", "Gm", "C7", "F", "A7", "F", "A7", "N.C."]
    )
    assert "tempo: 92\n" in format_lead_sheet(sheet)


def test_a_pickup_comes_before_bar_1() -> None:
    sheet = parse_lead_sheet("tempo: 60\nbar 1 at: 3\npickup: 2 beats\n\n| G | C | F |\n")
    assert sheet.beats[0] == 1.0 and sheet.downbeats[0] == 3.0
    assert sheet.first_position == 3 and len(sheet.beats) == 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tempo: 500\n| C |", "tempo 500: choose 30 to 300"),
        ("tempo: fast\n| C |", "line 1: tempo: 'fast' is not a number"),
        ("| C |", "no tempo"),
        ("tempo: 92\n", "no chart and no length"),
        ("tempo: 92\n\n| C | Hm |", "line 3, column 7: 'Hm' is not a chord"),
        ("tempo: 92\nkeys: C\n| C |", "line 2: 'keys: C' is neither a header"),
        ("tempo: 92\nkey: H\n| C |", "'H' is not a key"),
        ("meter: 4/5\ntempo: 92\n| C |", "'4/5' is not a meter"),
        ("beats:\n0.5 one", "line 2: 'one' is not a time"),
        ("beats:\n0.5 1.0 0.9", "beat 3 at 0.9 s is not after beat 2"),
        ("tempo: 92\npickup: 4\n| C |", "a pickup of 4 beats does not fit 4/4"),
    ],
)
def test_an_error_is_one_line_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(SamuelError, match=reason) as caught:
        parse_lead_sheet(text, "my sheet.txt")
    assert str(caught.value).startswith("my sheet.txt") and "\n" not in str(caught.value)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="No such file"):
        read_lead_sheet(tmp_path / "none.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SamuelError, match="not a text file"):
        read_lead_sheet(tmp_path / "binary.txt")
