"""Make a folder of stems with lead sheets from a folder of stems with labels.

    python experiments/lead_sheet/labels.py LABELLED STEMS
    samuel-evaluate source=stems_folder source.root=STEMS lead_sheet=true seconds=null

LABELLED/SONG/ has sound files and `labels.json`: the key, the beats with their place in the bar,
and chords in Harte's notation with their times. STEMS/SONG/ gets links to the sound files and a
`lead_sheet.txt`.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet
from samuel_gen.lead_sheet.text import format_lead_sheet


def main() -> None:
    """Read both folders from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labelled", type=Path, help="folder of SONG/labels.json and sound files")
    parser.add_argument("stems", type=Path, help="folder to write")
    options = parser.parse_args()
    for labels in sorted(options.labelled.glob("*/labels.json")):
        folder = options.stems / labels.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for sound in labels.parent.iterdir():
            link = folder / sound.name
            if sound != labels and not link.is_symlink():
                link.symlink_to(sound.resolve())
        sheet = make_sheet(json.loads(labels.read_text("utf-8")))
        (folder / "lead_sheet.txt").write_text(format_lead_sheet(sheet), "utf-8")


def make_sheet(labels: Mapping[str, Any]) -> LeadSheet:
    """Make the lead sheet; its chord changes keep their times to a thousandth of a beat.

    Args:
        labels: the content of `labels.json`.
    """
    beats = tuple(beat["time"] for beat in labels["beats"])
    bar = max(beat["position"] for beat in labels["beats"])
    first = labels["beats"][0]["position"]
    sheet = LeadSheet(beats, first, Meter(bar, 4), key=parse_key(labels["key"]))
    for beat, position in zip(labels["beats"], sheet.positions, strict=False):
        if beat["position"] != position:
            raise SystemExit(f"the bars change their length at {beat['time']} s")
    starts = sheet.beat_at(np.array([span["start"] for span in labels["chords"]]))
    changes = {
        max(0.0, round(float(start), 3)): parse_chord(span["chord"])
        for start, span in zip(starts, labels["chords"], strict=True)
    }  # of several chords before the first beat the last one counts
    return LeadSheet(
        sheet.beats,
        first,
        sheet.meter,
        tuple(ChordChange(beat, chord) for beat, chord in sorted(changes.items())),
        sheet.key,
    )


if __name__ == "__main__":
    main()
