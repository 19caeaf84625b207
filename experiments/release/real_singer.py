"""Does the accompaniment follow a real singer? One vocal in all twelve keys, several seeds.

python experiments/release/real_singer.py real_take.wav --sheet docs/audio/real_vocal.txt

`librosa.effects.pitch_shift` moves the vocal to each key. The chroma of the accompaniment (constant
Q, mean over the recording) is correlated over the twelve pitch classes with the pitch classes of
the vocal: in its own key, and for comparison in the eleven others. The pulse is
`analysis.agreement.pulse_agreement`. With `nothing given` the lead sheet is estimated anew in each
key; with `sheet given` the sheet of --sheet is moved to it.
"""

import argparse
from functools import partial
from pathlib import Path

import librosa
import matplotlib.pyplot as plt
import numpy as np
import torch
from rich.progress import track

from samuel_gen.analysis.agreement import pulse_agreement
from samuel_gen.analysis.melody import MelodyTrack, split_melody
from samuel_gen.analysis.music import MUSIC_RATE, analyse_music
from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.audio.files import read_audio
from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guidance, Guided
from samuel_gen.estimation.estimate import estimate_from_report
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.defaults import default_guidance
from samuel_gen.generation.stages import Stages
from samuel_gen.lead_sheet.sheet import LeadSheet

KEYS = range(-6, 6)  # semitones from the recording's own key


def move_vocal(vocal: torch.Tensor, rate: int, key: int) -> tuple[torch.Tensor, RecordingReport]:
    """Move the vocal to another key and analyse it."""
    moved = vocal if key == 0 else librosa.effects.pitch_shift(vocal.numpy(), sr=rate, n_steps=key)
    samples = torch.as_tensor(moved)
    return samples, analyse_recording(samples, rate)


def correlate(
    stages: Stages, vocal: Vocal, sung: np.ndarray, seeds: list[int], guidance: Guidance
) -> tuple[np.ndarray, float]:
    """Generate for one vocal with all seeds.

    Args:
        stages: the stages of generation.
        vocal: the vocal with its lead sheet, in tune; a batch of one.
        sung: the pitch classes of the vocal in all keys; (keys, 12).
        seeds: the seeds.
        guidance: the guidance.

    Returns:
        the correlations, (keys, seeds), and the mean pulse.
    """
    seconds = stages.model.codec.hop_length / stages.model.codec.sample_rate
    copies = Vocal.concat([vocal] * len(seeds))
    correlations, pulses = [], []
    for latents in stages.sample(copies, seed=seeds, guidance=guidance).cpu():
        samples = round(latents.shape[1] * seconds * MUSIC_RATE)
        sound = stages.decode(latents, samples, MUSIC_RATE).mean(0)
        mean = librosa.feature.chroma_cqt(y=sound.numpy(), sr=MUSIC_RATE, tuning=0.0).mean(1)
        correlations.append([np.corrcoef(mean, classes)[0, 1] for classes in sung])
        melody = MelodyTrack(vocal.melody[0], 0.0, split_melody(vocal.melody[0]).voicing)
        pulses.append(pulse_agreement(melody, seconds, analyse_music([sound], 0.0)))
    return np.array(correlations).T, float(np.mean(pulses))


def main() -> None:
    """Generate, correlate, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vocal", type=Path)
    parser.add_argument("--sheet", type=Path, help="lead sheet of the vocal in its own key")
    parser.add_argument("--checkpoint", type=Path, default=BUNDLED)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--scale", type=float, help="another scale of the guidance")
    parser.add_argument("--output", type=Path, help="folder of the table and the picture")
    arguments = parser.parse_args()
    stages = Accompanist.from_pretrained(arguments.checkpoint).stages
    vocal, rate = read_audio(arguments.vocal)
    moved = [move_vocal(vocal, rate, key) for key in KEYS]
    encode = partial(stages.encode, sample_rate=rate)
    bare = [encode(samples, tuning_cents=report.reliable_tuning) for samples, report in moved]
    sung = np.stack([split_melody(each.melody[0]).pitch_classes.sum(1).numpy() for each in bare])

    sheets = {"nothing given": [estimate_from_report(report).sheet for _, report in moved]}
    if arguments.sheet is not None:
        given = LeadSheet.read(arguments.sheet)
        sheets["sheet given"] = [given.transpose(key) for key in KEYS]
    guidance = default_guidance()
    if arguments.scale is not None:
        guidance = partial(Guided, scale=arguments.scale, interval=(0.3, 1.0))
    seeds = list(range(arguments.seeds))
    columns: dict[str, np.ndarray] = {}
    pictures: dict[str, np.ndarray] = {}
    for kind, sheets_by_key in sheets.items():
        found, pulses = [], []
        pairs = list(zip(moved, sheets_by_key, strict=True))
        for (samples, report), sheet in track(pairs, kind, transient=True):
            whole = encode(samples, tuning_cents=report.reliable_tuning, lead_sheet=sheet)
            correlations, pulse = correlate(stages, whole, sung, seeds, guidance)
            found.append(correlations)
            pulses.append(pulse)
        correlation = np.stack(found)  # (keys of the accompaniment, keys of the vocal, seeds)
        keys = np.arange(len(KEYS))
        own = correlation[keys, keys]
        others = (correlation.sum(1) - own).mean(1) / (len(KEYS) - 1)
        columns |= {
            kind: own.mean(1),
            f"{kind}, worst seed": own.min(1),
            f"{kind}, other keys": others,
            f"{kind}, pulse": np.array(pulses),
        }
        pictures[kind] = correlation.mean(2)
    text = format_table(columns)
    print(text)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "real_singer.md").write_text(text + "\n", "utf-8")
        draw(pictures, arguments.output / "real_singer.png")
        print(f"real_singer.md and .png are in {arguments.output}")


def format_table(columns: dict[str, np.ndarray]) -> str:
    """Format one row for each key, then the least and the mean of each column."""
    lines = [f"| key | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for place, key in enumerate(KEYS):
        lines.append(_format_row(f"{key:+d}", [column[place] for column in columns.values()]))
    lines.append(_format_row("least", [column.min() for column in columns.values()]))
    lines.append(_format_row("mean", [column.mean() for column in columns.values()]))
    return "\n".join(lines)


def _format_row(name: str, figures: list[float]) -> str:
    return f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |"


def draw(pictures: dict[str, np.ndarray], path: Path) -> None:
    """Draw each accompaniment against each vocal: the diagonal is bright where they agree."""
    figure, axes = plt.subplots(
        1, len(pictures), figsize=(4.8 * len(pictures), 4.2), layout="constrained", squeeze=False
    )
    for axis, (kind, correlation) in zip(axes[0], pictures.items(), strict=True):
        image = axis.imshow(correlation, cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set(xlabel="key of the vocal", ylabel="key of the accompaniment", title=kind)
        axis.set_xticks(range(len(KEYS)), [f"{key:+d}" for key in KEYS])
        axis.set_yticks(range(len(KEYS)), [f"{key:+d}" for key in KEYS])
    figure.colorbar(image, ax=axes[0], label="correlation of pitch classes")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
