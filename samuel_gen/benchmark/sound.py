"""The codec, and whole accompaniments of any length: time, memory, and where the time goes."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.files import write_audio, write_blocks
from samuel_gen.audio.recording import SoundFile
from samuel_gen.benchmark.rows import Row, alone, timed
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.models.unet import SoftAlignmentUNet

LENGTHS = (10.0, 47.55, 180.0, 600.0)
UNIT = 47.55
_SONG, _SONG_SECONDS = 1_000_007, 60.0
_WARMING = 10.0  # s
_STAGES = {
    "tuning": "hear the tuning",
    "encode": "hear the voice",
    "sample": "denoise",
    "played": "decode",
}

Stereo = Float[Tensor, "2 samples"]


def codec(repeats: int) -> list[Row]:
    """CPU seconds per second of audio, each way, of a rendered band."""
    from samuel_gen.corpus.song import render_song

    spectral, seconds = SpectralCodec(), 24.0
    band = render_song(_SONG, seconds=seconds).accompaniment
    latents = spectral.encode(band)
    ways: dict[str, Callable[[], Any]] = {
        "encode": lambda: spectral.encode(band),
        "decode": lambda: spectral.decode(latents, band.shape[1]),
    }
    rows = []
    for name, way in ways.items():
        way()
        spent = []
        for _ in range(repeats):
            begin = time.process_time()
            way()
            spent.append((time.process_time() - begin) / seconds)
        rows.append(Row("codec", name, "CPU s per s", spent))
    cpu = torch.device("cpu")
    rows += [
        Row("codec", f"{name}, wall", "s per s", [each / seconds for each in runs])
        for name, runs in timed(ways, repeats, cpu).items()
    ]
    return rows


def released(config: dict[str, Any], path: Path) -> None:
    """A checkpoint of that network, born and never trained: as fast as any other.

    Args:
        config: arguments of the network.
        path: of the file.
    """
    from samuel_gen.corpus.song import render_song

    spectral = SpectralCodec()
    song = render_song(_SONG, seconds=24.0)
    voice, band = (
        LatentNormaliser.fit(latents.mean(1), latents.std(1))
        for latents in (spectral.encode(song.vocal), spectral.encode(song.accompaniment))
    )
    prefix = "samuel_gen."
    nodes = {
        "model": {"_target_": f"{prefix}models.unet.SoftAlignmentUNet", **config},
        "schedule": {"_target_": f"{prefix}diffusion.schedules.cosine"},
        "objective": {"_target_": f"{prefix}diffusion.objective.Objective"},
        "codec": {"_target_": f"{prefix}codecs.spectral.codec.SpectralCodec"},
    }
    weights = SoftAlignmentUNet(**config).state_dict()
    Checkpoint(weights, nodes, spectral.identity, voice, band, {}).save(path)


def accompaniments(checkpoint: Path, device: torch.device, repeats: int) -> list[Row]:
    """Whole accompaniments, warm, each length in a process of its own.

    Args:
        checkpoint: of any model; the takes and what is made of them are written beside it.
        device: to run on.
        repeats: of each.
    """
    rows, medians = [], {}
    for length in LENGTHS:
        take = checkpoint.with_name(f"{length:g}.wav")
        write_audio(take, *voice(length))
        stages, memory = alone(_accompany, str(checkpoint), str(take), str(device), repeats)
        whole = Row("accompany", f"{length:g} s", "s", stages.pop("all in"))
        medians[length] = whole.median
        note = f"{whole.median / length:.3f} of real time, {memory:.0f} MB"
        if UNIT in medians:
            note += f", {whole.median / medians[UNIT]:.1f} times 47.55 s"
        rows.append(Row("accompany", whole.name, "s", whole.values, note=note))
        if length == UNIT:
            rows += [
                Row(
                    "accompany",
                    f"  {name}",
                    "s",
                    runs,
                    share=Row("", "", "", runs).median / whole.median,
                )
                for name, runs in stages.items()
            ]
    return rows


def voice(seconds: float) -> tuple[Stereo, int]:
    """One rendered voice, over and over where it is too short, and its sample rate."""
    from samuel_gen.corpus.song import render_song

    song = render_song(_SONG, seconds=min(_SONG_SECONDS, max(seconds, 12.0)))
    length = round(seconds * song.sample_rate)
    times = -(-length // song.vocal.shape[1])
    return song.vocal.repeat(1, times)[:, :length], song.sample_rate


def _accompany(checkpoint: str, take: str, device: str, repeats: int) -> dict[str, list[float]]:
    """Seconds of each stage, and all in, from a file of the voice to files of stem and mix."""
    accompanist = _timed_stages(Accompanist.from_pretrained(checkpoint, device))
    spent: dict[str, float] = accompanist.spent  # type: ignore[attr-defined]
    found: dict[str, list[float]] = defaultdict(list)
    warming, rate = voice(_WARMING)
    accompanist.accompany(warming, rate)
    for _ in range(repeats):
        spent.clear()
        begin = time.perf_counter()
        made = accompanist.accompany(SoundFile(take))
        with _noted(spent, "write both"):
            for name, sound in (("stem", made.stem), ("mix", made.blend)):
                path = Path(take).with_name(f"{name}.wav")
                write_blocks(path, sound.blocks(made.sample_rate), 2, made.sample_rate)
        spent["all in"] = time.perf_counter() - begin
        spent["the rest"] = 2 * spent["all in"] - sum(spent.values())
        for name, own in spent.items():
            found[name].append(own)
    return dict(found)


def _timed_stages(accompanist: Accompanist) -> Accompanist:
    """The same, with the seconds of its stages noted in `spent`."""
    spent: dict[str, float] = {}
    for name, told in _STAGES.items():
        inner = getattr(accompanist, name)

        def outer(*args: Any, _inner: Any = inner, _told: str = told, **kwargs: Any) -> Any:
            with _noted(spent, _told):
                return _inner(*args, **kwargs)

        setattr(accompanist, name, outer)
    accompanist.spent = spent  # type: ignore[attr-defined]
    return accompanist


@contextmanager
def _noted(spent: dict[str, float], name: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    spent[name] = spent.get(name, 0.0) + time.perf_counter() - begin
