"""The interface of a codec, and the identity that tells two codecs apart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from samuel_gen.errors import SamuelError


@dataclass(frozen=True)
class CodecIdentity:
    """The identity of a codec, stored with latents and checkpoints.

    Latents can be decoded only by a codec of the same identity.

    Args:
        name: the kind of codec, such as `spectral`.
        weights_hash: a digest of the codec's learned or fitted numbers.
        sample_rate: the rate of the audio that it encodes and decodes, in Hz.
        hop_length: samples of audio per latent frame.
        channels: numbers per latent frame.
    """

    name: str
    weights_hash: str
    sample_rate: int
    hop_length: int
    channels: int

    def to_dict(self) -> dict[str, str | int]:
        """Return the fields by name, for JSON and for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CodecIdentity":
        """Return the identity whose `to_dict` gave these values.

        Raises:
            SamuelError: a key is missing or unknown, or a value has the wrong type.
        """
        expected = {field.name: field.type for field in fields(cls)}
        if set(values) != set(expected):
            raise SamuelError(
                f"codec identity: found the keys {sorted(values)} instead of {sorted(expected)}; "
                "was the file written by another version?"
            )
        for name, kind in expected.items():
            if type(values[name]) is not kind:
                raise SamuelError(
                    f"codec identity: {name}={values[name]!r} has the wrong type; "
                    "was the file written by another version?"
                )
        return cls(**values)

    def difference(self, other: "CodecIdentity") -> str | None:
        """Return the fields that differ as "field ours / theirs", or None for equal identities.

        The text begins with both names even when these are equal.
        """
        ours, theirs = self.to_dict(), other.to_dict()
        differing = [key for key in ours if ours[key] != theirs[key]]
        if differing and "name" not in differing:
            differing.insert(0, "name")
        return ", ".join(f"{key} {ours[key]} / {theirs[key]}" for key in differing) or None


@runtime_checkable
class LatentCodec(Protocol):
    """The pair of functions from stereo audio to latents and back.

    Latent frame `k` describes the samples from `k * hop_length` on; `samples` samples make
    `ceil(samples / hop_length)` frames.
    """

    @property
    def sample_rate(self) -> int:
        """The rate of the audio that is encoded and decoded, in Hz."""

    @property
    def hop_length(self) -> int:
        """Samples of audio per latent frame."""

    @property
    def channels(self) -> int:
        """Numbers per latent frame."""

    @property
    def context_frames(self) -> int:
        """The number of neighbouring frames on either side that a frame can depend on.

        A latent frame depends on no audio further away. The decoded audio of a frame depends on no
        latents further away either, except with an iterative decoder, such as the spectral codec's.
        """

    @property
    def identity(self) -> CodecIdentity:
        """The identity of this codec, weights included."""

    def encode(self, audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "channels frames"]:
        """Return the latents of stereo audio."""

    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int | None = None
    ) -> Float[Tensor, "2 samples"]:
        """Return stereo audio of `num_samples` samples (None: as many as the frames hold)."""
