from pathlib import Path

import numpy as np
import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.beat_list import BeatList, parse_beats, read_beats
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.midi import write_midi
from samuel_gen.lead_sheet.sheet import LeadSheet


def test_a_time_per_line() -> None:
    assert parse_beats("0.41\n\n# tapped\n1.06 \n1.71\n").times == (0.41, 1.06, 1.71)


@pytest.mark.parametrize("label", ["{place}", "{bar}.{place}", "{bar}:{place}"])
def test_labels_of_audacity_name_places_in_the_bar(label: str) -> None:
    rows = [
        f"{0.5 * beat + 1:.6f}\t{0.5 * beat + 1:.6f}\t"
        + label.format(place=(beat + 2) % 3 + 1, bar=beat // 3)
        for beat in range(9)
    ]
    beats = parse_beats("\n".join(rows))
    assert beats.times == tuple(0.5 * beat + 1 for beat in range(9))
    assert (beats.downbeat, beats.beats_per_bar) == (1, 3)


def test_labels_that_say_nothing_of_the_bar_are_ignored() -> None:
    counted = parse_beats("\n".join(f"{beat}\t{beat}\t{beat}" for beat in range(1, 30)))
    assert counted.downbeat is None and len(counted.times) == 29
    assert parse_beats("1.0\t1.0\tla\n2.0\t2.0\t\n\\\t100\t200\n3.0\t3.0").downbeat is None
    assert parse_beats("1.0\t1.0\n2.0\t2.0").downbeat is None, "the end of a label is no place"


def test_a_single_label_names_one_downbeat() -> None:
    assert parse_beats("0.5\n1.0\t1.0\t1\n1.5\n2.0").downbeat == 1
    assert parse_beats("0.5 1\n1.0 2\n1.5 3\n2.0 1\n2.5 2\n3.0 3").beats_per_bar == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.5\nla", "line 2: 'la' is not a time"),
        ("0.5\n1.0\n0.9", "line 3: the beat at 0.9 s is not after the one at 1 s"),
        ("0.5", "1 beats; list at least two"),
        ("", "0 beats"),
        ("1 1\n2 2\n3 1\n4 2\n5 3", "line 5: place 3 in the bar, but the first bars have 2 beats"),
    ],
)
def test_what_is_no_list_of_beats_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SamuelError, match=reason):
        parse_beats(text, "tapped.txt")


def test_a_tempo_map_goes_on_to_the_end_of_the_recording(tmp_path: Path) -> None:
    times = tuple(float(time) for time in np.cumsum(np.linspace(0.5, 0.6, 20)) - 0.5)
    sheet = LeadSheet(times, 2, parse_meter("3/4"))
    write_midi(sheet, tmp_path / "map.mid")
    beats = read_beats(tmp_path / "map.mid", 30.0)
    assert isinstance(beats, BeatList) and str(beats.meter) == "3/4" and beats.downbeat == 2
    assert np.allclose(beats.times[:20], times, atol=0.002)
    assert 30.0 <= beats.times[-1] < 30.61
    assert np.allclose(np.diff(beats.times[20:]), np.diff(times)[-1], atol=0.002)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="No such file or directory; name a file with one time"):
        read_beats(tmp_path / "none.txt")
