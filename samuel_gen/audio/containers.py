"""Whether a sound file is as long as it says: libsndfile plays what there is and keeps quiet."""

import struct
from pathlib import Path
from typing import BinaryIO

_UNKNOWN = 0xFFFFFFFF  # what programs write that could not go back and fill in the size
_LAST_PAGES = 2 * 65_307  # bytes that hold at least one whole page of Ogg


def lost_end(path: Path) -> str | None:
    """What shows that the end of a WAV, AIFF or Ogg file is missing; None where nothing does.

    Other formats tell by how many samples they decode to.

    Args:
        path: a file that can be opened.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        if magic in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
            return _lost_chunk(file, path.stat().st_size, b"data", ">" if magic == b"RIFX" else "<")
        if magic == b"FORM":
            return _lost_chunk(file, path.stat().st_size, b"SSND", ">")
        if magic == b"OggS":
            return _lost_page(file, path.stat().st_size)
    return None


def _lost_chunk(file: BinaryIO, size: int, wanted: bytes, order: str) -> str | None:
    """Compare the size of the samples' chunk with the room that the file has for it."""
    long_size = None
    at = 12
    while True:
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            return None
        name, length = header[:4], int(struct.unpack(f"{order}I", header[4:])[0])
        if name == b"ds64":
            long_size = int(struct.unpack("<Q", file.read(24)[8:16].ljust(8, b"\0"))[0])
        if name == wanted:
            if length == _UNKNOWN:
                length = long_size or 0
            there = size - at - 8
            return f"{there} of {length} bytes of samples" if length > there else None
        at += 8 + length + length % 2


def _lost_page(file: BinaryIO, size: int) -> str | None:
    """See that the last page is whole and says that it is the last (RFC 3533, section 6)."""
    file.seek(max(0, size - _LAST_PAGES))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    segments = page[26] if len(page) > 26 else 255
    whole = len(page) >= 27 + segments + sum(page[27 : 27 + segments])
    return None if whole and page[5] & 4 else "no last page"
