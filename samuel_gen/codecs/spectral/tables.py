"""The codec's fitted numbers: which combinations of features are worth one of the 64 channels."""

import hashlib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import STEREO_BANDS
from samuel_gen.errors import SamuelError

PACKAGED = Path(__file__).with_name("tables.safetensors")


@dataclass(frozen=True)
class Tables:
    """Blocks of principal components; there is no mean, so that silence is all zeros.

    Args:
        weight: what a feature counts, before the components are looked for.
        basis: orthonormal rows, in weighted features.
        width_basis: orthonormal rows, in the bands' widths.
        lean_basis: orthonormal rows, in the bands' leans.
    """

    weight: Float[Tensor, " features"]
    basis: Float[Tensor, "components features"]
    width_basis: Float[Tensor, "width_components stereo_bands"]
    lean_basis: Float[Tensor, "lean_components stereo_bands"]

    @property
    def channels(self) -> int:
        """Numbers per latent frame."""
        return len(self.basis) + len(self.width_basis) + len(self.lean_basis)

    @property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of all the numbers."""
        sha = hashlib.sha256()
        for field in fields(self):
            values: Tensor = getattr(self, field.name)
            sha.update(f"{field.name}{tuple(values.shape)}".encode())
            sha.update(values.contiguous().numpy().astype("<f4").tobytes())
        return sha.hexdigest()[:16]

    def compress(
        self,
        values: Float[Tensor, "frames features"],
        stereo: Float[Tensor, "frames stereo_features"],
    ) -> Float[Tensor, "channels frames"]:
        """Latents: the carrier's channels, then the image's."""
        carrier = (values * self.weight) @ self.basis.T
        width = stereo[:, :STEREO_BANDS] @ self.width_basis.T
        lean = stereo[:, STEREO_BANDS:] @ self.lean_basis.T
        return torch.cat([carrier, width, lean], dim=1).T.contiguous()

    def expand(
        self, latents: Float[Tensor, "channels frames"]
    ) -> tuple[Float[Tensor, "frames features"], Float[Tensor, "frames stereo_features"]]:
        """The features that `compress` would have made these latents of, as far as they tell."""
        width_from = len(self.basis)
        lean_from = width_from + len(self.width_basis)
        width = latents[width_from:lean_from].T @ self.width_basis
        lean = latents[lean_from:].T @ self.lean_basis
        values = latents[:width_from].T @ self.basis / self.weight
        return values, torch.cat([width, lean], dim=1)

    def save(self, path: Path) -> None:
        """Write a safetensors file."""
        from safetensors.torch import save

        path.write_bytes(save({field.name: getattr(self, field.name) for field in fields(self)}))

    @classmethod
    def load(cls, path: Path = PACKAGED) -> "Tables":
        """Read what `save` wrote; the tables of the package, where no path is given.

        Raises:
            SamuelError: no such file, or it holds something else.
        """
        return _load(path)


@cache
def _load(path: Path) -> Tables:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise SamuelError(
            f"{path}: not readable ({error}); expected the spectral codec's tables; "
            "make them with python -m samuel_gen.codec_fitting.fit"
        ) from None
    expected = {field.name for field in fields(Tables)}
    if set(tensors) != expected:
        raise SamuelError(
            f"{path}: found {sorted(tensors)}; expected {sorted(expected)}; "
            "make them with python -m samuel_gen.codec_fitting.fit"
        )
    return Tables(**tensors)
