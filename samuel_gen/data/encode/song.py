"""Encoding of single songs, each into a file of its own before it goes into a shard.

With one file per song an interrupted encode resumes without repeating finished songs.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float16
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor

from samuel_gen.analysis.prepared_vocal import prepare_vocal
from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.audio.loudness import (
    REFERENCE_LOUDNESS,
    LoudnessMeter,
    db_to_gain,
    meter_blocks,
)
from samuel_gen.audio.phase import bring_in_phase
from samuel_gen.audio.recording import Recording
from samuel_gen.audio.resample import resampled_length
from samuel_gen.audio.streams import fit_length
from samuel_gen.audio.validation import check_recording
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.streaming import encode_blocks
from samuel_gen.data.contents import SHEET_TENSORS, vocal_tensor
from samuel_gen.data.sources.song import SongItem
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.estimate import estimate_song_sheet
from samuel_gen.lead_sheet.frames import beat_frames, chord_frames
from samuel_gen.lead_sheet.text import format_lead_sheet
from samuel_gen.storage import open_tensors, write_atomically

_HALF_LIMIT = 65_504.0  # the largest float16
_ENCODING_VERSION = 3  # raise it when the same song is to be encoded differently


@dataclass(frozen=True)
class SongFacts:
    """The facts about an encoded song that are known without its latents.

    Attributes:
        frames: the length in latent frames.
        tuning_cents: the offset of the singer from A = 440 Hz, in cents.
        vocal_content, accompaniment_content: digests of the audio.
        metadata: the metadata that the source gave with the song, and the text of its lead sheet.
        style: the name of the style; None if it is not known.
    """

    frames: int
    tuning_cents: float
    vocal_content: str
    accompaniment_content: str
    metadata: dict[str, Any]
    style: str | None = None

    @classmethod
    def load(cls, path: Path) -> "SongFacts | None":
        """Load the facts from an encoded song's file; None if there is no readable file."""
        try:
            with open_tensors(path) as file:
                return cls(**json.loads(file.metadata()["song"]))
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, eq=False)
class EncodedSong:
    """One song as it goes into a shard.

    Attributes:
        facts: the facts about the song.
        tensors: latents, melody, activity and frames of the lead sheet by name. Rows are frames,
            so that the bytes of a crop are contiguous.
        notes: the oddities of the song's files, a line each, which are not saved.
    """

    facts: SongFacts
    tensors: Mapping[str, Float16[Tensor, "frames _"]]
    notes: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write the song to a file, completely or not at all."""
        facts = json.dumps(asdict(self.facts), ensure_ascii=False)
        with write_atomically(path, per_process=True) as file:
            file.write_bytes(save(dict(self.tensors), {"song": facts}))

    @classmethod
    def load(cls, path: Path) -> "EncodedSong | None":
        """Load the song that `save` wrote; None if there is no readable file."""
        facts = SongFacts.load(path)
        if facts is None:
            return None
        with open_tensors(path) as file:
            return cls(facts, {name: file.get_tensor(name) for name in file.keys()})


def encode_song(
    item: SongItem, codec: LatentCodec, augmentations: Sequence[Augmentation] = ()
) -> EncodedSong:
    """Load one song, bring both parts to REFERENCE_LOUDNESS, and encode them block by block.

    If the source does not know its lead sheet, it is estimated from both parts.

    Args:
        item: the song.
        codec: the codec that encodes it.
        augmentations: each gives one more version of the vocal.

    Raises:
        SamuelError: the song cannot be loaded, or one of its parts is silent.
    """
    stems = item.load()
    rate, hop = codec.sample_rate, codec.hop_length
    parts = (stems.vocal, stems.accompaniment)
    samples = max(resampled_length(part.samples, part.sample_rate, rate) for part in parts)
    frames = -(-samples // hop)

    def vocal_blocks() -> Iterator[Tensor]:
        return fit_length(in_phase.blocks(rate), samples)

    def accompaniment_blocks() -> Iterator[Tensor]:
        return fit_length(stems.accompaniment.blocks(rate), samples)

    in_phase = bring_in_phase(stems.vocal)
    name, seconds = f"song {item.name!r}", samples / rate
    vocal = prepare_vocal(vocal_blocks, codec)
    check_recording(seconds, vocal.loudness, f"{name}, vocal")
    meter = LoudnessMeter(rate)
    for _ in meter_blocks(accompaniment_blocks(), meter):
        pass
    check_recording(seconds, meter.loudness, f"{name}, accompaniment")
    gain = db_to_gain(REFERENCE_LOUDNESS - meter.loudness)

    streams: dict[str, Iterator[Tensor]] = {
        "accompaniment": encode_blocks(codec, (gain * block for block in accompaniment_blocks()))
    }
    for version, augmentation in enumerate(augmentations, start=1):
        seed = int.from_bytes(hashlib.sha256(f"{item.name}/{version}".encode()).digest()[:8], "big")
        normalised = (vocal.gain * block for block in vocal_blocks())
        augmented = augmentation.blocks(normalised, rate, seed)
        streams[vocal_tensor(version)] = encode_blocks(codec, augmented)
    tensors = {"vocal": _to_rows([vocal.latents], f"{name}, vocal")}
    with torch.inference_mode():
        for part, latents in streams.items():
            tensors[part] = _to_rows(latents, f"{name}, {part.replace('.', ' version ')}")
    tensors["melody"] = vocal.melody.features.half().T.contiguous()
    tensors["activity"] = vocal.melody.activity.half()[:, None].contiguous()
    sheet = stems.lead_sheet or estimate_song_sheet(stems.vocal, stems.accompaniment)
    views = (chord_frames(sheet, frames, hop / rate), beat_frames(sheet, frames, hop / rate))
    for tensor, view in zip(SHEET_TENSORS, views, strict=True):
        tensors[tensor] = torch.from_numpy(view).half().T.contiguous()
    assert {len(tensor) for tensor in tensors.values()} == {frames}
    facts = SongFacts(
        frames,
        vocal.melody.tuning_cents,
        _digest_content(stems.vocal, stems.key, "vocal"),
        _digest_content(stems.accompaniment, stems.key, "accompaniment"),
        {**stems.metadata, "lead_sheet": format_lead_sheet(sheet)},
        sheet.style,
    )
    return EncodedSong(facts, tensors, stems.notes)


def _digest_content(recording: Recording, key: str | None, part: str) -> str:
    return recording.content_hash() if key is None else _digest_json([key, part])


def digest_origin(
    item: SongItem, codec: LatentCodec, augmentations: Sequence[Augmentation] = ()
) -> str:
    """Return a digest of everything that an encoded song depends on; it is also its file name.

    It covers the song, the state of its files, the codec and the augmentations. It is a cache key
    and no more: if it changes, for example since an item's class was renamed, the song is encoded
    again.
    """
    return _digest_json(
        [_ENCODING_VERSION, REFERENCE_LOUDNESS, repr(item), item.state(), codec.identity.to_dict()]
        + [augmentation.describe() for augmentation in augmentations]
    )[:32]


def _digest_json(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _to_rows(latents: Iterable[Tensor], name: str) -> Float16[Tensor, "frames channels"]:
    """Return latents as rows in 16 bits, a row per frame.

    Raises:
        SamuelError: a number is too large for 16 bits, or not finite.
    """
    rows = []
    for values in latents:
        if not float(values.abs().max()) <= _HALF_LIMIT:  # NaN fails too
            raise SamuelError(
                f"{name}: latents exceed the 16-bit limit of 65,504; is the recording damaged?"
            )
        rows.append(values.half().T.cpu())
    return torch.cat(rows).contiguous()
