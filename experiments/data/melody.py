"""Comparison of the package's pitch tracker with PESTO.

Which of them finds the melody of a vocal better, and at what cost? Rendered vocals have known
notes. A real recording has none, so it is compared with itself after a change of tone.

    uv pip install pesto-pitch
    python experiments/data/melody.py --songs 20 real_take.wav
"""

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import mir_eval
import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from samuel_gen.analysis.activity import detect_singing
from samuel_gen.analysis.melody import analyse_vocal_frames
from samuel_gen.audio.files import read_audio
from samuel_gen.corpus.score import Score
from samuel_gen.corpus.song import RenderedSong, render_song

HOP, PER_FRAME = 2048, 4
STEP = 0.01  # s
CONFIDENCES = (0.3, 0.5, 0.7, 0.8, 0.9)
FIGURES = ("Raw Chroma Accuracy", "Voicing Recall", "Voicing False Alarm", "Overall Accuracy")
Values = NDArray[np.float64]
Pitch = tuple[Values, Values]  # seconds, Hz; below zero where unvoiced
Condition = Callable[[torch.Tensor, int], torch.Tensor]


def track_pitch(samples: torch.Tensor, rate: int) -> Pitch:
    """Track the pitch as the melody track does."""
    frequency, powers = analyse_vocal_frames([samples], rate, HOP)
    period = HOP / PER_FRAME / rate
    is_voiced, _ = detect_singing(frequency, powers, period)
    seconds = (np.arange(frequency.size) + 0.5) * period
    return seconds, np.where(is_voiced, frequency, -frequency)


def track_pitch_with_pesto(samples: torch.Tensor, rate: int) -> tuple[Pitch, Values]:
    """Track the pitch with PESTO and the weights in its package; also return its confidence."""
    import pesto

    seconds, pitch, confidence, _ = pesto.predict(
        samples.mean(0), rate, step_size=1000 * STEP, convert_to_freq=True
    )
    return (seconds.double().numpy() / 1000, pitch.double().numpy()), confidence.numpy()


def tilt_spectrum(samples: torch.Tensor, rate: int, db_per_octave: float) -> torch.Tensor:
    """Make high frequencies louder, or softer if `db_per_octave` is negative; 1 kHz stays."""
    frequency = torch.fft.rfftfreq(samples.shape[-1], 1 / rate).clamp(min=30)
    gain = 10 ** (db_per_octave * torch.log2(frequency / 1000) / 20)
    return torch.fft.irfft(torch.fft.rfft(samples) * gain, samples.shape[-1])


def add_noise(samples: torch.Tensor, rate: int) -> torch.Tensor:
    """Add white noise 30 dB below the vocal."""
    noise = torch.randn(samples.shape, generator=torch.manual_seed(0))
    return samples + 10 ** (-30 / 20) * samples.std() * noise


def close_mouth(samples: torch.Tensor, rate: int) -> torch.Tensor:
    """Filter a vocal as a closed mouth does: down by 18 dB per octave above 300 Hz."""
    frequency = torch.fft.rfftfreq(samples.shape[-1], 1 / rate)
    gain = 1 / (1 + (frequency / 300) ** 6).sqrt()
    return torch.fft.irfft(torch.fft.rfft(samples) * gain, samples.shape[-1])


CONDITIONS: dict[str, Condition] = {
    "as sung": lambda samples, rate: samples,
    "6 dB per octave duller": lambda samples, rate: tilt_spectrum(samples, rate, -6),
    "6 dB per octave brighter": lambda samples, rate: tilt_spectrum(samples, rate, 6),
    "noise at -30 dB": add_noise,
    "hummed": close_mouth,
    "40 dB quieter": lambda samples, rate: samples / 100,
}


def sample_true_pitch(score: Score, seconds: float) -> Pitch:
    """Sample the notes of the score every 10 ms, in the singer's tuning."""
    times = np.arange(0, seconds, STEP)
    pitch = np.zeros(times.size)
    for note in score.melody:
        inside = (times >= note.start) & (times < note.end)
        pitch[inside] = 440 * 2 ** ((note.midi + score.tuning_cents / 100 - 69) / 12)
    return times, pitch


def measure_song(
    song: RenderedSong, change: Condition, cpu_seconds: dict[str, float]
) -> dict[str | float, dict[str, float]]:
    """Track the pitch of a changed vocal with both trackers, and compare it with the score.

    Args:
        song: the song.
        change: the change of its vocal.
        cpu_seconds: the CPU time of each tracker, which is added to.

    Returns:
        mir_eval's figures of a melody by tracker: "ours", or the confidence above which PESTO's
        pitch counts as voiced.
    """
    rate, samples = song.sample_rate, change(song.vocal, song.sample_rate)
    true = sample_true_pitch(song.score, samples.shape[-1] / rate)
    start = time.process_time()
    found: dict[str | float, Pitch] = {"ours": track_pitch(samples, rate)}
    cpu_seconds["ours"] += time.process_time() - start
    start = time.process_time()
    (seconds, pitch), confidence = track_pitch_with_pesto(samples, rate)
    cpu_seconds["PESTO"] += time.process_time() - start
    for threshold in CONFIDENCES:
        found[threshold] = seconds, np.where(confidence > threshold, pitch, -pitch)
    return {
        tracker: dict(mir_eval.melody.evaluate(*true, *estimate))
        for tracker, estimate in found.items()
    }


def print_rows(condition: str, means: Mapping[str | float, Mapping[str, float]]) -> None:
    """Print a row for each tracker; PESTO has the threshold with the best overall accuracy."""
    best = max(CONFIDENCES, key=lambda threshold: means[threshold]["Overall Accuracy"])
    trackers: tuple[tuple[str, str | float], ...] = (
        ("ours", "ours"),
        (f"PESTO, confidence > {best}", best),
    )
    for label, tracker in trackers:
        cells = " | ".join(f"{means[tracker][name]:.3f}" for name in FIGURES)
        print(f"| {condition} | {label} | {cells} |", flush=True)


def compare_rendered(num_songs: int) -> None:
    """Compare the trackers on rendered vocals under each condition."""
    print(f"| vocal | tracker | {' | '.join(FIGURES)} |")
    print(f"|---|---|{'---|' * len(FIGURES)}", flush=True)
    songs = [render_song(7_000_000 + number, seconds=24.0) for number in range(num_songs)]
    cpu_seconds = {"ours": 0.0, "PESTO": 0.0}
    for condition, change in CONDITIONS.items():
        measured = [
            measure_song(song, change, cpu_seconds)
            for song in track(songs, condition, console=Console(stderr=True))
        ]
        means = {
            tracker: {
                name: float(np.mean([figures[tracker][name] for figures in measured]))
                for name in FIGURES
            }
            for tracker in measured[0]
        }
        print_rows(condition, means)
    audio = len(CONDITIONS) * sum(song.vocal.shape[-1] / song.sample_rate for song in songs)
    for label, cpu in cpu_seconds.items():
        print(f"{label}: {cpu / audio:.4f} CPU seconds per second of audio, threads included")


def compare_tilted(path: Path) -> None:
    """Compare the pitch of a recording before and after a change of its tone."""
    samples, rate = read_audio(path)
    print("| recording | tracker | voiced in both | of these within 50 cents |")
    print("|---|---|---|---|")
    for db_per_octave in (-6, 6):
        tilted = tilt_spectrum(samples, rate, db_per_octave)
        for label in ("ours", "PESTO, confidence > 0.5"):
            is_voiced, pitch = [], []
            for sound in (samples, tilted):
                if label == "ours":
                    hertz = track_pitch(sound, rate)[1]
                else:
                    (_, hertz), confidence = track_pitch_with_pesto(sound, rate)
                    hertz = np.where(confidence > 0.5, hertz, -hertz)
                is_voiced.append(hertz > 0)
                pitch.append(np.abs(hertz))
            both = is_voiced[0] & is_voiced[1]
            cents = 1200 * np.abs(np.log2(pitch[1][both] / pitch[0][both]))
            share = both.sum() / (is_voiced[0] | is_voiced[1]).sum()
            name = f"{path.name}, {db_per_octave:+d} dB per octave"
            print(f"| {name} | {label} | {share:.3f} | {(cents < 50).mean():.3f} |")


def main() -> None:
    """Compare the trackers on rendered vocals and, if one is given, on a recording."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recording", type=Path, nargs="?", help="a recording of one singer")
    parser.add_argument("--songs", type=int, default=20, help="number of rendered vocals")
    arguments = parser.parse_args()
    compare_rendered(arguments.songs)
    if arguments.recording:
        compare_tilted(arguments.recording)


if __name__ == "__main__":
    main()
