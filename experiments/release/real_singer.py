"""Does the accompaniment follow a real singer? One vocal in all twelve keys, several seeds.

python experiments/release/real_singer.py real_take.wav --output real_singer

`librosa.effects.pitch_shift` moves the vocal to each key. The chroma of the accompaniment (constant
Q, mean over the recording) is correlated over the twelve pitch classes with the pitch classes of
the vocal: in its own key, and for comparison in the eleven others. The pulse is
`analysis.agreement.pulse_agreement`. The column `melody only` is of accompaniments that are given
the melody but not the latents. The best of four is the one that `samuel-generate` keeps of two
seeds of either kind, on average over all pairs of seeds.
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

from samuel_gen.analysis.agreement import harmony_agreement, pulse_agreement
from samuel_gen.analysis.fit import musical_fit
from samuel_gen.analysis.melody import MelodyTrack, split_melody
from samuel_gen.analysis.music import MUSIC_RATE, analyse_music
from samuel_gen.analysis.recording_report import analyse_recording
from samuel_gen.audio.files import read_audio
from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.stages import Stages

KEYS = range(-6, 6)  # semitones from the recording's own key


def encode_in_key(stages: Stages, vocal: torch.Tensor, rate: int, key: int) -> Vocal:
    """Move the vocal to another key and encode it in tune."""
    moved = vocal if key == 0 else librosa.effects.pitch_shift(vocal.numpy(), sr=rate, n_steps=key)
    samples = torch.as_tensor(moved)
    tuning = analyse_recording(samples, rate).reliable_tuning
    return stages.encode(samples, rate, tuning)


def main() -> None:
    """Generate, correlate, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vocal", type=Path)
    parser.add_argument("--checkpoint", type=Path, default=BUNDLED)
    parser.add_argument("--seeds", type=int, default=5, help="2 or more")
    parser.add_argument("--scale", type=float, default=6.0, help="scale of the guidance")
    parser.add_argument("--output", type=Path, help="folder of the table and the picture")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error(f"--seeds {arguments.seeds}: choose 2 or more")
    stages = Accompanist.from_pretrained(arguments.checkpoint).stages
    vocal, rate = read_audio(arguments.vocal)
    vocals = [encode_in_key(stages, vocal, rate, key) for key in KEYS]
    melodies = [split_melody(each.melody[0]) for each in vocals]
    sung = np.stack([melody.pitch_classes.sum(1).numpy() for melody in melodies])

    codec = stages.model.codec
    seconds = codec.hop_length / codec.sample_rate
    guidance = partial(Guided, scale=arguments.scale, interval=(0.3, 1.0))
    seeds = range(arguments.seeds)
    # Whole vocals and melodies only: key of the accompaniment, key of the vocal, seed.
    correlation = np.zeros((2, len(KEYS), len(KEYS), len(seeds)))
    pulses = np.zeros((2, len(KEYS), len(seeds)))
    scores = np.zeros_like(pulses)
    for place, whole in enumerate(track(vocals, "keys", transient=True)):
        melody_only = replace(whole, latents_given=torch.zeros_like(whole.latents_given))
        for kind, given in enumerate((whole, melody_only)):
            copies = Vocal.concat([given] * len(seeds))
            sampled = stages.sample(copies, seed=list(seeds), guidance=guidance).cpu()
            for seed, latents in enumerate(sampled):
                samples = round(latents.shape[1] * seconds * MUSIC_RATE)
                sound = stages.decode(latents, samples, MUSIC_RATE).mean(0)
                chroma = librosa.feature.chroma_cqt(y=sound.numpy(), sr=MUSIC_RATE, tuning=0.0)
                mean = chroma.mean(1)
                correlation[kind, place, :, seed] = [
                    np.corrcoef(mean, classes)[0, 1] for classes in sung
                ]
                features = whole.melody[0]
                melody = MelodyTrack(features, 0.0, split_melody(features).voicing)
                music = analyse_music([sound], 0.0)
                pulses[kind, place, seed] = pulse = pulse_agreement(melody, seconds, music)
                harmony = harmony_agreement(melody, seconds, music)
                scores[kind, place, seed] = musical_fit(harmony, pulse)

    keys = np.arange(len(KEYS))
    own = correlation[:, keys, keys]
    others = (correlation[0].sum(1) - own[0]) / (len(KEYS) - 1)
    best = []
    for pair in combinations(seeds, 2):
        four, fits = (np.concatenate(figure[:, :, pair], axis=1) for figure in (own, scores))
        best.append(four[keys, fits.argmax(1)])
    columns = {
        "own key": own[0].mean(1),
        "worst seed": own[0].min(1),
        "melody only": own[1].mean(1),
        "best of four": np.mean(best, axis=0),
        "other keys": others.mean(1),
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
        draw(correlation[0].mean(2), arguments.output / "real_singer.png")
        print(f"real_singer.md and .png are in {arguments.output}")


def draw(correlation: np.ndarray, path: Path) -> None:
    """Draw each accompaniment against each vocal: the diagonal is bright where they agree."""
    figure, axes = plt.subplots(figsize=(5, 4.2), layout="constrained")
    image = axes.imshow(correlation, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set(
        xlabel="key of the vocal",
        ylabel="key of the accompaniment",
        title="Correlation of pitch classes",
    )
    axes.set_xticks(range(len(KEYS)), [f"{key:+d}" for key in KEYS])
    axes.set_yticks(range(len(KEYS)), [f"{key:+d}" for key in KEYS])
    figure.colorbar(image)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
