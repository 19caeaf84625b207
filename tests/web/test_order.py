"""Orders of the page: each value in its range, and what is left out has a default."""

from typing import Any

import pytest
from starlette.exceptions import HTTPException

from samuel_gen.generation.defaults import read_settings
from samuel_gen.web.order import SAMPLERS, Order, draw_seed, read_order


def test_an_empty_order_is_one_result_with_a_seed_of_its_own() -> None:
    order = read_order({})
    assert order == Order(order.seeds)
    assert len(order.seeds) == 1
    assert len({draw_seed() for _ in range(20)}) > 1


def test_several_results_have_neighbouring_seeds_as_in_the_command() -> None:
    body = {"results": 3, "seed": 5, "candidates": 2, "sampler": "fast"}
    assert read_order(body) == Order(range(5, 8), 2, "fast")


def test_a_range_has_one_seed() -> None:
    body = {"range": [1, 2.5], "of": 4, "seed": 9}
    assert read_order(body) == Order([9], of=4, segment=(1.0, 2.5))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"results": 9}, "1 to 8"),
        ({"seed": -1}, "seed"),
        ({"range": [1, 2]}, "belong together"),
        ({"of": 1}, "belong together"),
        ({"range": [1], "of": 1}, "two times"),
        ({"range": [1, float("inf")], "of": 1}, "two times"),
        ({"sampler": "../paper"}, "fast, default, quality"),
        ({"sampler": []}, "fast, default, quality"),
        ({"vocal": "/etc/passwd"}, "unknown"),
    ],
)
def test_other_orders_are_refused_in_one_line(body: dict[str, Any], line: str) -> None:
    with pytest.raises(HTTPException, match=line) as caught:
        read_order(body)
    assert caught.value.status_code == 400


def test_the_samplers_go_from_quick_to_thorough() -> None:
    steps = [read_settings(name)["sampler"]["num_steps"] for name in SAMPLERS]
    assert steps == sorted(set(steps))
