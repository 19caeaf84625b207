"""The length that the header of a sound file states, and how far it can be trusted."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

_MOST_CHUNKS = 10_000  # a file of nothing but empty chunks would be walked for minutes
_MARGIN = 2**16
# What SoX, arecord and FFmpeg write where they cannot go back to fill in the length.
_PLACEHOLDERS = (
    (0x7F000000 - _MARGIN, 2**31 + _MARGIN),
    (2**32 - _MARGIN, 2**32 + _MARGIN),
    (2**63 - _MARGIN, 2**64),
)
_STREAMINFO = b"fLaC\x00\x00\x00\x22"
_JOINED = "several recordings are joined in it; all are read"
_LEFT_OPEN = "the header does not say how long it is; the file is read to its end"


class SamplesField(NamedTuple):
    """The place where a header states the length of the samples.

    Attributes:
        at: the place of the field in the file.
        form: the field as `struct` describes it.
        stated: the number of bytes that the field states.
        start: the place of the first byte that is counted.
    """

    at: int
    form: str
    stated: int
    start: int


@dataclass(frozen=True)
class LengthCheck:
    """The faults of the length that a sound file states.

    Attributes:
        cut: the evidence that the end of the file is missing; None if nothing is missing.
        patch: a place in the file, and the bytes that should stand there.
        is_open: only decoding the whole file tells how long it is.
        notes: the oddities of the length, a line for the user.
    """

    cut: str | None = None
    patch: tuple[int, bytes] | None = None
    is_open: bool = False
    notes: tuple[str, ...] = ()


class _Chunks(NamedTuple):
    """The layout of a format of chunks; `size` includes the chunk's own head if `inclusive`."""

    start: int
    name_bytes: int
    size: str
    samples: bytes
    align: int = 1
    inclusive: bool = False


_CHUNKS = {
    b"RIFF": _Chunks(12, 4, "<I", b"data", align=2),
    b"RF64": _Chunks(12, 4, "<I", b"data", align=2),
    b"BW64": _Chunks(12, 4, "<I", b"data", align=2),
    b"RIFX": _Chunks(12, 4, ">I", b"data", align=2),
    b"FORM": _Chunks(12, 4, ">I", b"SSND", align=2),
    b"riff": _Chunks(40, 16, "<Q", b"data\xf3\xac\xd3\x11", align=8, inclusive=True),
    b"caff": _Chunks(8, 4, ">Q", b"data"),
}


def check_length(path: Path) -> LengthCheck:
    """Compare what the header says about the length with the bytes that are there.

    WAV, RF64, W64, AIFF, AU, CAF, Ogg and FLAC are looked into; others are left to their decoders.

    Args:
        path: an existing file.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        if magic == b"OggS":
            return _check_pages(file, size)
        if magic == b"fLaC":
            return _check_flac(file)
        field = _find_au_field(file) if magic == b".snd" else _find_field(file, magic)
        return LengthCheck() if field is None else _check_field(file, field, size)


def _find_au_field(file: BinaryIO) -> SamplesField | None:
    file.seek(4)
    head = file.read(8)
    if len(head) < 8:
        return None
    start, stated = struct.unpack(">II", head)
    return SamplesField(8, ">I", stated, start)


def _find_field(file: BinaryIO, magic: bytes) -> SamplesField | None:
    """Find the field that states the length of the chunk of samples."""
    form = _CHUNKS.get(magic)
    if form is None:
        return None
    long_field: SamplesField | None = None
    for name, field in _walk(file, form, form.start):
        if name[:4] == b"ds64":
            file.seek(field.start + 8)
            stated = int.from_bytes(file.read(8), "little")
            long_field = SamplesField(field.start + 8, "<Q", stated, 0)
        if name.startswith(form.samples):
            if long_field is not None and field.stated == 2**32 - 1:
                return long_field._replace(start=field.start)
            return field
    return None


def _walk(file: BinaryIO, form: _Chunks, at: int) -> Iterator[tuple[bytes, SamplesField]]:
    """Yield the names and length fields of the chunks from a place on."""
    size_bytes = struct.calcsize(form.size)
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(form.name_bytes + size_bytes)
        if len(head) < form.name_bytes + size_bytes:
            return
        name, length = head[: form.name_bytes], struct.unpack(form.size, head[form.name_bytes :])[0]
        start = at + (0 if form.inclusive else len(head))
        yield name, SamplesField(at + form.name_bytes, form.size, length, start)
        if length >= 2**62 or (form.inclusive and length < len(head)):
            return
        at = start + -(-length // form.align) * form.align


def _check_field(file: BinaryIO, field: SamplesField, size: int) -> LengthCheck:
    """Tell a file that was cut short from one whose length was never filled in."""
    present = size - field.start
    head = field.at + 8 - field.start if field.at > field.start else 0  # counted by W64 only
    if field.stated > present:
        if not _is_placeholder(field.stated):
            return LengthCheck(cut=f"{present} of {field.stated} bytes of samples")
        return _open_field(field, present)
    rest = _count_strange_bytes(file, field, size)
    if field.stated == head and rest:
        return _open_field(field, present)
    if rest > _MARGIN:
        file.seek(field.start + field.stated)
        if file.read(4) in _CHUNKS:
            note = f"{rest} bytes that follow are not read: are two files joined? convert each"
            return LengthCheck(notes=(note,))
        return _open_field(field, present)
    return LengthCheck()


def _is_placeholder(length: int) -> bool:
    return any(low <= length < high for low, high in _PLACEHOLDERS)


def _open_field(field: SamplesField, present: int) -> LengthCheck:
    most = 2 ** (8 * struct.calcsize(field.form)) - 1
    patch = struct.pack(field.form, min(present, most))
    return LengthCheck(patch=(field.at, patch), notes=(_LEFT_OPEN,))


def _count_strange_bytes(file: BinaryIO, field: SamplesField, size: int) -> int:
    """Return how many bytes follow the samples; 0 if they are chunks, as they should be."""
    file.seek(0)
    magic = file.read(4)
    form = _CHUNKS.get(magic)
    if form is None:
        return size - field.start - field.stated
    at = field.start + -(-field.stated // form.align) * form.align
    begin = at
    for name, chunk in _walk(file, form, at):
        if name[:4] in _CHUNKS or not all(32 <= letter < 127 for letter in name[:4]):
            break
        at = chunk.start + chunk.stated
        if at > size:
            break
    return max(0, size - begin) if at > size or size - at >= 8 else 0


def _check_flac(file: BinaryIO) -> LengthCheck:
    """Find a FLAC stream without a length, or a second stream behind it."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:8] == _STREAMINFO and not (data[21] & 15 or any(data[22:26])):
            return LengthCheck(is_open=True, notes=(_LEFT_OPEN,))
        if data.find(_STREAMINFO, 8) > 0:
            return LengthCheck(is_open=True, notes=(_JOINED,))
    return LengthCheck()


def _check_pages(file: BinaryIO, size: int) -> LengthCheck:
    """Look for the end mark of an Ogg stream (RFC 3533, section 6), and for a second stream."""
    at, ends, is_last = 0, 0, False
    while at < size:
        file.seek(at)
        head = file.read(27)
        if len(head) < 27 or head[:4] != b"OggS":
            break
        at += 27 + head[26] + sum(file.read(head[26]))
        is_last = bool(head[5] & 4) and at <= size
        ends += is_last
    if not is_last:
        note = "it has no end mark, as if the recorder was stopped; all that is there is read"
        return LengthCheck(is_open=True, notes=(note,))
    if ends > 1:
        return LengthCheck(is_open=True, notes=(_JOINED,))
    return LengthCheck()
