"""Make a folder of stems with lead sheets from a folder of stems with labels.

    python experiments/lead_sheet/labels.py LABELLED STEMS
    samuel-evaluate source=stems_folder source.root=STEMS lead_sheet=true seconds=null

LABELLED/SONG/ has sound files and `labels.json`: the key, the beats with their place in the bar,
and chords in Harte's notation with their times. STEMS/SONG/ gets links to the sound files and a
`lead_sheet.txt`.
"""

import argparse
from pathlib import Path

from samuel_gen.estimation_fitting.labels import LABELS, list_labelled, read_labels


def main() -> None:
    """Read both folders from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labelled", type=Path, help="folder of SONG/labels.json and sound files")
    parser.add_argument("stems", type=Path, help="folder to write")
    options = parser.parse_args()
    for song in list_labelled(options.labelled):
        folder = options.stems / song.name
        folder.mkdir(parents=True, exist_ok=True)
        for sound in song.iterdir():
            link = folder / sound.name
            if sound.name != LABELS and not link.is_symlink():
                link.symlink_to(sound.resolve())
        read_labels(song).write(folder / "lead_sheet.txt")


if __name__ == "__main__":
    main()
