"""Songs that are encoded but not yet in a shard: one file each, so that nothing is done twice."""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float16
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from samuel_gen.analysis.melody import track_melody
from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, LoudnessMeter, metered
from samuel_gen.audio.recording import Recording
from samuel_gen.audio.vocal import check_measured
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.streaming import encode_blocks
from samuel_gen.data.description import FORMAT_VERSION
from samuel_gen.data.shards import vocal_tensor
from samuel_gen.data.sources.song import SongItem
from samuel_gen.errors import SamuelError

_HALF_LIMIT = 65_504.0  # the largest float16


@dataclass(frozen=True)
class SongFacts:
    """What is known of an encoded song without its latents.

    Args:
        frames: its length.
        tuning_cents: how far the vocal's semitones lie above those of A = 440 Hz.
        vocal_content, accompaniment_content: digests of the audio.
        metadata: what the source knew.
    """

    frames: int
    tuning_cents: float
    vocal_content: str
    accompaniment_content: str
    metadata: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> "SongFacts | None":
        """The facts in an encoded song's file, or None where there is none that can be read."""
        try:
            with safe_open(path, framework="pt") as file:
                return cls(**json.loads(file.metadata()["song"]))
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, eq=False)
class EncodedSong:
    """One song as it goes into a shard: rows are frames, so that a crop is one stretch of bytes."""

    facts: SongFacts
    tensors: Mapping[str, Float16[Tensor, "frames _"]]

    def save(self, path: Path) -> None:
        """Write the song; the file appears whole or not at all."""
        about = json.dumps(asdict(self.facts), ensure_ascii=False)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            partial.write_bytes(save(dict(self.tensors), {"song": about}))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> "EncodedSong | None":
        """The song that `save` wrote, or None where there is none that can be read."""
        facts = SongFacts.load(path)
        if facts is None:
            return None
        with safe_open(path, framework="pt") as file:
            return cls(facts, {name: file.get_tensor(name) for name in file.keys()})


def encode_song(
    item: SongItem, codec: LatentCodec, augmentations: Sequence[Augmentation] = ()
) -> EncodedSong:
    """Load one song, bring both parts to REFERENCE_LOUDNESS, and encode them, block by block.

    Args:
        item: the song.
        codec: what to encode with.
        augmentations: each gives one more version of the voice.

    Raises:
        SamuelError: the song cannot be loaded, or one of its parts is silent.
    """
    stems = item.load()
    rate, hop = codec.sample_rate, codec.hop_length
    samples = max(_samples(part, rate) for part in (stems.vocal, stems.accompaniment))
    frames = -(-samples // hop)

    def voice() -> Iterator[Tensor]:
        return _padded(stems.vocal.blocks(rate), samples)

    def band() -> Iterator[Tensor]:
        return _padded(stems.accompaniment.blocks(rate), samples)

    meter = LoudnessMeter(rate)
    track = track_melody(metered(voice(), meter), rate, hop)
    vocal_gain = _gain(meter, samples / rate, f"song {item.name!r}, vocal")
    meter = LoudnessMeter(rate)
    for _ in metered(band(), meter):
        pass
    band_gain = _gain(meter, samples / rate, f"song {item.name!r}, accompaniment")

    streams: dict[str, Iterator[Tensor]] = {
        "vocal": (vocal_gain * block for block in voice()),
        "accompaniment": (band_gain * block for block in band()),
    }
    for version, augmentation in enumerate(augmentations, start=1):
        seed = int.from_bytes(hashlib.sha256(f"{item.name}/{version}".encode()).digest()[:8], "big")
        louder = (vocal_gain * block for block in voice())
        streams[vocal_tensor(version)] = augmentation.blocks(louder, rate, seed)
    tensors = {
        name: _latents(codec, blocks, f"song {item.name!r}, {name.replace('.', ' version ')}")
        for name, blocks in streams.items()
    }
    tensors["melody"] = track.features.half().T.contiguous()
    tensors["activity"] = track.activity.half()[:, None].contiguous()
    assert {len(tensor) for tensor in tensors.values()} == {frames}
    facts = SongFacts(
        frames,
        track.tuning_cents,
        _content(stems.vocal, stems.key, "vocal"),
        _content(stems.accompaniment, stems.key, "accompaniment"),
        stems.metadata,
    )
    return EncodedSong(facts, tensors)


def _content(recording: Recording, key: str | None, part: str) -> str:
    return recording.content() if key is None else _digest([key, part])


def origin(item: SongItem, codec: LatentCodec, augmentations: Sequence[Augmentation] = ()) -> str:
    """What an encoded song depends on, as a file name: the song, the codec and this format.

    Where the item's files have changed since, so has this.
    """
    return _digest(
        [FORMAT_VERSION, REFERENCE_LOUDNESS, repr(item), item.state(), codec.identity.to_dict()]
        + [repr(augmentation) for augmentation in augmentations]
    )[:32]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _samples(recording: Recording, sample_rate: int) -> int:
    return round(recording.samples * sample_rate / recording.sample_rate)


def _padded(blocks: Iterable[Tensor], samples: int) -> Iterator[Tensor]:
    """The stream, cut or filled up with silence to that many samples."""
    for block in blocks:
        if samples <= 0:
            return
        yield block[:, :samples]
        samples -= block.shape[-1]
    if samples > 0:
        yield torch.zeros(2, samples)


def _gain(meter: LoudnessMeter, seconds: float, name: str) -> float:
    """What brings the recording to REFERENCE_LOUDNESS."""
    loudness = meter.integrated()
    check_measured(seconds, loudness, name)
    return math.pow(10, (REFERENCE_LOUDNESS - loudness) / 20)


def _latents(
    codec: LatentCodec, blocks: Iterable[Tensor], name: str
) -> Float16[Tensor, "frames channels"]:
    rows = []
    with torch.inference_mode():
        for values in encode_blocks(codec, blocks):
            if not float(values.abs().max()) <= _HALF_LIMIT:  # NaN fails too
                raise SamuelError(
                    f"{name}: latents are not finite in 16 bits; expected numbers below 65,504; "
                    "is the recording damaged?"
                )
            rows.append(values.half().T.cpu())
    return torch.cat(rows).contiguous()
