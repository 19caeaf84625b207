"""Reading and writing sound files: one clear line for each kind of bad input."""

from collections.abc import Iterable
from pathlib import Path

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.recording import SoundFile
from samuel_gen.errors import SamuelError


def read_audio(path: str | Path) -> tuple[Float[Tensor, "channels samples"], int]:
    """The samples of a WAV, FLAC, OGG, MP3 or AIFF file and its sample rate in Hz.

    Args:
        path: any rate, any number of channels.

    Raises:
        SamuelError: no such file, a folder, not audio, no samples, cut short, or NaN or infinite
            samples.
    """
    file = SoundFile(path)
    return file.read(), file.sample_rate


def write_audio(
    path: str | Path,
    samples: Float[Tensor, "channels samples"],
    sample_rate: int,
    subtype: str = "PCM_24",
) -> None:
    """Write samples to a file whose format follows from the path's suffix.

    See `write_blocks`.

    Args:
        path: where to, for example `mix.wav` or `mix.flac`.
        samples: full scale is 1.
        sample_rate: Hz.
        subtype: libsndfile's name of the encoding; formats without it (OGG, MP3) use their own
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
    """Write a sound that comes in block by block to a file whose format its suffix names.

    The file appears whole or not at all; missing folders are made. Samples past full scale are
    clipped in integer formats.

    Args:
        path, sample_rate, subtype: see `write_audio`.
        blocks: in order; full scale is 1.
        channels: of all of them.

    Raises:
        SamuelError: as `write_audio`.
    """
    path = Path(path)
    kind = path.suffix.removeprefix(".").upper()
    if kind not in soundfile.available_formats():
        raise SamuelError(
            f"{path}: no sound format is called {path.suffix!r}; expected .wav, .flac, .ogg or "
            ".mp3; change the suffix"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    encoding = subtype if soundfile.check_format(kind, subtype) else None
    try:
        with soundfile.SoundFile(
            partial, "w", sample_rate, channels, subtype=encoding, format=kind
        ) as file:
            for block in blocks:
                if not torch.isfinite(block).all():
                    raise ValueError(f"{path}: refusing to write NaN or infinite samples")
                file.write(block.detach().cpu().numpy().T)
        partial.replace(path)
    except soundfile.SoundFileError as error:
        raise SamuelError(
            f"{path}: {kind} cannot hold {channels} channels at {sample_rate} Hz; expected a "
            "format that can; use .wav"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
