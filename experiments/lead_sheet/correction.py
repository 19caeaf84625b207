"""Draw what a correction of the lead sheet changes: two accompaniments of one vocal.

samuel-generate docs/audio/vocal.ogg -o estimated
samuel-generate docs/audio/vocal.ogg -o corrected --lead-sheet corrected.txt
python experiments/lead_sheet/correction.py docs/audio/vocal.ogg estimated corrected --output correction.png
"""  # noqa: E501

import argparse
from pathlib import Path

from samuel_gen import read_audio
from samuel_gen.plots import plot_spectrograms


def main() -> None:
    """Read the three sounds, draw them below each other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vocal", type=Path)
    parser.add_argument("estimated", type=Path, help="folder of samuel-generate")
    parser.add_argument("corrected", type=Path, help="folder of samuel-generate")
    parser.add_argument("--output", type=Path, default=Path("correction.png"))
    options = parser.parse_args()
    sounds = {"vocal": read_audio(options.vocal)}
    for name in ("estimated", "corrected"):
        sounds[name] = read_audio(getattr(options, name) / "accompaniment.wav")
    rate = sounds["vocal"][1]
    plot_spectrograms({name: sound for name, (sound, _) in sounds.items()}, rate, options.output)
    print(f"the spectrograms are in {options.output}")


if __name__ == "__main__":
    main()
