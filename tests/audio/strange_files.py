"""Sound files as phones, browsers, pipes and crashed recorders leave them."""

import struct
from pathlib import Path

import av
import numpy as np
import soundfile

RATE = 44_100
_BIT_RATES = {"wmav2": 128_000, "libopencore_amrnb": 12_200}  # others have a default


def sing(seconds: float = 3.0, rate: int = RATE, channels: int = 2) -> np.ndarray:
    """A tone that grows, (samples, channels): each part of it differs from every other."""
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.5 * time / seconds * np.sin(2 * np.pi * 220 * time)
    return np.tile(tone[:, None], (1, channels)).astype(np.float32)


def encode(path: Path, codec: str, sound: np.ndarray, rate: int = RATE, **options: str) -> Path:
    """Write a sound with one of FFmpeg's encoders; options are those of the container."""
    vbr = {"global_quality": "236", "flags": "+qscale"} if codec == "libmp3lame" else {}
    layout = "mono" if sound.shape[1] == 1 else "stereo"
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, options=vbr)
        stream.layout = layout
        if codec in _BIT_RATES:
            stream.bit_rate = _BIT_RATES[codec]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.codec_context.format or "fltp", layout, rate)
        for each in resampler.resample(frame):
            container.mux(stream.encode(each))
        container.mux(stream.encode(None))
    return path


def write_as(path: Path, kind: str, sound: np.ndarray, rate: int = RATE, **options: str) -> Path:
    """Write a sound with libsndfile in a format, whatever the suffix."""
    soundfile.write(path, sound, rate, format=kind, **options)
    return path


LENGTH_FIELDS = {
    # format: what stands before the field, bytes between, form of the field, what is counted too
    "WAV": (b"data", 0, "<I", 0),
    "RF64": (b"ds64", 12, "<Q", 0),
    "W64": (b"data\xf3\xac\xd3\x11", 8, "<Q", 24),
    "AIFF": (b"SSND", 0, ">I", 0),
    "AU": (b".snd", 4, ">I", 0),
    "CAF": (b"data", 0, ">Q", 0),
}


def state_length(path: Path, kind: str, length: int) -> None:
    """Change the length of the samples that the header of a file states."""
    before, gap, form, own = LENGTH_FIELDS[kind]
    data = bytearray(path.read_bytes())
    at = data.index(before) + len(before) + gap
    struct.pack_into(form, data, at, length + own)
    path.write_bytes(data)


def remove_end_mark(path: Path) -> None:
    """Take the end mark off the last page of an Ogg file."""
    data = bytearray(path.read_bytes())
    page = data.rfind(b"OggS")
    data[page + 5] &= ~4
    data[page + 22 : page + 26] = bytes(4)
    data[page + 22 : page + 26] = _ogg_checksum(data[page:]).to_bytes(4, "little")
    path.write_bytes(data)


def _ogg_checksum(page: bytes) -> int:
    """RFC 3533, section 6: CRC-32 with polynomial 0x04c11db7, nothing reflected."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 2**31 else 0)) & 2**32 - 1
    return value
