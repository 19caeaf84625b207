"""Examples for the learned decoder: latents of rendered songs and the fine spectra behind them."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from einops import reduce
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.bands import stereo_bank
from samuel_gen.codecs.spectral.features import compress_power
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_PER_FRAME,
    crop_fine,
    envelope_bank,
    log_magnitude,
)
from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_PER_FRAME,
    HOP_LENGTH,
    LOW,
    LOW_BINS,
    SAMPLE_RATE,
)
from samuel_gen.codecs.spectral.stereo import power, to_left_right, to_mid_side
from samuel_gen.storage import write_atomically

if TYPE_CHECKING:
    from samuel_gen.codecs.spectral.tables import Tables

Audio = Float[Tensor, "2 samples"]

LARGEST_TUNING = 45.0
"""The most by which a piece is tuned up or down, in cents."""
LARGEST_TILT = 9.0
"""The most by which the equaliser raises or lowers a part of the spectrum, in dB."""


def analyse_piece(audio: Audio, tables: "Tables") -> dict[str, Tensor]:
    """Return latents, and the magnitudes and shares that a decoder should find in them.

    Args:
        audio: stereo at `SAMPLE_RATE`, at the loudness that the codec gets.
        tables: the tables of the codec.
    """
    frames = math.ceil(audio.shape[1] / HOP_LENGTH)
    values, stereo = extract_features(audio, 0, frames)
    low = to_mid_side(LOW.analyse(audio, 0, frames)[..., :LOW_BINS])
    fine = to_mid_side(crop_fine(FINE.analyse(audio, 0, frames * FINE_PER_FRAME)))
    high = to_mid_side(HIGH.analyse(audio, 0, frames * HIGH_PER_FRAME))
    low_power, fine_power, high_power = (power(x).sum(0) for x in (low, fine, high))
    level = _stereo_levels(high_power)
    return {
        "latents": tables.compress(values, stereo).T.contiguous(),
        "low": log_magnitude(low_power),
        "fine": log_magnitude(fine_power).reshape(frames, -1),
        "envelope": log_magnitude(high_power @ envelope_bank().T).reshape(frames, -1),
        "shares": (stereo / level.repeat(1, 2).clamp(min=1e-6)).clamp(-1, 1),
        "level": level,
    }


def _stereo_levels(
    power_: Float[Tensor, "short_frames bins"],
) -> Float[Tensor, "frames stereo_bands"]:
    """Level of each stereo band per latent frame, on the scale of the features."""
    bands = reduce(
        power_ @ stereo_bank().T, "(t four) bands -> t bands", "mean", four=HIGH_PER_FRAME
    )
    return compress_power(bands)


def vary_piece(audio: Audio, rng: np.random.Generator) -> Audio:
    """Return the piece with another tuning, width, colour, room or dynamics, drawn at random.

    Rendered songs are all at A = 440 Hz, on one stage and without compression; other recordings
    are not.

    Args:
        audio: stereo at `SAMPLE_RATE`.
        rng: the source of randomness.
    """
    samples = audio.shape[1]
    if rng.random() < 0.5:
        from samuel_gen.audio.resample import resample

        cents = rng.uniform(-LARGEST_TUNING, LARGEST_TUNING)
        audio = resample(audio, round(SAMPLE_RATE * 2 ** (cents / 1200)), SAMPLE_RATE)
        audio = torch.nn.functional.pad(audio, (0, samples - audio.shape[1]))  # or cut
    if rng.random() < 0.3:
        middle, side = to_mid_side(audio)
        audio = to_left_right(torch.stack([middle, side * rng.uniform(0.0, 2.5)]))
        audio = audio * torch.tensor([[1.0], [rng.uniform(0.2, 1.0)]]).roll(int(rng.integers(2)), 0)
    spectrum = torch.fft.rfft(audio, n=audio.shape[1] + SAMPLE_RATE)
    if rng.random() < 0.5:
        spectrum = spectrum * _draw_equaliser(spectrum.shape[1], rng)
    if rng.random() < 0.4:
        spectrum = spectrum * _draw_room(audio.shape[1] + SAMPLE_RATE, rng)
    varied: Tensor = torch.fft.irfft(spectrum, n=audio.shape[1] + SAMPLE_RATE)
    varied = varied[:, : audio.shape[1]]
    return _saturate(varied, rng) if rng.random() < 0.4 else varied


def _saturate(audio: Audio, rng: np.random.Generator) -> Audio:
    """Round the peaks off, as tape and limiters do, by a strength drawn at random."""
    limit = audio.std() * 10 ** (rng.uniform(6.0, 16.0) / 20)
    return torch.tanh(audio / limit.clamp(min=1e-6)) * limit


def _draw_equaliser(bins: int, rng: np.random.Generator) -> Float[Tensor, " bins"]:
    """A smooth gain over frequency, drawn at random at nine octaves and joined by lines."""
    octaves = np.log2(np.maximum(np.linspace(0, SAMPLE_RATE / 2, bins), 1) / 60)
    decibels = np.interp(octaves, np.arange(9), rng.uniform(-LARGEST_TILT, LARGEST_TILT, 9))
    return torch.from_numpy(10 ** (decibels / 20)).float()


def _draw_room(size: int, rng: np.random.Generator) -> Complex[Tensor, "2 bins"]:
    """The spectrum of a decaying echo of random length and strength for each channel."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    echo = rng.standard_normal((2, SAMPLE_RATE)) * np.exp(-time / rng.uniform(0.05, 0.25))
    echo *= rng.uniform(0.1, 0.7) / np.sqrt((echo**2).sum(1, keepdims=True))
    echo[:, 0] += 1
    spectrum: Tensor = torch.fft.rfft(torch.from_numpy(echo).float(), n=size)
    return spectrum


def save_examples(examples: dict[str, Tensor], path: Path) -> None:
    """Write examples in half precision, whole or not at all."""
    from safetensors.torch import save

    halves = {name: values.half().contiguous() for name, values in examples.items()}
    with write_atomically(path) as temporary:
        temporary.write_bytes(save(halves))


def make_examples(
    seed: int, seconds: float, folder: Path, tables: "Tables", soundfont: Path | None = None
) -> None:
    """Render one song and write the examples of its pieces, unless the file is there already.

    Args:
        seed: the seed of the song and of its variations.
        seconds: the length of the song [s].
        folder: the folder in which `SEED.safetensors` is written.
        tables: the tables of the codec.
        soundfont: the soundfont of the song; None for the one that pretty_midi installs.
    """
    from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness
    from samuel_gen.corpus.song import render_song

    path = folder / f"{seed}.safetensors"
    if path.exists():
        return
    rng = np.random.default_rng(seed)
    song = render_song(seed, seconds=seconds, soundfont=soundfont)
    pieces = [song.accompaniment, vary_piece(song.accompaniment + song.vocal, rng)]
    if seed % 2:
        pieces[0] = vary_piece(pieces[0], rng)
    if seed % 3 == 0:
        pieces.append(vary_piece(song.vocal, rng))
    analysed = [
        analyse_piece(normalise_loudness(piece, SAMPLE_RATE, REFERENCE_LOUDNESS), tables)
        for piece in pieces
    ]
    save_examples({name: torch.cat([x[name] for x in analysed]) for name in analysed[0]}, path)
