import pytest
import torch

from samuel_gen.benchmark import network
from samuel_gen.models.unet import SoftAlignmentUNet

CPU = torch.device("cpu")


def test_arithmetic_of_a_product() -> None:
    one, two = torch.zeros(10, 20), torch.zeros(20, 30)
    assert network.count_gigaflops(lambda: one @ two) == pytest.approx(2e-9 * 10 * 20 * 30)


def test_forward_in_each_precision(
    tiny_network: SoftAlignmentUNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    rows = network.measure_forward(
        tiny_network, CPU, peak_gigaflops=100.0, repeats=2, compiled=False
    )
    names = ["plain", "float32", "bfloat16", "bfloat16, voice heard before"]
    assert [row.name for row in rows] == 2 * names
    for row in rows:
        gigaflops = float(row.note.split()[0])
        assert row.share == pytest.approx(gigaflops / (row.median / 1e3) / 100, rel=0.01)


def test_cached_context_saves_arithmetic(tiny_network: SoftAlignmentUNet) -> None:
    rows = network.measure_forward(
        tiny_network, CPU, peak_gigaflops=100.0, repeats=1, compiled=False
    )
    new_vocal, known_vocal = (float(row.note.split()[0]) for row in rows[2:4])
    assert known_vocal < new_vocal


def test_nested_layers_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr(network, "read_clock", lambda device: float(next(seconds)))
    timer = network._NestedTimer(CPU)  # 0 at its start
    timer.begin()  # 1
    timer.begin()  # 2
    timer.end("inner")  # 3: one second
    timer.end("outer")  # 4: three seconds, one of them inner
    assert timer.finish() == {"inner": 1, "outer": 2, "the rest": 2}  # 5


def test_parts_add_up_to_the_whole(tiny_network: SoftAlignmentUNet) -> None:
    rows = network.measure_parts(tiny_network, CPU, 2)
    names = {row.name for row in rows}
    assert {"convolutions", "FiLM", "norms", "local attention", "global attention"} <= names
    assert sum(row.share or 0 for row in rows) == pytest.approx(1)


def test_hooks_are_removed_even_after_an_error(
    tiny_network: SoftAlignmentUNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(network._NestedTimer, "finish", fail)
    with pytest.raises(RuntimeError):
        network.measure_parts(tiny_network, CPU, 1)
    for module in tiny_network.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
