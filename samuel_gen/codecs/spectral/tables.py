"""The fitted tables of the spectral codec: the bases that compress features to 64 channels."""

import hashlib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import STEREO_BANDS
from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.errors import SamuelError
from samuel_gen.storage import open_tensors, write_atomically

BUNDLED_TABLES = Path(__file__).with_name("tables.safetensors")


@dataclass(frozen=True)
class Tables:
    """Principal components of spectral features, widths and leans.

    No mean is subtracted, so that silence is all zeros.

    Args:
        weight: factor of each spectral feature before the projection.
        basis: orthonormal rows, components of the weighted spectral features.
        width_basis: orthonormal rows, components of the widths of the stereo bands.
        lean_basis: orthonormal rows, components of the leans of the stereo bands.
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
        """Return latents: the channels of the spectral features, then those of width and lean."""
        carrier = (values * self.weight) @ self.basis.T
        width = stereo[:, :STEREO_BANDS] @ self.width_basis.T
        lean = stereo[:, STEREO_BANDS:] @ self.lean_basis.T
        return torch.cat([carrier, width, lean], dim=1).T.contiguous()

    def expand(
        self, latents: Float[Tensor, "channels frames"]
    ) -> tuple[Float[Tensor, "frames features"], Float[Tensor, "frames stereo_features"]]:
        """Return the spectral and stereo features nearest to those that `compress` was given."""
        width_from = len(self.basis)
        lean_from = width_from + len(self.width_basis)
        width = latents[width_from:lean_from].T @ self.width_basis
        lean = latents[lean_from:].T @ self.lean_basis
        values = latents[:width_from].T @ self.basis / self.weight
        return values, torch.cat([width, lean], dim=1)

    def save(self, path: Path) -> None:
        """Write the tables as a safetensors file."""
        from safetensors.torch import save

        tensors = {field.name: getattr(self, field.name) for field in fields(self)}
        with write_atomically(path) as temporary:
            temporary.write_bytes(save(tensors))

    @classmethod
    def load(cls, path: Path = BUNDLED_TABLES) -> "Tables":
        """Read tables that `save` wrote; by default those of the package.

        Raises:
            SamuelError: the file is missing, unreadable or not a file of tables.
        """
        return _load(path)


@cache
def _load(path: Path) -> Tables:
    from safetensors import SafetensorError

    advice = "fit them with python -m samuel_gen.codec_fitting.fit"
    expected = {field.name for field in fields(Tables)}
    try:
        with open_tensors(path) as file:
            if set(file.keys()) != expected:
                raise SamuelError(
                    f"{path} contains {sorted(file.keys())} instead of the tables "
                    f"{sorted(expected)}; {advice}"
                )
            for name in expected:
                _check_form(name, file.get_slice(name))
            return Tables(**{name: file.get_tensor(name) for name in expected})
    except (OSError, SafetensorError, ValueError) as error:
        raise SamuelError(
            f"{path}: the spectral codec's tables are not readable ({error}); {advice}"
        ) from None


def _check_form(name: str, stored: Any) -> None:
    """Check the type and shape of a tensor in the file before it is read."""
    columns = FEATURES if name in ("weight", "basis") else STEREO_BANDS
    shape = stored.get_shape()
    is_basis = len(shape) == 2 and shape[1] == columns and 1 <= shape[0] <= columns
    fits = shape == [columns] if name == "weight" else is_basis
    if stored.get_dtype() != "F32" or not fits:
        raise ValueError(f"{name} has shape {shape} and type {stored.get_dtype()}")
