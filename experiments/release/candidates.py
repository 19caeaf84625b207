"""What candidates bring with rendered vocals: accompaniments for `samuel-evaluate generated=DIR`.

python experiments/release/candidates.py candidates

The songs are those of `samuel-evaluate source.songs=24`. The folder gets five subfolders: `one`
(seed 0), `melody` (seed 1000, given only the melody), `four` (the best of seeds 0, 1000, 2000 and
3000), `mixed` (the best of the same four, two of them given only the melody, as `samuel-generate`
does it), and `vocal` (the vocal in place of an accompaniment: what it says of key and beat).
"""

import argparse
from pathlib import Path

import torch
from rich.progress import track

from samuel_gen import Accompanist, write_audio
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.generation.accompaniment import rank_by_fit
from samuel_gen.generation.batch import generate_batch
from samuel_gen.generation.candidates import candidate_seeds, melody_only_seeds


def main() -> None:
    """Generate the candidates of each song, choose, and write the sounds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, help="the folder of the subfolders")
    output = parser.parse_args().output
    stages = Accompanist.from_pretrained().stages
    seeds = candidate_seeds(0, 4)
    odd = melody_only_seeds(seeds)
    items = RenderedSource(songs=24, seconds=24.0, seed=1).songs()
    for item in track(items, "songs", transient=True):
        vocal = item.load().vocal
        rate = vocal.sample_rate
        whole = generate_batch(stages, vocal, seeds)
        melody = generate_batch(stages, vocal, odd, melody_only=odd)
        mixed = [whole[0], melody[0], whole[2], melody[1]]
        sounds = {
            "one": whole[0].accompaniment,
            "melody": melody[0].accompaniment,
            "four": rank_by_fit(whole)[0].accompaniment,
            "mixed": rank_by_fit(mixed)[0].accompaniment,
            "vocal": torch.cat(list(vocal.blocks(rate)), dim=1),
        }
        for system, sound in sounds.items():
            write_audio(output / system / f"{item.name}.wav", sound, rate)
    print(f"{', '.join(sounds)} are in {output}")


if __name__ == "__main__":
    main()
