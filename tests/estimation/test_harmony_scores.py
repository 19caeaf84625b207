import numpy as np

from samuel_gen.estimation.harmony_prior import STATES
from samuel_gen.estimation.harmony_scores import score_melody_by_rules, score_music
from samuel_gen.lead_sheet.key import Key

KEYS = [Key(tonic, "major") for tonic in range(12)]


def halves_of(*pitch_classes: int) -> np.ndarray:
    return np.tile(np.eye(12)[list(pitch_classes)].mean(0), (1, 2, 1))


def test_a_transposed_melody_scores_alike_in_the_transposed_key() -> None:
    halves = halves_of(0, 4, 5)
    for score in (score_melody_by_rules, score_music):
        here, there = (score(each, KEYS).states for each in (halves, np.roll(halves, 3, axis=2)))
        np.testing.assert_allclose(np.roll(here, 3, axis=0), there)


def test_a_chord_scores_best_where_its_tones_sound() -> None:
    for score in (score_melody_by_rules, score_music):
        scores = score(halves_of(2, 5, 9), KEYS).states[0, 0]
        assert STATES[int(scores.argmax())] == (2, "m")


def test_silence_scores_all_chords_alike() -> None:
    assert not score_melody_by_rules(np.zeros((3, 2, 12)), KEYS).states.any()
