"""Measures of encoding and decoding, for both decoders of the spectral codec side by side."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.music import MUSIC_RATE
from samuel_gen.analysis.threads import one_thread
from samuel_gen.audio.files import SOUND_SUFFIXES, read_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.codecs import fidelity, perception, quality
from samuel_gen.codecs.fidelity import Fidelity
from samuel_gen.codecs.perception import measure_perception
from samuel_gen.codecs.quality import Quality
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.spectral.decoders import DECODERS
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.embedding import embed
from samuel_gen.evaluation.frechet import frechet_distance

Audio = Float[Tensor, "2 samples"]
RENDERED = "rendered songs"
FEWEST_WINDOWS = 8
"""Windows of six seconds that a Frechet distance needs."""
MEANINGS = {
    **quality.MEANINGS,
    **fidelity.MEANINGS,
    **perception.MEANINGS,
    "frechet": (2, "Frechet distance from the originals, spectral-1"),
    "encode": (4, "CPU seconds of encoding per second of sound, one thread"),
    "decode": (4, "CPU seconds of decoding per second of sound, one thread"),
}
"""Number of decimals and explanation of each measure."""


@dataclass(frozen=True)
class RoundTrips:
    """The mean measures of one set of recordings, by decoder.

    Args:
        name: the name of the set.
        recordings: the number of recordings in it.
        measures: the measures of each decoder, by name.
    """

    name: str
    recordings: int
    measures: dict[str, dict[str, float]]

    def lines(self) -> list[str]:
        """Return a table: a line for each measure, a column for each decoder."""
        names = list(self.measures)
        head = f"{self.name} ({self.recordings})"
        rows = [f"{head:<24}" + "".join(f"{name:>13}" for name in names)]
        for measure, (decimals, meaning) in MEANINGS.items():
            values = [self.measures[name][measure] for name in names]
            texts = ["-" if math.isnan(x) else f"{x:.{decimals}f}" for x in values]
            rows.append(f"  {measure:<22}" + "".join(f"{x:>13}" for x in texts) + f"   {meaning}")
        return rows


def measure_sets(
    paths: Sequence[Path], songs: int, seconds: float, decoders: Sequence[str] = DECODERS
) -> Iterator[RoundTrips]:
    """Yield the measures of rendered songs that no decoder was trained on, then of each path.

    Args:
        paths: recordings, and folders of them; a folder with files named `accompaniment` counts
            as these alone.
        songs: the number of rendered songs.
        seconds: the length of each rendered song [s].
        decoders: the decoders to compare.

    Raises:
        SamuelError: a path has no recording, or one that cannot be read.
    """
    from samuel_gen.codec_fitting.pieces import render_measuring_pieces

    found = {path: _find_recordings(path) for path in paths}  # errors come before the long work
    if songs:
        rendered = (audio for _, audio in render_measuring_pieces(songs, seconds))
        yield measure_set(RENDERED, rendered, decoders)
    for path, files in found.items():
        yield measure_set(path.stem, map(_read_recording, files), decoders)


def measure_set(
    name: str, recordings: Iterable[Float[Tensor, "2 _"]], decoders: Sequence[str]
) -> RoundTrips:
    """Encode and decode each recording with each decoder and measure what comes back.

    Args:
        name: the name of the set.
        recordings: stereo audio at the codec's rate and loudness.
        decoders: the decoders to compare.
    """
    codecs = {decoder: SpectralCodec(decoder=decoder) for decoder in decoders}
    for codec in codecs.values():
        codec.decode(torch.zeros(codec.channels, 32))  # the first call builds windows
    rows: dict[str, list[dict[str, float]]] = {decoder: [] for decoder in decoders}
    spaces: dict[str, list[np.ndarray]] = {each: [] for each in ("", *decoders)}
    for audio in recordings:
        spaces[""].append(_embed(audio))
        for decoder, codec in codecs.items():
            row, decoded = _measure_one(codec, audio)
            rows[decoder].append(row)
            spaces[decoder].append(_embed(decoded))
    means = {decoder: _average(each) for decoder, each in rows.items()}
    true = np.concatenate(spaces[""])
    for decoder in decoders:
        far = frechet_distance(np.concatenate(spaces[decoder]), true)
        means[decoder]["frechet"] = far if len(true) >= FEWEST_WINDOWS else math.nan
    return RoundTrips(name, len(spaces[""]), means)


def _measure_one(codec: SpectralCodec, audio: Audio) -> tuple[dict[str, float], Audio]:
    """Return the measures of one round trip, and the decoded sound."""
    with one_thread():
        begin = time.process_time()
        latents = codec.encode(audio)
        encoded = time.process_time()
        decoded = codec.decode(latents, audio.shape[1])
        ended = time.process_time()
    measures: dict[str, float] = {
        name: math.nan if x is None else x
        for name, x in Quality.measure(audio, decoded, codec.sample_rate).to_dict().items()
    }
    measures["level"] = abs(measures["level"])
    measures |= Fidelity.measure(audio, decoded, codec.sample_rate).to_dict()
    measures |= measure_perception(audio, decoded, codec.sample_rate)
    seconds = audio.shape[1] / codec.sample_rate
    costs = {"encode": (encoded - begin) / seconds, "decode": (ended - encoded) / seconds}
    return {**measures, **costs}, decoded


def _average(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Average each measure over the recordings that have it."""
    means = {}
    for name in rows[0]:
        values = [row[name] for row in rows if not math.isnan(row[name])]
        means[name] = sum(values) / len(values) if values else math.nan
    return means


def _embed(audio: Audio) -> np.ndarray:
    """Embed the mean of the channels in windows of six seconds."""
    mono = resample(audio.mean(0, keepdim=True), SpectralCodec.sample_rate, MUSIC_RATE)
    return np.asarray(embed(mono[0]))


def _find_recordings(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in SOUND_SUFFIXES)
    files = [each for each in files if each.stem == "accompaniment"] or files
    if not files:
        raise SamuelError(
            f"{path} has no recordings ({', '.join(SOUND_SUFFIXES)}); name another folder"
        )
    return files


def _read_recording(path: Path) -> Audio:
    samples, rate = read_audio(path)
    audio = to_stereo(resample(samples, rate, SpectralCodec.sample_rate))
    return normalise_loudness(audio, SpectralCodec.sample_rate, REFERENCE_LOUDNESS)
