"""Reading and writing sound files."""

import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.recording import SoundFile
from samuel_gen.errors import SamuelError
from samuel_gen.storage import write_atomically

log = logging.getLogger(__name__)

SOUND_SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".opus", ".oga", ".au", ".caf", ".w64"),
    *(".m4a", ".webm", ".3gp", ".aac", ".amr", ".wma"),
)
"""Suffixes, in lower case, of the files that are taken for sound when a folder is searched."""
VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv")
"""Suffixes, in lower case, of files with pictures, whose sound can be read too."""


def read_audio(path: str | Path) -> tuple[Float[Tensor, "channels samples"], int]:
    """Read a sound file into memory; what is odd about it is logged.

    Args:
        path: a WAV, FLAC, OGG, MP3, AIFF, M4A, WEBM or similar file of any rate and channels.

    Returns:
        The samples and the sample rate in Hz.

    Raises:
        SamuelError: no such file, a folder, not audio, no samples, cut short, or NaN or infinite
            samples.
    """
    file = SoundFile(path)
    for line in file.lines:
        log.warning("%s", line)
    return file.read(), file.sample_rate


def write_audio(
    path: str | Path,
    samples: Float[Tensor, "channels samples"],
    sample_rate: int,
    subtype: str = "PCM_24",
) -> None:
    """Write a sound in memory to a file; the path's suffix decides the format.

    The file appears whole or not at all, and missing folders are made. Samples past full scale are
    clipped in integer formats.

    Args:
        path: the file to write, for example `mix.wav` or `mix.flac`.
        samples: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.
        subtype: libsndfile's name of the encoding; formats that lack it (OGG, MP3) use their own
            default.

    Raises:
        SamuelError: a suffix that names no format, or a format that cannot hold such samples.
    """
    write_blocks(path, [samples], samples.shape[0], sample_rate, subtype)


def write_blocks(
    path: str | Path,
    blocks: Iterable[Float[Tensor, "channels _"]],
    channels: int,
    sample_rate: int,
    subtype: str = "PCM_24",
) -> None:
    """Write a sound that arrives in blocks to a file; the path's suffix decides the format.

    The file appears whole or not at all, and missing folders are made. Samples past full scale are
    clipped in integer formats.

    Args:
        path: the file to write, for example `mix.wav` or `mix.flac`.
        blocks: the sound, in order; full scale is 1.
        channels: the number of channels of every block.
        sample_rate: the rate of the sound in Hz.
        subtype: libsndfile's name of the encoding; formats that lack it (OGG, MP3) use their own
            default.

    Raises:
        SamuelError: a suffix that names no format, or a format that cannot hold such samples.
    """
    path = Path(path)
    kind = path.suffix.removeprefix(".").upper()
    if kind not in soundfile.available_formats():
        raise SamuelError(
            f"{path}: no sound format is called {path.suffix!r}; use .wav, .flac, .ogg or .mp3"
        )
    encoding = subtype if soundfile.check_format(kind, subtype) else None
    try:
        with (
            write_atomically(path) as temporary,
            _Sink(temporary) as sink,
            soundfile.SoundFile(
                sink, "w", sample_rate, channels, subtype=encoding, format=kind
            ) as file,
        ):
            for block in blocks:
                if not torch.isfinite(block).all():
                    raise ValueError(f"{path}: refusing to write NaN or infinite samples")
                file.write(block.detach().cpu().numpy().T)
    except soundfile.SoundFileError as error:
        raise SamuelError(
            f"{path}: {kind} cannot hold {channels} channels at {sample_rate} Hz; use .wav"
        ) from error


class _Sink(io.FileIO):
    """A file that libsndfile writes through, since it hides why a write failed.

    An exception would be lost in its callbacks, so it is kept and raised when the file is closed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self._error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write bytes; 0 if the disk refuses."""
        left = memoryview(data)
        try:
            while left:  # a disk that is nearly full takes a part
                left = left[super().write(left) :]
        except OSError as error:
            self._error = self._error or error
            return 0
        return len(data)

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        if self._error is not None:
            raise self._error
