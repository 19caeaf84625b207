"""Decoding with PyAV, which brings FFmpeg's decoders: phones, browsers, videos, odd MP3s."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.error import FFmpegError

from samuel_gen.audio.decoding import (
    Block,
    DamagedSoundError,
    LongSoundError,
    UnknownSoundError,
)
from samuel_gen.audio.sound_length import LengthCheck
from samuel_gen.audio.streams import BLOCK_SAMPLES

# Formats of recordings only: others, such as playlists, make FFmpeg open further files.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,mp3,aac,flac,wav,w64,aiff,au,caf,amr,asf,avi,flv,"
    "mpegts,mpeg,ac3,eac3,wv,ape,tta,aax,dsf"
)
_KNOW_THEIR_LENGTH = ("mov", "matroska")
_FEW = 4  # damaged packets that do no harm, as between two files that were joined
_MP3_SLACK = 3  # frames by which headers and contents differ


class AvDecoder:
    """A file that FFmpeg decodes; its length is found by decoding it once.

    The first stream of sound is read. Where its rate or its channels change, they are converted to
    those of its beginning.

    Args:
        path: the file.
        notes: the oddities of the file, a line each.
        longest: the length in seconds after which decoding stops.

    Raises:
        DamagedSoundError: the file is cut short, or more than a hundredth of it is damaged.
        LongSoundError: the sound is longer than allowed.
        UnknownSoundError: FFmpeg does not know the file, or finds no sound in it.
    """

    def __init__(self, path: Path, notes: tuple[str, ...] = (), longest: float = math.inf) -> None:
        self._path = path
        self.sample_rate = self.channels = self.samples = 0
        self._packets = self._damaged = 0
        self._stated_seconds: float | None = None
        try:
            for piece in self._pieces():
                self.channels = piece.shape[0]
                self.samples += piece.shape[1]
                if self.samples > longest * self.sample_rate:
                    raise LongSoundError
        except (FFmpegError, ValueError) as error:
            raise _explain(error) from error
        if self.samples == 0:
            raise UnknownSoundError("no sound in it")
        self._require_whole()
        if self._damaged:
            notes += (f"{self._damaged} damaged pieces of it are left out",)
        self.notes = notes

    def blocks(self) -> Iterator[Block]:
        """Decode the whole file in blocks."""
        held: list[np.ndarray] = []
        length = 0
        for piece in self._pieces():
            held.append(piece.T)
            length += piece.shape[1]
            if length >= BLOCK_SAMPLES:
                yield np.concatenate(held)
                held, length = [], 0
        if held:
            yield np.concatenate(held)

    def _pieces(self) -> Iterator[np.ndarray]:
        """Decode the file in small pieces, (channels, samples)."""
        self._packets = self._damaged = 0
        convert: Any = None
        target: tuple[Any, int] | None = None
        kind = None
        with self._path.open("rb") as file, _open(file) as container:
            stream = _find_stream(container)
            self._stated_seconds = _find_stated_seconds(container, stream)
            for frame in self._frames(container, stream):
                if target is None:
                    target = frame.layout, frame.sample_rate
                    self.sample_rate = frame.sample_rate
                own = frame.format.name, frame.layout.name, frame.sample_rate
                if own != kind:
                    if convert is not None:
                        yield from _to_arrays(convert.resample(None))
                    kind = own
                    convert = av.AudioResampler("fltp", target[0], target[1])
                frame.pts = None
                yield from _to_arrays(convert.resample(frame))
            if convert is not None:
                yield from _to_arrays(convert.resample(None))

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Decode packet by packet, and count those that are damaged."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except (FFmpegError, OSError):  # the container is damaged from here on
                self._damaged += 1
                return
            if packet is None:
                return
            self._packets += 1
            try:
                frames = packet.decode()
            except FFmpegError:
                self._damaged += 1
                continue
            yield from (frame for frame in frames if frame.samples)

    def _require_whole(self) -> None:
        if self._damaged > max(_FEW, self._packets // 100):
            raise DamagedSoundError(f"{self._damaged} of {self._packets} pieces are unreadable")
        seconds, stated = self.samples / self.sample_rate, self._stated_seconds
        if stated is not None and seconds < 0.98 * stated - 0.5:
            raise DamagedSoundError(f"{seconds:.1f} of {stated:.1f} s")


def check_mp3(path: Path) -> LengthCheck:
    """Compare the length in the header of an MP3 with its frames.

    libsndfile stops where the header says, and guesses from the bit rate if there is no header.

    Args:
        path: a file that may be an MP3.
    """
    try:
        with path.open("rb") as file, _open(file) as container:
            if container.format.name != "mp3":
                return LengthCheck()
            frames = sum(packet.size > 0 for packet in container.demux(_find_stream(container)))
    except (FFmpegError, UnknownSoundError):
        return LengthCheck()
    stated = _read_stated_frames(path)
    if stated is None:
        return LengthCheck(is_open=True)
    if frames > stated + _MP3_SLACK:
        note = "more follows than its header says, as if several files were joined; all is read"
        return LengthCheck(is_open=True, notes=(note,))
    return LengthCheck()


def _read_stated_frames(path: Path) -> int | None:
    """Read the number of frames from a header by Xing or VBRI; None if there is none."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:  # four times seven bits
            file.seek(10 + sum(byte << 7 * (3 - at) for at, byte in enumerate(head[6:10])))
        else:
            file.seek(0)
        frame = file.read(4096)
    for name, flag, count in ((b"Xing", 7, 8), (b"Info", 7, 8), (b"VBRI", None, 14)):
        at = frame.find(name)
        if at >= 0 and len(frame) >= at + count + 4:
            if flag is None or frame[at + flag] & 1:
                return int.from_bytes(frame[at + count : at + count + 4], "big")
    return None


@contextmanager
def _open(file: BinaryIO) -> Iterator[Any]:
    """Open a container; only the open file is read, whatever its content names."""
    try:
        container = av.open(file, options={"format_whitelist": _FORMATS})
    except (FFmpegError, ValueError) as error:
        raise _explain(error) from error
    with container:
        yield container


def _explain(error: Exception) -> UnknownSoundError:
    return UnknownSoundError(getattr(error, "strerror", None) or str(error))


def _find_stream(container: Any) -> Any:
    stream = next(iter(container.streams.audio), None)
    if stream is None or stream.codec_context is None:
        raise UnknownSoundError("no sound in it")
    return stream


def _find_stated_seconds(container: Any, stream: Any) -> float | None:
    """Return the length in the header of a container that knows it; None for a guess."""
    if not container.format.name.startswith(_KNOW_THEIR_LENGTH):
        return None
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if len(container.streams) == 1 and container.duration is not None:
        return float(container.duration / av.time_base)
    return None


def _to_arrays(frames: Any) -> list[np.ndarray]:
    return [frame.to_ndarray() for frame in frames if frame.samples]
