"""Find what limits the learned decoder: give it the true magnitudes, one kind after the other.

    python experiments/sound/limits.py [SONGS]

Each row replaces predictions by what the original has. The last one is what is left to lose:
latents without any error, and phases by Griffin-Lim.
"""

import argparse
from dataclasses import replace

import torch
from torch import Tensor

from samuel_gen.codec_fitting.decoder_examples import analyse_piece
from samuel_gen.codec_fitting.pieces import render_measuring_pieces
from samuel_gen.codecs.fidelity import Fidelity
from samuel_gen.codecs.perception import measure_perception
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.spectral.decoders import LearnedDecoder
from samuel_gen.codecs.spectral.fine_grid import FINE_PER_FRAME, LogMagnitudes
from samuel_gen.codecs.spectral.grid import HIGH_PER_FRAME
from samuel_gen.codecs.spectral.network import DecoderNetwork
from samuel_gen.codecs.spectral.tables import Tables

SECONDS = 16.0
ROWS = {
    "predicted": (),
    "true fine magnitudes": ("fine",),
    "true attacks": ("envelope",),
    "true low band": ("low",),
    "all true": ("fine", "envelope", "low", "shares"),
}
SHOWN = ("cqt_low", "cqt_high", "log_spectral", "peakiness", "pre_echo", "visqol", "zimtohrli")


class _Corrected:
    """The network, with some of its outputs replaced by the truth."""

    def __init__(self, truth: dict[str, Tensor], names: tuple[str, ...]) -> None:
        self.network, self.truth, self.names = DecoderNetwork.load(), truth, names
        self.tables = self.network.tables

    def __call__(
        self, latents: Tensor, values: Tensor, sharpness: float
    ) -> tuple[LogMagnitudes, Tensor]:
        found, shares = self.network(latents, values, sharpness)
        size = latents.shape[1]
        factors = {"low": 1, "fine": FINE_PER_FRAME, "envelope": HIGH_PER_FRAME}
        true = {
            name: self.truth[name].reshape(1, size * factor, -1)
            for name, factor in factors.items()
            if name in self.names
        }
        return replace(found, **true), self.truth["shares"][
            None
        ] if "shares" in self.names else shares


def main() -> None:
    """Print the means of each row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("songs", nargs="?", type=int, default=4)
    songs = parser.parse_args().songs
    torch.set_num_threads(1)
    sums = {row: dict.fromkeys(SHOWN, 0.0) for row in ROWS}
    for _, audio in render_measuring_pieces(songs, SECONDS):
        truth = analyse_piece(audio, Tables.load())
        for row, names in ROWS.items():
            codec = SpectralCodec(decoder="learned")
            decoder = LearnedDecoder(codec.tables, codec.iterations)
            decoder.network = _Corrected(truth, names)  # type: ignore[assignment]
            codec.__dict__["_synthesis"] = decoder
            decoded = codec.decode(codec.encode(audio), audio.shape[1])
            measures = Fidelity.measure(audio, decoded, codec.sample_rate).to_dict()
            measures |= measure_perception(audio, decoded, codec.sample_rate)
            for name in SHOWN:
                sums[row][name] += measures[name] / songs
    print(f"{'':<22}" + "".join(f"{name:>14}" for name in SHOWN))
    for row, means in sums.items():
        print(f"{row:<22}" + "".join(f"{means[name]:>14.3f}" for name in SHOWN))


if __name__ == "__main__":
    main()
