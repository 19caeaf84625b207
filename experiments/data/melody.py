"""Our pitch tracker against PESTO on voices whose notes are known, and on a real take.

uv pip install pesto-pitch
python experiments/data/melody.py --songs 20 real_take.wav
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import mir_eval
import numpy as np
import pesto
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from samuel_gen.analysis.activity import detect_singing
from samuel_gen.analysis.melody import analyse_vocal_frames
from samuel_gen.audio.files import read_audio
from samuel_gen.corpus.song import render_song

HOP, PER_FRAME = 2048, 4
STEP = 0.01  # s
CONFIDENCES = (0.3, 0.5, 0.7, 0.8, 0.9)
Pitch = tuple[NDArray[np.float64], NDArray[np.float64]]  # seconds, Hz; below zero: unvoiced


def ours(samples: torch.Tensor, rate: int) -> Pitch:
    """The tracker behind the melody track."""
    frequency, powers = analyse_vocal_frames([samples], rate, HOP)
    period = HOP / PER_FRAME / rate
    tone, _ = detect_singing(frequency, powers, period)
    seconds = (np.arange(frequency.size) + 0.5) * period
    return seconds, np.where(tone, frequency, -frequency)


def theirs(samples: torch.Tensor, rate: int) -> tuple[Pitch, NDArray[np.float64]]:
    """PESTO's pitch and its confidence, with the weights that come with its package."""
    seconds, pitch, confidence, _ = pesto.predict(
        samples.mean(0), rate, step_size=1000 * STEP, convert_to_freq=True
    )
    return (seconds.double().numpy() / 1000, pitch.double().numpy()), confidence.numpy()


def tilted(samples: torch.Tensor, rate: int, per_octave: float) -> torch.Tensor:
    """The same sound with so many dB more in each higher octave."""
    frequency = torch.fft.rfftfreq(samples.shape[-1], 1 / rate).clamp(min=30)
    gain = 10 ** (per_octave * torch.log2(frequency / 1000) / 20)
    return torch.fft.irfft(torch.fft.rfft(samples) * gain, samples.shape[-1])


def noisy(samples: torch.Tensor, rate: int) -> torch.Tensor:
    """White noise 30 dB below the voice."""
    noise = torch.randn(samples.shape, generator=torch.manual_seed(0))
    return samples + 10 ** (-30 / 20) * samples.std() * noise


def hummed(samples: torch.Tensor, rate: int) -> torch.Tensor:
    """A closed mouth: 18 dB per octave less above 300 Hz."""
    frequency = torch.fft.rfftfreq(samples.shape[-1], 1 / rate)
    gain = 1 / (1 + (frequency / 300) ** 6).sqrt()
    return torch.fft.irfft(torch.fft.rfft(samples) * gain, samples.shape[-1])


CONDITIONS: dict[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    "as sung": lambda samples, rate: samples,
    "6 dB per octave duller": lambda samples, rate: tilted(samples, rate, -6),
    "6 dB per octave brighter": lambda samples, rate: tilted(samples, rate, 6),
    "noise at -30 dB": noisy,
    "hummed": hummed,
    "40 dB quieter": lambda samples, rate: samples / 100,
}


def truth(score: object, seconds: float) -> Pitch:
    """The score's notes, in the voice's tuning, every 10 ms."""
    times = np.arange(0, seconds, STEP)
    pitch = np.zeros(times.size)
    for note in score.melody:  # type: ignore[attr-defined]
        inside = (times >= note.start) & (times < note.end)
        pitch[inside] = 440 * 2 ** ((note.midi + score.tuning_cents / 100 - 69) / 12)  # type: ignore[attr-defined]
    return times, pitch


def figures(true: Pitch, found: Pitch) -> dict[str, float]:
    """mir_eval's figures of a melody, by its names."""
    return dict(mir_eval.melody.evaluate(*true, *found))


def compare(songs: int) -> None:
    """Mean figures over rendered voices; PESTO at whichever confidence suits it best."""
    names = ("Raw Chroma Accuracy", "Voicing Recall", "Voicing False Alarm", "Overall Accuracy")
    print(f"| voice | tracker | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}", flush=True)
    rendered = [render_song(7_000_000 + n, seconds=24.0) for n in range(songs)]
    took = {"ours": 0.0, "PESTO": 0.0}
    for condition, change in CONDITIONS.items():
        mine, others = [], {level: [] for level in CONFIDENCES}
        for song in track(rendered, condition, console=Console(stderr=True)):
            rate, samples = song.sample_rate, change(song.vocal, song.sample_rate)
            true = truth(song.score, samples.shape[-1] / rate)
            began = time.process_time()
            mine.append(figures(true, ours(samples, rate)))
            took["ours"] += time.process_time() - began
            began = time.process_time()
            (seconds, pitch), confidence = theirs(samples, rate)
            took["PESTO"] += time.process_time() - began
            for level, rows in others.items():
                rows.append(figures(true, (seconds, np.where(confidence > level, pitch, -pitch))))
        means = {
            level: {name: float(np.mean([row[name] for row in rows])) for name in names}
            for level, rows in {"ours": mine, **others}.items()
        }
        best = max(CONFIDENCES, key=lambda level: means[level]["Overall Accuracy"])
        for label, key in (("ours", "ours"), (f"PESTO, confidence > {best}", best)):
            cells = " | ".join(f"{means[key][name]:.3f}" for name in names)
            print(f"| {condition} | {label} | {cells} |", flush=True)
    audio = len(CONDITIONS) * sum(song.vocal.shape[-1] / song.sample_rate for song in rendered)
    for label, cpu in took.items():
        print(f"{label}: {cpu / audio:.4f} CPU seconds per second of audio, threads included")


def unchanged(path: Path) -> None:
    """How much of a take keeps its pitch class when its tone is changed."""
    samples, rate = read_audio(path)
    print("| take | tracker | voiced in both | of these within 50 cents |\n|---|---|---|---|")
    for per_octave in (-6, 6):
        changed = tilted(samples, rate, per_octave)
        for label in ("ours", "PESTO, confidence > 0.5"):
            voiced, pitch = [], []
            for sound in (samples, changed):
                if label == "ours":
                    hertz = ours(sound, rate)[1]
                else:
                    (_, hertz), confidence = theirs(sound, rate)
                    hertz = np.where(confidence > 0.5, hertz, -hertz)
                voiced.append(hertz > 0)
                pitch.append(np.abs(hertz))
            both = voiced[0] & voiced[1]
            away = 1200 * np.abs(np.log2(pitch[1][both] / pitch[0][both]))
            share = both.sum() / (voiced[0] | voiced[1]).sum()
            name = f"{path.name}, {per_octave:+d} dB per octave"
            print(f"| {name} | {label} | {share:.3f} | {(away < 50).mean():.3f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("take", type=Path, nargs="?", help="a recording of one voice")
    parser.add_argument("--songs", type=int, default=20)
    options = parser.parse_args()
    compare(options.songs)
    if options.take:
        unchanged(options.take)
