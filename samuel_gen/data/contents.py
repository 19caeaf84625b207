"""The songs and shards that `dataset.json` lists, and the names of a song's tensors."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

SHEET_TENSORS = ("chords", "beats")
"""The tensors that hold a song's lead sheet."""
CHUNK_SUFFIX = ".bin"  # of shards that litdata can stream


@dataclass(frozen=True, eq=False)
class LatentSegment:
    """Some consecutive frames of one song, as the codec gave them (not normalised).

    Attributes:
        vocal, accompaniment: latents of the two parts.
        melody: the melody track.
        activity: the share of each frame that is sung, consonants included, 0 to 1.
    """

    vocal: Float[Tensor, "channels frames"]
    accompaniment: Float[Tensor, "channels frames"]
    melody: Float[Tensor, "features frames"]
    activity: Float[Tensor, " frames"]

    @property
    def frames(self) -> int:
        """The length in latent frames."""
        return self.vocal.shape[-1]


@dataclass(frozen=True)
class LatentSong:
    """The entry of one song in `dataset.json`.

    Attributes:
        name: the song's name, unique in the data set.
        split: "train", "validation" or "test".
        index: the number that the names of its tensors start with.
        frames: the length in latent frames.
        shard: the name of the file that holds the song.
        tuning_cents: the offset of the singer from A = 440 Hz, in cents.
        offsets: the position in the file of each of its tensors, in bytes.
        sha256: checksum of its tensors, one after another as they lie in the file.
        origin: digest of everything that the encoded song depends on.
        vocal_content, accompaniment_content: digests of the audio.
        style: the name of the style; None if it is not known.
    """

    name: str
    split: str
    index: int
    frames: int
    shard: str
    tuning_cents: float
    offsets: Mapping[str, int]
    sha256: str
    origin: str
    vocal_content: str
    accompaniment_content: str
    style: str | None = None

    @property
    def has_sheet(self) -> bool:
        """True if the song has a lead sheet; songs of data sets before version 4 have none."""
        return set(SHEET_TENSORS) <= set(self.offsets)

    @property
    def versions(self) -> int:
        """The number of encoded vocals: the original and one per augmentation."""
        return sum(tensor.partition(".")[0] == "vocal" for tensor in self.offsets)


@dataclass(frozen=True)
class Shard:
    """The entry of one shard in `dataset.json`.

    Attributes:
        file: the file's name.
        bytes: the file's size.
        sha256: checksum of the file.
    """

    file: str
    bytes: int
    sha256: str


def vocal_tensor(version: int) -> str:
    """Return the name of the tensor that holds a version of the vocal; 0 is the original."""
    return f"vocal.{version}" if version else "vocal"


def tensor_name(index: int, tensor: str) -> str:
    """Return the name of a song's tensor inside a shard, such as `7/vocal`."""
    return f"{index}/{tensor}"


def digest_tensors(content: bytes, sizes: Mapping[int, int]) -> str:
    """Return the SHA-256 of a song's tensors, one after another as they lie in their shard.

    Args:
        content: the bytes of the shard.
        sizes: the size of each tensor in bytes, by its position in the shard.
    """
    digest = hashlib.sha256()
    for start in sorted(sizes):
        digest.update(content[start : start + sizes[start]])
    return digest.hexdigest()
