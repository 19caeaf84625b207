"""Make the clips of the README and their spectrograms: a rendered singer and a real one.

python experiments/release/clips.py

The bundled checkpoint accompanies `docs/audio/vocal.ogg` (a rendered song that was never trained
on) and `docs/audio/real_vocal.ogg` with their lead sheets, as `samuel-generate --lead-sheet` does.
Accompaniment and mix are written beside the vocals, the spectrograms to `docs/images`.
"""

import argparse
from pathlib import Path

import torch

from samuel_gen import Accompanist, LeadSheet, read_audio, write_audio
from samuel_gen.plots import plot_spectrograms

ROOT = Path(__file__).resolve().parents[2]
SHEETS = {
    "": ROOT / "experiments" / "lead_sheet" / "corrected.txt",
    "real_": ROOT / "docs" / "audio" / "real_vocal.txt",
}
FADE = 0.5  # s, at either end of a clip


def main() -> None:
    """Accompany, fade, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="folder of the clips")
    output = parser.parse_args().output
    (output / "images").mkdir(parents=True, exist_ok=True)
    accompanist = Accompanist.from_pretrained()
    for prefix, chart in SHEETS.items():
        vocal, rate = read_audio(ROOT / "docs" / "audio" / f"{prefix}vocal.ogg")
        result = accompanist.accompany(vocal, rate, lead_sheet=LeadSheet.read(chart))
        clips = {
            "vocal": vocal,
            "accompaniment": fade(result.accompaniment, rate),
            "mix": fade(result.mix, rate),
        }
        for name in ("accompaniment", "mix"):
            write_audio(output / "audio" / f"{prefix}{name}.ogg", clips[name], rate)
        plot_spectrograms(clips, rate, output / "images" / f"{prefix}example.png")
    print(f"the clips are in {output / 'audio'}, their spectrograms in {output / 'images'}")


def fade(sound: torch.Tensor, rate: int) -> torch.Tensor:
    """Fade a sound in and out."""
    ramp = torch.linspace(0, 1, round(FADE * rate))
    sound = sound.clone()
    sound[:, : len(ramp)] *= ramp
    sound[:, -len(ramp) :] *= ramp.flip(0)
    return sound


if __name__ == "__main__":
    main()
