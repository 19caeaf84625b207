"""`DecoderNetwork`: fine magnitudes, attacks and stereo shares from latents."""

import hashlib
from functools import cache
from pathlib import Path

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.codecs.spectral.bands import STEREO_BANDS
from samuel_gen.codecs.spectral.features import FEATURES, expand_power
from samuel_gen.codecs.spectral.fine_grid import (
    ENVELOPE_BANDS,
    FINE_BINS,
    FINE_PER_FRAME,
    QUIETEST,
    LogMagnitudes,
    guess_magnitudes,
)
from samuel_gen.codecs.spectral.grid import HIGH_PER_FRAME, LOW_BINS
from samuel_gen.codecs.spectral.stereo import STEREO_FEATURES
from samuel_gen.errors import SamuelError
from samuel_gen.storage import open_tensors, write_atomically

BUNDLED_DECODER = Path(__file__).with_name("decoder.safetensors")
WIDTH = 7
"""Frames that a block sees."""
DROPOUT = 0.1
"""The share of activations that is withheld in training."""
CONTEXT = 9
"""Latent frames on either side on which a prediction depends."""

FLOATS = ("F16", "BF16", "F32")
"""The types of the weights that a file may hold."""


class _Block(nn.Module):
    """A residual block: seven frames of each channel, then a mixture of the channels.

    The frames are added up by hand: the library's convolution of single channels is many times
    slower on a CPU when it learns.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.over_time = nn.Parameter(torch.randn(WIDTH, channels) * WIDTH**-0.5)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, hidden)
        self.contract = nn.Linear(hidden, channels)

    def forward(
        self, hidden: Float[Tensor, "batch frames channels"]
    ) -> Float[Tensor, "batch frames channels"]:
        """Return the hidden states with what the block adds to them."""
        frames, around = hidden.shape[1], WIDTH // 2
        padded = nn.functional.pad(hidden, (0, 0, around, around))
        mixed = padded[:, :frames] * self.over_time[0]
        for shift in range(1, WIDTH):
            mixed = torch.addcmul(mixed, padded[:, shift : shift + frames], self.over_time[shift])
        added = self.expand(self.norm(mixed))
        active = nn.functional.gelu(added, approximate="tanh")
        active = nn.functional.dropout(active, DROPOUT, self.training)
        result: Tensor = hidden + self.contract(active)
        return result


class DecoderNetwork(nn.Module):
    """Predicts by how much fine magnitudes differ from the smooth ones of the bands.

    Chords are sums of notes. So besides a linear layer there is a dictionary: spectra of parts,
    which are added up as powers.

    Args:
        latents: numbers per latent frame.
        channels: channels of the residual blocks.
        parts: spectra in the dictionary.
        tables: the digest of the tables that make the latents; another basis would mean nothing.
    """

    def __init__(
        self, latents: int = 64, channels: int = 384, parts: int = 192, tables: str = ""
    ) -> None:
        super().__init__()
        self.tables = tables
        self.enter = nn.Linear(FEATURES + latents, channels)
        self.blocks = nn.ModuleList(_Block(channels, channels) for _ in range(3))
        self.norm = nn.LayerNorm(channels)
        self.fine = nn.Linear(channels, FINE_PER_FRAME * FINE_BINS)
        self.loudness = nn.Linear(channels, FINE_PER_FRAME * parts)
        self.parts = nn.Parameter(torch.randn(parts, FINE_BINS) - 3)
        self.low = nn.Linear(channels, LOW_BINS)
        self.envelope = nn.Linear(channels, HIGH_PER_FRAME * ENVELOPE_BANDS)
        self.stereo = nn.Linear(channels, STEREO_FEATURES)
        for layer in (self.fine, self.low, self.envelope, self.stereo):
            nn.init.normal_(layer.weight, std=0.005)
            nn.init.zeros_(layer.bias)
        nn.init.normal_(self.loudness.weight, std=0.05)

    def forward(
        self,
        latents: Float[Tensor, "batch frames latents"],
        values: Float[Tensor, "batch frames features"],
        sharpness: float = 1.0,
    ) -> tuple[LogMagnitudes, Float[Tensor, "batch frames stereo_features"]]:
        """Return magnitudes, and the shares of the stereo bands.

        Shares are widths from 0 to 1, and leans within the widths.

        Args:
            latents: the latents.
            values: the spectral features that `Tables.expand` finds in them.
            sharpness: factor of the difference between fine and smooth magnitudes, as logarithms.
                Where it is unsure, the network says less than there is.
        """
        batch, frames = latents.shape[:2]
        # Only the first and last frames of an item see those of its neighbours in the batch.
        guess = guess_magnitudes(values.flatten(0, 1))
        power = expand_power(values.clamp(min=0)).clamp(min=QUIETEST**2)
        hidden = self.enter(torch.cat([power.log() / 4 + 3, latents / 10], dim=2))
        for block in self.blocks:
            hidden = block(hidden)
        hidden = nn.functional.dropout(self.norm(hidden), DROPOUT, self.training)
        loudness = self.loudness(hidden).float().clamp(-20, 20)
        loudness = rearrange(loudness, "b t (two parts) -> b (t two) parts", two=FINE_PER_FRAME)
        parts = loudness.exp() @ self.parts.clamp(max=10).exp()
        fine = rearrange(self.fine(hidden), "b t (two bins) -> b (t two) bins", two=FINE_PER_FRAME)
        envelope = rearrange(
            self.envelope(hidden), "b t (four bands) -> b (t four) bands", four=HIGH_PER_FRAME
        )
        fine = sharpness * (fine.float() + (parts.float() + 1e-6).log() / 2)
        magnitudes = LogMagnitudes(
            guess.low.reshape(batch, frames, -1) + self.low(hidden).float(),
            guess.fine.reshape(batch, FINE_PER_FRAME * frames, -1) + fine,
            guess.envelope.reshape(batch, HIGH_PER_FRAME * frames, -1) + envelope.float(),
        )
        shares = self.stereo(hidden).float()
        width = shares[..., :STEREO_BANDS].sigmoid()
        return magnitudes, torch.cat([width, shares[..., STEREO_BANDS:].tanh() * width], dim=2)

    @property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of all the weights in half precision."""
        sha = hashlib.sha256()
        for name, values in self.state_dict().items():
            sha.update(f"{name}{tuple(values.shape)}".encode())
            sha.update(values.half().contiguous().numpy().tobytes())
        return sha.hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the weights in half precision as a safetensors file."""
        from safetensors.torch import save

        halves = {name: x.half().contiguous() for name, x in self.state_dict().items()}
        with write_atomically(path) as temporary:
            temporary.write_bytes(save(halves, {"tables": self.tables}))

    @classmethod
    def load(cls, path: Path = BUNDLED_DECODER) -> "DecoderNetwork":
        """Read a network that `save` wrote, for inference; by default that of the package.

        Raises:
            SamuelError: the file is missing, unreadable or of another network.
        """
        return _load(path)


@cache
def _load(path: Path) -> DecoderNetwork:
    from safetensors import SafetensorError

    try:
        with open_tensors(path) as file:
            network = DecoderNetwork(tables=file.metadata()["tables"])
            for name, values in network.state_dict().items():  # before anything is copied
                found = file.get_slice(name)
                if tuple(found.get_shape()) != values.shape or found.get_dtype() not in FLOATS:
                    raise TypeError(f"{name} has shape {found.get_shape()}, {found.get_dtype()}")
            weights = {name: file.get_tensor(name).float() for name in network.state_dict()}
        network.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise SamuelError(
            f"{path}: the spectral codec's decoder is not readable ({reason}); train it with "
            "python -m samuel_gen.codec_fitting.decoder, or choose codec.decoder=closed_form"
        ) from None
    return network.eval().requires_grad_(False)
