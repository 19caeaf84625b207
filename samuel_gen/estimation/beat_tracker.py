"""Beat activations of a vocal or of music, by the bundled networks."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from samuel_gen.estimation.beat_features import BEAT_FEATURES, beat_features
from samuel_gen.models.beat_network import (
    FASTEST,
    SLOWEST,
    TEMPO_CLASSES,
    BeatNetwork,
    BeatNetworks,
)

WEIGHTS = Path(__file__).with_name("beat_tracker.safetensors")
TEMPI = np.geomspace(SLOWEST, FASTEST, TEMPO_CLASSES)
"""The tempo of each class of the network in beats per minute."""


@dataclass(frozen=True, eq=False)
class BeatActivations:
    """The evidence for beats in each frame of a recording.

    Attributes:
        beats, downbeats: the probability of a beat and of a downbeat in each frame.
        frame_seconds: the length of a frame; frame k is centred at `(k + 0.5) * frame_seconds`.
        tempo: the probability of each of TEMPI over time, a column for four frames; None if it is
            not known.
        compound: the probability that the beat is divided into three.
    """

    beats: Float[np.ndarray, " frames"]
    downbeats: Float[np.ndarray, " frames"]
    frame_seconds: float
    tempo: Float[np.ndarray, "classes slow_frames"] | None = None
    compound: float = 0.0


def track_beats(
    bands: Float[np.ndarray, "frames bands"],
    frequency: Float[np.ndarray, " frames"] | None,
    frame_seconds: float,
) -> BeatActivations:
    """Return the beat activations of a recording; loudness and tone do not matter.

    Args:
        bands: the power in bands from `analyse_vocal_frames`.
        frequency: the pitch from the same function, 0 for none; None for music that is not a solo
            vocal.
        frame_seconds: the distance from one frame to the next, about 0.0116.
    """
    return run_network(_load_bundled(), bands, frequency, frame_seconds)


def run_network(
    network: BeatNetwork | BeatNetworks,
    bands: Float[np.ndarray, "frames bands"],
    frequency: Float[np.ndarray, " frames"] | None,
    frame_seconds: float,
) -> BeatActivations:
    """Return the beat activations by a network of one's own.

    Args:
        network: the network, in evaluation mode.
        bands, frequency, frame_seconds: as in `track_beats`.
    """
    if not np.any(bands):
        return BeatActivations(np.zeros(len(bands)), np.zeros(len(bands)), frame_seconds)
    features = torch.from_numpy(beat_features(bands, frequency))
    with torch.inference_mode():
        logits = network(features[None])
        beats, downbeats = logits.beats[0].sigmoid(), logits.downbeats[0].sigmoid()
        tempo = logits.tempo[0].softmax(0)
        compound = float(logits.compound.mean().sigmoid())
    return BeatActivations(
        beats.numpy().astype(np.float64),
        downbeats.numpy().astype(np.float64),
        frame_seconds,
        tempo.numpy().astype(np.float64),
        compound,
    )


def load_networks(path: Path) -> BeatNetworks:
    """Read the networks of a file that `estimation_fitting.beats` wrote."""
    from safetensors.torch import load_file

    weights = {name: each.float() for name, each in load_file(path).items()}
    count = len({name.split(".")[1] for name in weights})
    networks = BeatNetworks([BeatNetwork(BEAT_FEATURES) for _ in range(count)])
    networks.load_state_dict(weights, strict=False)  # the batch counters are not kept
    return networks.eval()


@cache
def _load_bundled() -> BeatNetworks:
    return load_networks(WEIGHTS)
