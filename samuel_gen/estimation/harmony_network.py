"""Scores of all chords of all keys at each beat of a melody, by the bundled chord network."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.harmony_evidence import describe_places
from samuel_gen.estimation.harmony_prior import MODES, STATES, general_tables
from samuel_gen.estimation.harmony_scores import HarmonyScores
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.sheet import LeadSheet

if TYPE_CHECKING:
    from samuel_gen.models.chord_network import ChordNetwork

WEIGHTS = Path(__file__).with_name("harmoniser.safetensors")
_SHARPNESS = 0.4  # weight of the network against the usual successors of chords
_TONALITY, _CLARITY = 0.8, 5.0  # weights, for a key, of its own logit and of clear chords in it
_PRIOR = 0.25  # share of a chord's frequency that the network's probability is freed from


@cache
def load_chord_network(path: Path = WEIGHTS) -> "ChordNetwork":
    """Load the weights of a chord network.

    Args:
        path: the file of the weights.
    """
    from safetensors.torch import load_file

    from samuel_gen.models.chord_network import ChordNetwork

    weights = {name: weight.float() for name, weight in load_file(path).items()}
    network = ChordNetwork(len(STATES), weights["norm.weight"].numel())
    network.load_state_dict(weights)
    return network.eval()


def join_features(
    halves: Float[np.ndarray, "beats 2 12"], sheet: LeadSheet
) -> Float[np.ndarray, "beats features"]:
    """Return the features of each beat that the network reads, relative to the tonic C.

    Args:
        halves: the share of each half of a beat that each pitch class is sung.
        sheet: the beats and the meter.
    """
    tones = halves.reshape(len(halves), -1)
    return np.concatenate([tones, describe_places(halves, sheet)], axis=1).astype(np.float32)


def score_melody(
    halves: Float[np.ndarray, "beats 2 12"],
    sheet: LeadSheet,
    keys: Sequence[Key],
    network: "ChordNetwork",
) -> HarmonyScores:
    """Score a melody by a chord network, which reads it relative to each tonic.

    Args:
        halves: the share of each half of a beat that each pitch class is sung.
        sheet: the beats and the meter.
        keys: the keys.
        network: the chord network.
    """
    import torch

    tonics = sorted({key.tonic for key in keys})
    views = [join_features(np.roll(halves, -tonic, axis=2), sheet) for tonic in tonics]
    features = torch.from_numpy(np.stack(views))
    with torch.inference_mode():
        chords, tonality = network(features, torch.ones(features.shape[:2]))
    modes = [MODES.index(key.mode) for key in keys]
    which = [tonics.index(key.tonic) for key in keys]
    logs = chords.log_softmax(3).double().numpy()[which, modes]
    usual = np.log(general_tables().initial)[modes]
    states = _SHARPNESS * (logs - _PRIOR * usual[:, None])
    clarity = logs.max(axis=2).mean(axis=1)
    tonality_logs = tonality.double().numpy()[which, modes]
    return HarmonyScores(states, _TONALITY * tonality_logs + _CLARITY * clarity, trust=0.0)
