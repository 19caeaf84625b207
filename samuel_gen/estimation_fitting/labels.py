"""`labels.json`: beats, chords and key of a real song, as a lead sheet."""

import json
from pathlib import Path

import numpy as np

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

LABELS = "labels.json"


def list_labelled(folder: Path) -> list[Path]:
    """List the folders of a folder that hold labels, in order."""
    return sorted(path.parent for path in folder.glob(f"*/{LABELS}"))


def read_labels(song: Path) -> LeadSheet:
    """Read the labels of a song; its chord changes keep their times to a thousandth of a beat.

    The file has the beats with their place in the bar and, if they are known, the key, and chords
    in Harte's notation with their times in seconds.

    Args:
        song: the folder of the song.

    Raises:
        SamuelError: the file cannot be read, or the bars change their length.
    """
    path = song / LABELS
    try:
        labels = json.loads(path.read_text("utf-8"))
        places = [beat["position"] for beat in labels["beats"]]
        beats = tuple(float(beat["time"]) for beat in labels["beats"])
        spans = [(float(span["start"]), str(span["chord"])) for span in labels.get("chords", [])]
        key = parse_key(labels["key"]) if "key" in labels else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SamuelError(
            f"{path}: cannot be used ({error}); write beats with time and position"
        ) from None
    sheet = LeadSheet(beats, places[0], Meter(max(places), 4), key=key)
    for time, place, position in zip(beats, places, sheet.positions, strict=True):
        if place != position:
            raise SamuelError(f"{path}: the bars change their length at {time} s; cut the song")
    starts = sheet.beat_at(np.array([start for start, _ in spans]))
    changes = {
        max(0.0, round(float(start), 3)): parse_chord(chord)
        for start, (_, chord) in zip(starts, spans, strict=True)
    }  # of several chords before the first beat the last one counts
    chords = tuple(ChordChange(beat, chord) for beat, chord in sorted(changes.items()))
    return LeadSheet(sheet.beats, sheet.first_position, sheet.meter, chords, key)
