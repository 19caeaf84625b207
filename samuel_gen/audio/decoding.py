"""Decoders of sound files: libsndfile first, and PyAV for what it cannot read to the end."""

import io
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import soundfile
from jaxtyping import Float

from samuel_gen.audio.sound_length import LengthCheck, check_length
from samuel_gen.audio.streams import BLOCK_SAMPLES

_MP3_FRAME = 1152  # encoders disagree on whether the frame of the header counts
_LONGEST = 2**48  # libsndfile returns the largest integer for a header that leaves the length open
_RATES = 1_000, 1_000_000  # Hz; resampling from others would take forever
_MOST_CHANNELS = 64

Block = Float[np.ndarray, "samples channels"]


class DamagedSoundError(Exception):
    """A sound file that is damaged or cut short; the message is the evidence."""


class LongSoundError(Exception):
    """A sound file that is longer than allowed."""


class UnknownSoundError(Exception):
    """A file that no decoder can use; the message is the reason."""


@runtime_checkable
class Decoder(Protocol):
    """A sound file that can be decoded any number of times.

    Attributes:
        sample_rate: the sample rate in Hz.
        samples: the length in samples.
        notes: the oddities of the file, a line each.
    """

    sample_rate: int
    samples: int
    notes: tuple[str, ...]

    def blocks(self) -> Iterator[Block]:
        """Decode the whole file in blocks.

        Raises:
            DamagedSoundError: the file cannot be decoded to its end.
            OSError: the file cannot be read.
        """


def open_decoder(path: Path, longest: float = math.inf) -> Decoder:
    """Open a sound file with the first decoder that can read all of it.

    Args:
        path: an existing file with at least one byte.
        longest: the length in seconds after which decoding stops.

    Raises:
        DamagedSoundError: the end of the file is missing.
        LongSoundError: the sound is longer than allowed.
        UnknownSoundError: no decoder knows the file, or it holds no usable sound.
        OSError: the file cannot be read.
    """
    check = check_length(path)
    if check.cut:
        raise DamagedSoundError(check.cut)
    if _is_mp3(path):
        from samuel_gen.audio.av_decoding import check_mp3

        check = check_mp3(path)
    refusal: UnknownSoundError | None = None
    if not check.is_open:
        try:
            known = SndfileDecoder(path, check)
            if known.samples > longest * known.sample_rate:
                raise LongSoundError
            return known
        except UnknownSoundError as error:
            refusal = error
    from samuel_gen.audio.av_decoding import AvDecoder

    try:
        decoder = AvDecoder(path, check.notes, longest)
        require_usable(decoder.sample_rate, decoder.channels)
        return decoder
    except UnknownSoundError as error:
        raise (refusal or error) from None


def require_usable(sample_rate: int, channels: int) -> None:
    """Refuse a rate or a number of channels that no recording has.

    Raises:
        UnknownSoundError: one of them is out of its range.
    """
    if not _RATES[0] <= sample_rate <= _RATES[1]:
        raise UnknownSoundError(f"its header says {sample_rate} Hz")
    if channels > _MOST_CHANNELS:
        raise UnknownSoundError(f"its header says {channels} channels")


class SndfileDecoder:
    """A file that libsndfile decodes: WAV, FLAC, OGG, MP3, AIFF and their relatives.

    Args:
        path: the file.
        check: the faults of its length.

    Raises:
        UnknownSoundError: libsndfile does not know the file.
    """

    def __init__(self, path: Path, check: LengthCheck) -> None:
        self._path, self._patch = path, check.patch
        self.notes = check.notes
        with self._open() as file:
            require_usable(int(file.samplerate), int(file.channels))
            self.sample_rate, self.samples = int(file.samplerate), int(file.frames)
            self._slack = _MP3_FRAME if file.format == "MP3" else 0
        if self.samples > _LONGEST:
            raise UnknownSoundError("its header does not say how long it is")

    def blocks(self) -> Iterator[Block]:
        """Decode the whole file in blocks."""
        read = 0
        with self._open() as file:
            while read < self.samples:
                try:
                    block = file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                except soundfile.SoundFileError as error:
                    raise DamagedSoundError(f"unreadable after {read} samples") from error
                if not len(block):
                    break
                read += len(block)
                yield block
        if read < self.samples - self._slack:
            raise DamagedSoundError(f"{read} of {self.samples} samples")

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            if self._patch is None:
                opened = soundfile.SoundFile(os.fsencode(self._path))
            else:
                opened = soundfile.SoundFile(_PatchedFile(self._path, *self._patch))
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw
            reason = getattr(error, "error_string", str(error)).rstrip(".")
            raise UnknownSoundError(reason) from error
        with opened as file:
            yield file


class _PatchedFile(io.RawIOBase):
    """A file that is read as if other bytes stood at one place.

    Args:
        path: the file, which stays as it is.
        at: the place of the first byte to replace.
        patch: the bytes to read there.
    """

    def __init__(self, path: Path, at: int, patch: bytes) -> None:
        self._file = path.open("rb")
        self._at, self._patch = at, patch

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into a buffer, the patch in its place."""
        start = self._file.tell()
        data = bytearray(self._file.read(len(buffer)))
        first, last = max(start, self._at), min(start + len(data), self._at + len(self._patch))
        if first < last:
            data[first - start : last - start] = self._patch[first - self._at : last - self._at]
        buffer[: len(data)] = bytes(data)
        return len(data)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file."""
        return self._file.seek(place, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def _is_mp3(path: Path) -> bool:
    """Tell by the first bytes whether a file may be an MP3."""
    with path.open("rb") as file:
        head = file.read(3)
    is_frame = len(head) == 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2  # layer III
    return head == b"ID3" or is_frame
