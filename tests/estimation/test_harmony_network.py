import numpy as np
import torch

from samuel_gen.estimation.harmony_network import load_chord_network, score_melody
from samuel_gen.estimation.harmony_prior import STATES
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

SHEET = LeadSheet(steady_beats(100, 0, 19))
KEYS = [Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12)]


def melody(seed: int = 0) -> np.ndarray:
    """A random melody in C major."""
    rng = np.random.default_rng(seed)
    return np.eye(12)[rng.choice([0, 2, 4, 5, 7, 9, 11], (len(SHEET.beats), 2))]


def test_a_transposed_melody_scores_alike_in_the_transposed_key() -> None:
    network = load_chord_network()
    here = score_melody(melody(), SHEET, KEYS[:12], network)
    there = score_melody(np.roll(melody(), 5, axis=2), SHEET, KEYS[:12], network)
    np.testing.assert_allclose(np.roll(here.states, 5, axis=0), there.states, atol=1e-4)
    np.testing.assert_allclose(np.roll(here.keys, 5), there.keys, atol=1e-4)


def test_major_and_minor_of_one_tonic_differ() -> None:
    scores = score_melody(melody(), SHEET, [KEYS[0], KEYS[12]], load_chord_network())
    assert scores.states.shape == (2, len(SHEET.beats), len(STATES))
    assert not np.allclose(scores.states[0], scores.states[1])


def test_the_bundled_network_prefers_keys_with_the_tones_that_are_sung() -> None:
    ranking = np.argsort(-score_melody(melody(), SHEET, KEYS, load_chord_network()).keys)
    likely = [KEYS[number] for number in ranking[:3]]
    assert Key(0, "major") in likely or Key(9, "minor") in likely


def test_the_network_is_in_evaluation_mode_and_repeats_itself() -> None:
    network = load_chord_network()
    first, second = (score_melody(melody(), SHEET, KEYS[:1], network) for _ in range(2))
    assert not network.training and np.array_equal(first.states, second.states)
    assert sum(weight.numel() for weight in network.parameters()) * 2 < 500_000
    assert torch.is_grad_enabled()
