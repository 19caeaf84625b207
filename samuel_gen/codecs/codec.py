"""What the rest of the house may ask of a codec, and how two codecs are told apart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from samuel_gen.errors import SamuelError


@dataclass(frozen=True)
class CodecIdentity:
    """The name tag that latents and checkpoints carry: only the codec that made them can read them.

    Args:
        name: the kind of codec, such as `spectral`.
        weights_hash: a digest of whatever the codec learned or was fitted to.
        sample_rate: of the audio on its outer side, in Hz.
        hop_length: samples of audio per latent frame.
        channels: numbers per latent frame.
    """

    name: str
    weights_hash: str
    sample_rate: int
    hop_length: int
    channels: int

    def to_dict(self) -> dict[str, str | int]:
        """The identity as plain values, for JSON and for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CodecIdentity":
        """The identity that `to_dict` wrote.

        Raises:
            SamuelError: a key is missing or unknown, or a value has the wrong type.
        """
        expected = {field.name: field.type for field in fields(cls)}
        if set(values) != set(expected):
            raise SamuelError(
                f"codec identity: found the keys {sorted(values)}; expected {sorted(expected)}; "
                "was the file written by another version?"
            )
        for name, kind in expected.items():
            if type(values[name]) is not kind:
                raise SamuelError(
                    f"codec identity: found {name}={values[name]!r}; expected {kind}; "
                    "was the file written by another version?"
                )
        return cls(**values)

    def difference(self, other: "CodecIdentity") -> str | None:
        """Both names and what differs from `other`, for a user, or None where nothing does."""
        ours, theirs = self.to_dict(), other.to_dict()
        unlike = [key for key in ours if ours[key] != theirs[key]]
        told = unlike if "name" in unlike or not unlike else ["name", *unlike]
        return ", ".join(f"{key} {ours[key]} / {theirs[key]}" for key in told) or None


@runtime_checkable
class LatentCodec(Protocol):
    """Stereo audio to a short sequence of numbers and back.

    Latent frame `k` describes the samples from `k * hop_length` on; `samples` samples make
    `ceil(samples / hop_length)` frames.
    """

    @property
    def sample_rate(self) -> int:
        """Of the audio that it takes and gives, in Hz."""

    @property
    def hop_length(self) -> int:
        """Samples of audio per latent frame."""

    @property
    def channels(self) -> int:
        """Numbers per latent frame."""

    @property
    def context_frames(self) -> int:
        """How far a frame hears: it depends on no audio more than that many hops before or after.

        Nor does the audio of a frame depend on latents further away, unless a decoder works in
        rounds, as the spectral codec's does: there it speaks of encoding only.
        """

    @property
    def identity(self) -> CodecIdentity:
        """Which codec this is, down to its weights."""

    def encode(self, audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "channels frames"]:
        """The latents of stereo audio."""

    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int | None = None
    ) -> Float[Tensor, "2 samples"]:
        """Stereo audio of `num_samples` samples (all that the frames hold, where None)."""
