"""Let a codec be heard before a long encode: one song, decoded beside its source."""

import json
from pathlib import Path

import torch

from samuel_gen.audio.files import write_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, limit_true_peak, with_loudness
from samuel_gen.audio.recording import Recording
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.quality import round_trip
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError

SECONDS = 60.0


def check_codec(source: Source, codec: LatentCodec, output: str | Path) -> str:
    """Encode and decode the first song that can be read, at most its first SECONDS.

    Args:
        source: the songs.
        codec: what is on trial.
        output: gets `{vocal,accompaniment}_{source,decoded}.wav` and `figures.json`.

    Returns:
        The figures and where the files are, to be printed.

    Raises:
        SamuelError: no song can be read.
    """
    output = Path(output)
    rate = codec.sample_rate
    item, parts = _first_song(source, rate)
    figures, lines = {}, []
    for part, audio in parts.items():
        audio = with_loudness(audio, rate, REFERENCE_LOUDNESS)
        decoded, quality = round_trip(codec, audio)
        figures[part] = quality.to_dict()
        lines += [f"{part}:", *quality.lines()]
        for name, sound in (("source", audio), ("decoded", decoded)):
            write_audio(output / f"{part}_{name}.wav", limit_true_peak(sound, rate), rate)
    text = json.dumps({"song": item.name, "codec": codec.identity.to_dict(), "parts": figures})
    (output / "figures.json").write_text(text, "utf-8")
    return "\n".join([*lines, f"Song {item.name!r} and its decoding are in {output}"])


def _first_song(source: Source, rate: int) -> tuple[SongItem, dict[str, torch.Tensor]]:
    reason = ""
    for item in source.songs():
        try:
            stems = item.load()
            return item, {
                "vocal": _beginning(stems.vocal, rate),
                "accompaniment": _beginning(stems.accompaniment, rate),
            }
        except SamuelError as error:
            reason = reason or str(error)
    raise SamuelError(f"no song can be read, the first because of this: {reason}")


def _beginning(recording: Recording, rate: int) -> torch.Tensor:
    wanted = round(SECONDS * rate)
    blocks, length = [], 0
    for block in recording.blocks(rate):
        blocks.append(block)
        length += block.shape[-1]
        if length >= wanted:
            break
    return torch.cat(blocks, dim=-1)[:, :wanted]
