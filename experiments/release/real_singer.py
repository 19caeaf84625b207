"""Does the band follow a real voice? One take in all twelve keys, several seeds.

python experiments/release/real_singer.py real_take.wav --output real_singer

The take is moved to each key by `librosa.effects.pitch_shift`. The band's chroma (constant Q, mean
over the take) is correlated over the twelve pitch classes with what is sung: in its own key, and,
for comparison, in the eleven others. The pulse is `evaluation.agreement.pulse`. The best of four is
the seed that `samuel-generate` would keep of four, on average over all fours.
"""

import argparse
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import librosa
import matplotlib.pyplot as plt
import numpy as np
import torch
from rich.progress import track

from samuel_gen.audio.files import read_audio
from samuel_gen.cli.recipes import TRIES
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.evaluation.agreement import LISTENING_RATE, harmony, listen, pulse
from samuel_gen.evaluation.fit import HARMONY_SHARE
from samuel_gen.generation import Accompanist
from samuel_gen.shipped import SHIPPED

KEYS = range(-6, 6)  # semitones from the take's own


def heard(accompanist: Accompanist, vocal: torch.Tensor, rate: int, key: int) -> Vocal:
    """The take in another key, in tune."""
    moved = vocal if key == 0 else librosa.effects.pitch_shift(vocal.numpy(), sr=rate, n_steps=key)
    voice = torch.as_tensor(moved)
    return accompanist.encode(voice, rate, accompanist.tuning(voice, rate))


def main() -> None:
    """Generate, correlate, tabulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("take", type=Path)
    parser.add_argument("--checkpoint", type=Path, default=SHIPPED)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=6.0, help="of the guidance")
    parser.add_argument("--without", choices=["latents", "melody"], help="withhold one of the two")
    parser.add_argument("--output", type=Path, help="of the table and the picture")
    arguments = parser.parse_args()
    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    vocal, rate = read_audio(arguments.take)
    voices = [heard(accompanist, vocal, rate, key) for key in KEYS]
    sung = np.stack([voice.melody[0, :12].sum(1).numpy() for voice in voices])

    codec = accompanist.codec
    seconds = codec.hop_length / codec.sample_rate
    guidance = partial(Guided, scale=arguments.scale, interval=(0.3, 1.0))
    seeds = range(arguments.seeds)
    likeness = np.zeros((len(KEYS), len(KEYS), len(seeds)))  # band's key, voice's key, seed
    pulses = np.zeros((len(KEYS), len(seeds)))
    scores = np.zeros_like(pulses)
    for place, voice in enumerate(track(voices, "keys", transient=True)):
        copies = Vocal.concat([voice] * len(seeds))
        if arguments.without is not None:
            given = f"{arguments.without}_given"
            copies = replace(copies, **{given: torch.zeros_like(getattr(copies, given))})
        made = accompanist.sample(copies, seed=list(seeds), guidance=guidance).cpu()
        for seed, latents in enumerate(made):
            samples = round(latents.shape[1] * seconds * LISTENING_RATE)
            band = accompanist.decode(latents, samples, LISTENING_RATE).mean(0)
            chroma = librosa.feature.chroma_cqt(y=band.numpy(), sr=LISTENING_RATE, tuning=0.0)
            mean = chroma.mean(1)
            likeness[place, :, seed] = [np.corrcoef(mean, classes)[0, 1] for classes in sung]
            melody = voice.melody[0].double().numpy()
            played = listen([band], 0.0)
            pulses[place, seed] = beat = pulse(melody, seconds, played)
            fits = harmony(melody, seconds, played)
            scores[place, seed] = HARMONY_SHARE * fits + (1 - HARMONY_SHARE) * beat

    own = likeness[range(len(KEYS)), range(len(KEYS))]
    others = (likeness.sum(1) - own) / (len(KEYS) - 1)
    tries = min(TRIES, len(seeds))
    fours = [list(four) for four in combinations(seeds, tries)]
    kept = [[four[at] for at in scores[:, four].argmax(1)] for four in fours]
    best = np.mean([own[range(len(KEYS)), each] for each in kept], axis=0)
    lines = ["| key | own voice | worst seed | best of four | voice in other keys | pulse |"]
    lines.append("|---|---|---|---|---|---|")
    for place, key in enumerate(KEYS):
        row = (own[place].mean(), own[place].min(), best[place], others[place].mean())
        row += (pulses[place].mean(),)
        lines.append(f"| {key:+d} | " + " | ".join(f"{figure:.2f}" for figure in row) + " |")
    row = (own.mean(), own.min(), best.mean(), others.mean(), pulses.mean())
    lines.append("| **all** | " + " | ".join(f"**{figure:.2f}**" for figure in row) + " |")
    print("\n".join(lines))
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "real_singer.md").write_text("\n".join(lines) + "\n", "utf-8")
        draw(likeness.mean(2), arguments.output / "real_singer.png")
        print(f"real_singer.md and .png are in {arguments.output}")


def draw(likeness: np.ndarray, path: Path) -> None:
    """Each band against each voice: a bright diagonal where bands follow their own."""
    figure, axes = plt.subplots(figsize=(5, 4.2), layout="constrained")
    image = axes.imshow(likeness, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set(
        xlabel="voice in key", ylabel="band made for key", title="Correlation of pitch classes"
    )
    axes.set_xticks(range(len(KEYS)), [f"{key:+d}" for key in KEYS])
    axes.set_yticks(range(len(KEYS)), [f"{key:+d}" for key in KEYS])
    figure.colorbar(image)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
