import pytest
import torch

from samuel_gen.benchmark import limits
from samuel_gen.benchmark.timing import Row

CPU = torch.device("cpu")


@pytest.mark.parametrize(("seconds", "size"), [(0.003, 2048), (0.5, 256)])
def test_rates_are_arithmetic_and_bytes_over_time(
    monkeypatch: pytest.MonkeyPatch, seconds: float, size: int
) -> None:
    """Where products are slow, small ones are enough."""
    monkeypatch.setattr(limits, "time_in_turn", lambda runs, repeats, _: {"": [seconds] * repeats})
    rows = limits.measure_limits(CPU, 3)
    product = 2e-9 * size**3 / seconds
    rates = [row.median for row in rows]
    assert rates == pytest.approx([product, product, 2e-9 * 2**28 / seconds])


def test_peak_is_the_fastest_product() -> None:
    rows = [Row("", "", unit, [value]) for unit, value in [("GFLOP/s", 3.0), ("GFLOP/s", 7.0)]]
    assert limits.peak_gigaflops([*rows, Row("", "", "GB/s", [100.0])]) == 7
