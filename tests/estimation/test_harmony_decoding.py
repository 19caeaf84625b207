"""The decoder against the enumeration of all paths."""

import itertools

import numpy as np
import pytest

from samuel_gen.estimation.harmony_decoding import find_best_path, pass_messages

BEATS, STATES = 4, 3


@pytest.fixture
def model() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    transition = rng.random((STATES, STATES)) * (1 - np.eye(STATES))
    return (
        2 * rng.standard_normal((BEATS, STATES)),
        rng.random(BEATS),
        transition / transition.sum(1, keepdims=True),
        rng.dirichlet(np.ones(STATES)),
        1 + rng.random(STATES),
    )


def probabilities(model: tuple[np.ndarray, ...]) -> dict[tuple[int, ...], float]:
    """The probability of every path, from its definition."""
    score, change, transition, initial, final = model
    found = {}
    for path in itertools.product(range(STATES), repeat=BEATS):
        value = initial[path[0]] * final[path[-1]] * np.exp(score[range(BEATS), path].sum())
        for beat in range(1, BEATS):
            now, before = path[beat], path[beat - 1]
            stay = (1 - change[beat]) * (now == before)
            value *= stay + change[beat] * transition[before, now]
        found[path] = float(value)
    return found


def test_the_best_path_is_the_most_probable_of_all(model: tuple[np.ndarray, ...]) -> None:
    every = probabilities(model)
    assert tuple(find_best_path(*model)) == max(every, key=lambda path: every[path])


def test_messages_give_the_sum_over_all_paths(model: tuple[np.ndarray, ...]) -> None:
    score, change, *rest = model
    every = probabilities(model)
    total = sum(every.values())
    twice = [np.stack([each, each]) for each in (score, *rest)]
    likelihood, posterior = pass_messages(twice[0], change, *twice[1:])
    assert likelihood == pytest.approx(np.log(total))
    for beat, state in itertools.product(range(BEATS), range(STATES)):
        share = sum(value for path, value in every.items() if path[beat] == state) / total
        assert posterior[:, beat, state] == pytest.approx(share)
