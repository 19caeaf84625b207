import math

import pytest
import torch

from samuel_gen.checkpoint.weights import count_parameters_by_part, measure_distances


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    return {"a.x": torch.tensor([3.0, 4.0]), "a.y": torch.zeros(2), "b": torch.ones(2, 3)}


def test_parameters_are_counted_by_top_level_part(tiny_network) -> None:
    counts = count_parameters_by_part(tiny_network.state_dict())
    assert set(counts) <= {name for name, _ in tiny_network.named_children()}
    for name, count in counts.items():
        part = getattr(tiny_network, name).state_dict()
        assert count == sum(value.numel() for value in part.values())


def test_equal_weights_are_identical(weights) -> None:
    found = measure_distances(weights, {name: value.clone() for name, value in weights.items()})
    assert list(found) == ["all", "a", "b"]
    assert {str(part) for part in found.values()} == {"identical"}


def test_the_distance_is_relative_to_the_first_and_of_its_part_alone(weights) -> None:
    other = weights | {"a.y": torch.tensor([0.5, 0.0])}
    found = measure_distances(weights, other)
    assert found["a"].relative == pytest.approx(0.1)
    assert found["b"].relative == 0
    assert found["all"].relative == pytest.approx(0.5 / math.sqrt(25 + 6))
    assert str(found["a"]) == "0.1 of the first's norm"


def test_the_smallest_change_is_seen(weights) -> None:
    value = torch.nextafter(weights["b"], torch.tensor(2.0))
    assert measure_distances(weights, weights | {"b": value})["b"].relative > 0


def test_what_has_no_counterpart_is_said(weights) -> None:
    found = measure_distances(
        weights, {"a.x": weights["a.x"], "b": torch.ones(3, 2), "c": torch.ones(1)}
    )
    assert str(found["a"]) == "identical (1 of 2 tensors)"
    assert "not compared" in str(found["b"]) and "not compared" in str(found["c"])
    assert (found["all"].compared, found["all"].tensors) == (1, 4)


def test_a_part_that_began_at_zero() -> None:
    zero, one = {"decode": torch.zeros(2)}, {"decode": torch.ones(2)}
    assert str(measure_distances(zero, zero)["decode"]) == "identical"
    assert (
        str(measure_distances(zero, one)["decode"]) == "the first is all zeros, the second is not"
    )
