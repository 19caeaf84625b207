"""Check of a codec before a long encode: one song is decoded for comparison with its source."""

import json
from pathlib import Path

import torch

from samuel_gen.audio.files import write_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, limit_true_peak, normalise_loudness
from samuel_gen.audio.recording import read_segment
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.quality import round_trip
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError

SECONDS = 60.0


def check_codec(source: Source, codec: LatentCodec, output: str | Path) -> str:
    """Encode and decode the first song that can be read, at most its first SECONDS.

    Args:
        source: the songs.
        codec: the codec to check.
        output: the folder for `{vocal,accompaniment}_{source,decoded}.wav` and `figures.json`.

    Returns:
        Text for the user: the figures, and the folder of the files.

    Raises:
        SamuelError: no song can be read.
    """
    output = Path(output)
    rate = codec.sample_rate
    item, parts = _load_first_song(source, rate)
    figures, lines = {}, []
    for part, audio in parts.items():
        audio = normalise_loudness(audio, rate, REFERENCE_LOUDNESS)
        decoded, quality = round_trip(codec, audio)
        figures[part] = quality.to_dict()
        lines += [f"{part}:", *quality.lines()]
        for name, sound in (("source", audio), ("decoded", decoded)):
            write_audio(output / f"{part}_{name}.wav", limit_true_peak(sound, rate), rate)
    text = json.dumps({"song": item.name, "codec": codec.identity.to_dict(), "parts": figures})
    (output / "figures.json").write_text(text, "utf-8")
    return "\n".join([*lines, f"Song {item.name!r} and its decoding are in {output}"])


def _load_first_song(source: Source, rate: int) -> tuple[SongItem, dict[str, torch.Tensor]]:
    reason, stop = "", round(SECONDS * rate)
    for item in source.songs():
        try:
            stems = item.load()
            return item, {
                "vocal": read_segment(stems.vocal, 0, stop, rate),
                "accompaniment": read_segment(stems.accompaniment, 0, stop, rate),
            }
        except SamuelError as error:
            reason = reason or str(error)
    raise SamuelError(f"no song can be read; the first failed for this reason: {reason}")
