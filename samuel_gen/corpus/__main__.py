"""The command `python -m samuel_gen.corpus SEED --output DIR`, which renders one song."""

import argparse
import sys
from pathlib import Path

from samuel_gen.errors import SamuelError


def main(arguments: list[str] | None = None) -> int:
    """Render one song, write its files and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.corpus",
        description="Render one song from a seed: a folder with vocals.wav, accompaniment.wav, "
        "score.json (key, beats, chords, melody and all notes) and score.mid.",
    )
    parser.add_argument("seed", type=int, help="the seed of the song, 0 or more")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="the folder to write, new or empty"
    )
    parser.add_argument(
        "--seconds", type=float, default=48.0, help="the length of the song in seconds (default 48)"
    )
    options = parser.parse_args(arguments)
    try:
        _render(options.seed, options.output, options.seconds)
    except SamuelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _render(seed: int, output: Path, seconds: float) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise SamuelError(f"{output} is not an empty folder; choose another output")

    from samuel_gen.corpus.song import render_song

    song = render_song(seed, seconds=seconds)
    song.write(output)
    score = song.score
    print(
        f"{score.style}, {score.tempo:.0f} BPM in {score.meter}: vocals.wav, accompaniment.wav, "
        f"score.json and score.mid are in {output}"
    )


if __name__ == "__main__":
    sys.exit(main())
