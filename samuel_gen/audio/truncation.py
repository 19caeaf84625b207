"""Detection of truncated sound files, which libsndfile reads without an error."""

import struct
from pathlib import Path
from typing import BinaryIO

_UNKNOWN = 0xFFFFFFFF  # written by programs that cannot go back and fill in the size
_LAST_PAGES = 2 * 65_307  # bytes that hold at least one whole page of Ogg


def find_truncation(path: Path) -> str | None:
    """Return the evidence that the end of a WAV, AIFF or Ogg file is missing; None if it is whole.

    Files of other formats give None: a truncated one decodes to fewer samples than its header says.

    Args:
        path: an existing file.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        if magic in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
            return _truncated_chunk(
                file, path.stat().st_size, b"data", ">" if magic == b"RIFX" else "<"
            )
        if magic == b"FORM":
            return _truncated_chunk(file, path.stat().st_size, b"SSND", ">")
        if magic == b"OggS":
            return _truncated_page(file, path.stat().st_size)
    return None


def _truncated_chunk(file: BinaryIO, size: int, wanted: bytes, order: str) -> str | None:
    """Compare the size of the chunk of samples with the bytes that the file has left for it."""
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
            present = size - at - 8
            return f"{present} of {length} bytes of samples" if length > present else None
        at += 8 + length + length % 2


def _truncated_page(file: BinaryIO, size: int) -> str | None:
    """Check that the last page is whole and marked as the last (RFC 3533, section 6)."""
    file.seek(max(0, size - _LAST_PAGES))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    segments = page[26] if len(page) > 26 else 255
    whole = len(page) >= 27 + segments + sum(page[27 : 27 + segments])
    return None if whole and page[5] & 4 else "no last page"
