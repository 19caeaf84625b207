"""What do several tries bring with rendered voices? Bands for `samuel-evaluate generated=DIR`.

python experiments/release/several_tries.py tries

The same songs as those of `samuel-evaluate source.songs=24`. Below the folder: `one` (seed 0),
`melody` (seed 1000, by the melody alone), `four` (the best of seeds 0, 1000, 2000 and 3000),
`mixed` (of the same four, two of them by the melody alone, as `samuel-generate` does it), and
`voice`, the voice in place of a band: what it tells of key and beat by itself.
"""

import argparse
from pathlib import Path

import torch
from rich.progress import track

from samuel_gen.analysis.fit import fit
from samuel_gen.analysis.recording_report import TakeReport, read_take
from samuel_gen.audio.files import write_audio
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.accompanist import Accompanist

SEEDS, ODD = [0, 1000, 2000, 3000], [1000, 3000]


def main() -> None:
    """Generate, choose, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, help="a folder")
    output = parser.parse_args().output
    accompanist = Accompanist.from_pretrained()
    items = RenderedSource(songs=24, seconds=24.0, seed=1).songs()
    for item in track(items, "songs", transient=True):
        voice = item.load().vocal
        rate = voice.sample_rate
        heard = read_take(voice.blocks(rate), rate)
        cents = heard.sure_tuning
        whole = accompanist.takes(voice, seeds=SEEDS, tuning_cents=cents)
        melody = accompanist.takes(voice, seeds=ODD, by_melody=ODD, tuning_cents=cents)
        sounds = {
            "one": whole[0].accompaniment,
            "melody": melody[0].accompaniment,
            "four": best(whole, heard).accompaniment,
            "mixed": best([whole[0], melody[0], whole[2], melody[1]], heard).accompaniment,
            "voice": torch.cat(list(voice.blocks(rate)), dim=1),
        }
        for system, sound in sounds.items():
            (output / system).mkdir(parents=True, exist_ok=True)
            write_audio(output / system / f"{item.name}.wav", sound, rate)
    print(f"{', '.join(sounds)} are in {output}")


def best(tried: list[Accompaniment], heard: TakeReport) -> Accompaniment:
    """The one that fits the voice best."""
    return max(
        tried,
        key=lambda made: fit(made.stem, heard.melody, heard.frame_seconds, made.tuning_cents).score,
    )


if __name__ == "__main__":
    main()
