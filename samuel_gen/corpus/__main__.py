"""`python -m samuel_gen.corpus SEED --output DIR`: one rendered song, to hear and to sing from."""

import argparse
import sys
from pathlib import Path

from samuel_gen.errors import SamuelError


def main() -> None:
    """Render one song and write its stems, its score and its MIDI."""
    parser = argparse.ArgumentParser(prog="python -m samuel_gen.corpus", description=__doc__)
    parser.add_argument("seed", type=int, help="which song; 0 or more")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a new folder")
    parser.add_argument("--seconds", type=float, default=48.0, help="its length (default: 48)")
    arguments = parser.parse_args()
    try:
        _render(arguments.seed, arguments.output, arguments.seconds)
    except SamuelError as mistake:
        print(mistake, file=sys.stderr)
        raise SystemExit(2) from None


def _render(seed: int, output: Path, seconds: float) -> None:
    if output.exists() and any(output.iterdir()):
        raise SamuelError(f"{output}: not empty; expected a new folder; name another one")

    from samuel_gen.corpus.song import render_song

    song = render_song(seed, seconds=seconds)
    song.write(output)
    score = song.score
    print(
        f"{score.style}, {score.tempo:.0f} BPM in {score.meter}: vocals.wav, accompaniment.wav, "
        f"score.json and score.mid are in {output}"
    )


if __name__ == "__main__":
    main()
