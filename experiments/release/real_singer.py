"""Does the band follow a real voice? One take in all twelve keys, several seeds.

python experiments/release/real_singer.py real_take.wav --output real_singer

The take is moved to each key by `librosa.effects.pitch_shift`. The band's chroma (constant Q, mean
over the take) is correlated over the twelve pitch classes with what is sung: in its own key, and,
for comparison, in the eleven others. The pulse is `evaluation.agreement.pulse`. By melody are bands
that hear the melody alone. The best of four is what `samuel-generate` would keep of two seeds of
either kind, on average over all pairs of seeds.
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

from samuel_gen.analysis.agreement import LISTENING_RATE, harmony, listen, pulse
from samuel_gen.analysis.fit import HARMONY_SHARE
from samuel_gen.audio.files import read_audio
from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.generation.accompanist import Accompanist

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
    parser.add_argument("--seeds", type=int, default=5, help="2 or more")
    parser.add_argument("--scale", type=float, default=6.0, help="of the guidance")
    parser.add_argument("--output", type=Path, help="of the table and the picture")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error(f"--seeds {arguments.seeds}; expected 2 or more; raise it")
    accompanist = Accompanist.from_pretrained(arguments.checkpoint)
    vocal, rate = read_audio(arguments.take)
    voices = [heard(accompanist, vocal, rate, key) for key in KEYS]
    sung = np.stack([voice.melody[0, :12].sum(1).numpy() for voice in voices])

    codec = accompanist.codec
    seconds = codec.hop_length / codec.sample_rate
    guidance = partial(Guided, scale=arguments.scale, interval=(0.3, 1.0))
    seeds = range(arguments.seeds)
    # Of whole voices and of melodies alone: band's key, voice's key, seed.
    likeness = np.zeros((2, len(KEYS), len(KEYS), len(seeds)))
    pulses = np.zeros((2, len(KEYS), len(seeds)))
    scores = np.zeros_like(pulses)
    for place, voice in enumerate(track(voices, "keys", transient=True)):
        silenced = replace(voice, latents_given=torch.zeros_like(voice.latents_given))
        for kind, listened in enumerate((voice, silenced)):
            copies = Vocal.concat([listened] * len(seeds))
            made = accompanist.sample(copies, seed=list(seeds), guidance=guidance).cpu()
            for seed, latents in enumerate(made):
                samples = round(latents.shape[1] * seconds * LISTENING_RATE)
                band = accompanist.decode(latents, samples, LISTENING_RATE).mean(0)
                chroma = librosa.feature.chroma_cqt(y=band.numpy(), sr=LISTENING_RATE, tuning=0.0)
                mean = chroma.mean(1)
                likeness[kind, place, :, seed] = [
                    np.corrcoef(mean, classes)[0, 1] for classes in sung
                ]
                melody = voice.melody[0].double().numpy()
                played = listen([band], 0.0)
                pulses[kind, place, seed] = beat = pulse(melody, seconds, played)
                fits = harmony(melody, seconds, played)
                scores[kind, place, seed] = HARMONY_SHARE * fits + (1 - HARMONY_SHARE) * beat

    keys = np.arange(len(KEYS))
    own = likeness[:, keys, keys]
    others = (likeness[0].sum(1) - own[0]) / (len(KEYS) - 1)
    best = []
    for pair in combinations(seeds, 2):
        four, fits = (np.concatenate(figure[:, :, pair], axis=1) for figure in (own, scores))
        best.append(four[keys, fits.argmax(1)])
    columns = {
        "own voice": own[0].mean(1),
        "worst seed": own[0].min(1),
        "by melody": own[1].mean(1),
        "best of four": np.mean(best, axis=0),
        "voice in other keys": others.mean(1),
        "pulse": pulses[0].mean(1),
    }
    lines = [f"| key | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for place, key in enumerate(KEYS):
        figures = [column[place] for column in columns.values()]
        lines.append(f"| {key:+d} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |")
    overall = [
        column.min() if name == "worst seed" else column.mean() for name, column in columns.items()
    ]
    lines.append("| **all** | " + " | ".join(f"**{figure:.2f}**" for figure in overall) + " |")
    print("\n".join(lines))
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "real_singer.md").write_text("\n".join(lines) + "\n", "utf-8")
        draw(likeness[0].mean(2), arguments.output / "real_singer.png")
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
