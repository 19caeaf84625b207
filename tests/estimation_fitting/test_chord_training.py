import numpy as np
import pytest
import torch

from samuel_gen.estimation.harmony_prior import STATES
from samuel_gen.estimation_fitting.chord_songs import Melody, compose_song
from samuel_gen.estimation_fitting.chord_training import find_state, make_example, train_network
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import parse_key


@pytest.mark.parametrize(
    ("symbol", "state"),
    [
        ("G", (0, "")),
        ("D7", (7, "")),
        ("Am9", (2, "m")),
        ("Csus4", (5, "")),
        ("F#m7b5", (11, "dim")),
    ],
)
def test_colours_do_not_change_the_state(symbol: str, state: tuple[int, str]) -> None:
    assert STATES[find_state(parse_chord(symbol), parse_key("G"))] == state


def test_a_diminished_chord_without_a_state_is_the_dominant_with_its_tones() -> None:
    state = STATES[find_state(parse_chord("C#dim"), parse_key("C"))]  # the top of A7
    assert state == (9, "")
    assert find_state(None, parse_key("C")) == -1


def test_an_example_is_the_same_in_every_key() -> None:
    melody = compose_song(1, 12)
    moved = Melody(np.roll(melody.pitch_classes, 5, axis=0), melody.sheet.transpose(5))
    here, there = make_example(melody), make_example(moved)
    torch.testing.assert_close(here.features, there.features)
    assert torch.equal(here.states, there.states) and here.mode == there.mode


def test_training_learns_the_chords_of_its_examples() -> None:
    examples = [make_example(compose_song(seed, 8, errors=0)) for seed in range(2)]
    losses: list[float] = []
    network = train_network(examples, 25, 0, lambda step, loss: losses.append(loss), 4)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    right = []
    for each in examples:
        chords, _ = network(each.features[None], torch.ones(1, len(each.states)))
        right.append((chords[0, each.mode].argmax(1) == each.states).float().mean().item())
    assert np.mean(right) > 0.4


def test_a_seed_gives_one_network() -> None:
    examples = [make_example(compose_song(4, 12))]
    first, second = (train_network(examples, 2, 1, batch_size=2).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
