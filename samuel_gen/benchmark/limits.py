"""The speed limits of the machine: matrix products and copying of memory."""

from functools import partial

import torch

from samuel_gen.benchmark.timing import Row, time_in_turn

MATRIX_SIZE = 2048
SMALL_SIZE = 256
"""The size where a large product would take long: without instructions for it, a CPU multiplies
bfloat16 hundreds of times more slowly than float32."""
_LONG = 2.0  # s


def measure_limits(device: torch.device, repeats: int) -> list[Row]:
    """Measure matrix products in each precision in GFLOP/s, and copying of memory in GB/s.

    Args:
        device: the device to measure.
        repeats: number of timed runs.
    """
    rows = []
    for dtype in (torch.float32, torch.bfloat16):
        size, runs = SMALL_SIZE, _time_products(SMALL_SIZE, dtype, device, repeats)
        if min(runs) * (MATRIX_SIZE / SMALL_SIZE) ** 3 < _LONG:
            size, runs = MATRIX_SIZE, _time_products(MATRIX_SIZE, dtype, device, repeats)
        name = f"matrix product, {str(dtype).removeprefix('torch.')}"
        rates = [2e-9 * size**3 / each for each in runs]
        rows.append(Row("limits", name, "GFLOP/s", rates))
    source = torch.zeros(2**26, device=device)
    target = torch.empty_like(source)
    runs = time_in_turn({"": partial(target.copy_, source)}, repeats, device)[""]
    gigabytes = 2e-9 * source.numel() * source.element_size()  # each byte is read and written
    rows.append(Row("limits", "memory, copied", "GB/s", [gigabytes / each for each in runs]))
    return rows


def _time_products(
    size: int, dtype: torch.dtype, device: torch.device, repeats: int
) -> list[float]:
    """Return the seconds of products of two square matrices."""
    matrix = torch.randn(size, size, device=device, dtype=dtype)
    return time_in_turn({"": partial(torch.matmul, matrix, matrix)}, repeats, device)[""]


def peak_gigaflops(limits: list[Row]) -> float:
    """Return the rate of the fastest matrix product in GFLOP/s.

    Args:
        limits: the rows of `measure_limits`.
    """
    return max(row.median for row in limits if row.unit == "GFLOP/s")
