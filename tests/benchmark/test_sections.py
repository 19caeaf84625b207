"""Each section on the smallest network there is: its rows are there and add up."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch

from samuel_gen.benchmark import learning, network, report, sampling, sound, starting
from samuel_gen.benchmark.rows import Row
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import ancestral, unipc
from samuel_gen.errors import SamuelError
from samuel_gen.models.unet import SoftAlignmentUNet

CPU = torch.device("cpu")


def test_the_limit_is_the_fastest_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "timed", lambda runs, repeats, device: {"": [0.5] * repeats})
    rows = network.ceilings(CPU, 3)
    products = 2e-9 * 2048**3 / 0.5
    assert [row.median for row in rows] == pytest.approx([products, products, 2e-9 * 2**28 / 0.5])
    assert network.limit([Row("", "", "GFLOP/s", [3.0]), Row("", "", "GFLOP/s", [7.0])]) == 7


def test_arithmetic_of_a_product() -> None:
    one, two = torch.zeros(10, 20), torch.zeros(20, 30)
    assert network.gigaflops(lambda: one @ two) == pytest.approx(2e-9 * 10 * 20 * 30)


def test_a_forward_in_each_precision(
    tiny_network: SoftAlignmentUNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    rows = network.forward(tiny_network, CPU, ceiling=100.0, repeats=2, compiled=False)
    names = ["plain", "float32", "bfloat16", "bfloat16, voice heard before"]
    assert [row.name for row in rows] == 2 * names
    for row in rows:
        arithmetic = float(row.note.split()[0])
        assert row.share == pytest.approx(arithmetic / (row.median / 1e3) / 100, rel=0.01)
    anew, before = (float(row.note.split()[0]) for row in rows[2:4])
    assert before <= anew


def test_nested_parts_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr(network, "now", lambda device: float(next(seconds)))
    clock = network._Clock(CPU)  # 0 at its beginning
    clock.begin()  # 1
    clock.begin()  # 2
    clock.end("inner")  # 3: one second
    clock.end("outer")  # 4: three seconds, one of them inner
    assert clock.done() == {"inner": 1, "outer": 2, "the rest": 2}  # 5


def test_parts_are_the_whole(tiny_network: SoftAlignmentUNet) -> None:
    rows = network.parts(tiny_network, CPU, 2)
    names = {row.name for row in rows}
    assert {"convolutions", "FiLM", "norms", "local attention", "global attention"} <= names
    assert sum(row.share or 0 for row in rows) == pytest.approx(1)
    assert not any(module._forward_hooks for module in tiny_network.modules())


def test_long_chains_are_scaled_and_say_so(
    tiny_network: SoftAlignmentUNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sampling, "timed", lambda runs, repeats, device: {name: [1.0, 1.0] for name in runs}
    )
    presets = {"two": partial(unipc, num_steps=2), "long": partial(ancestral, num_steps=800)}
    guidance = partial(Guided, scale=2.0)
    rows = sampling.samplers(tiny_network, presets, guidance, CPU, 2)
    assert {row.name: row.median for row in rows} == {"plain": 40, "two": 1, "long": 20}
    assert rows[0].note == "800 steps, timed on 20 and scaled" and rows[1].note == "2 steps"
    assert rows[1].ratio == 40


def test_chains_are_sampled(tiny_network: SoftAlignmentUNet, monkeypatch) -> None:
    """With the sampler, the guidance and the steps that are asked for."""
    monkeypatch.setattr(sampling, "PLAIN_STEPS", 1)
    rows = sampling.samplers(
        tiny_network, {"two": partial(unipc, num_steps=2)}, partial(Guided, scale=2.0), CPU, 1
    )
    assert all(row.median > 0 for row in rows)


def test_clips_per_second(monkeypatch: pytest.MonkeyPatch, tiny_config: dict) -> None:
    tiny_config.pop("_target_")
    monkeypatch.setattr(learning, "BATCHES", (2,))
    monkeypatch.setattr(
        learning, "alone", lambda steps, *given: (([0.5 if given[0] else 2.0] * 3, 0.0, 1.0), 900.0)
    )
    plain, exact = learning.training(tiny_config, CPU, ceiling=100.0, repeats=3)
    assert (plain.median, exact.median, exact.ratio) == (1, 4, 4)
    assert exact.share == pytest.approx(3 * 1.0 * 4 / 100)
    assert exact.note == "0.90 GB" and exact.section == "training, batch 2"


def test_a_step_trains(tiny_config: dict) -> None:
    tiny_config.pop("_target_")
    seconds, peak, arithmetic = learning._steps(tiny_config, 1, True, "cpu", 2)
    assert len(seconds) == 2 and min(seconds) > 0 and peak == 0 and arithmetic > 0.01


def test_crops_of_songs_rendered_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(learning, "SONG_SECONDS", 12.0)
    (row,) = learning.loading(1, told.append)
    assert row.unit == "clips/s" and row.median > 100 and told


def test_codec_both_ways() -> None:
    rows = sound.codec(1)
    assert [row.name for row in rows] == ["encode", "decode", "encode, wall", "decode, wall"]
    assert all(0 < row.median < 1 for row in rows)


@pytest.fixture
def born(tmp_path: Path, tiny_config: dict) -> Path:
    tiny_config.pop("_target_")
    sound.released(tiny_config, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_whole_accompaniments(born: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "LENGTHS", (2.0, 3.0))
    monkeypatch.setattr(sound, "UNIT", 2.0)
    monkeypatch.setattr(sound, "_WARMING", 1.5)
    monkeypatch.setattr(sound, "alone", lambda function, *given: (function(*given), 500.0))
    whole, *parts, longer = sound.accompaniments(born, CPU, 2)
    assert (whole.name, longer.name) == ("2 s", "3 s")
    assert {row.name.strip() for row in parts} == {
        "hear the tuning",
        "hear the voice",
        "denoise",
        "decode",
        "write both",
        "the rest",
    }
    for run, total in enumerate(whole.values):
        assert sum(row.values[run] for row in parts) == pytest.approx(total)
    assert "500 MB" in whole.note and "times 47.55 s" in longer.note


def test_a_voice_of_any_length() -> None:
    sung, rate = sound.voice(70.0)
    assert sung.shape == (2, 70 * rate) and sung[:, : 30 * rate].any()


def test_every_command_is_asked_for_help(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(starting, "_run", lambda command: asked.append(command[2]) or 0.5)
    rows = starting.helps(2)
    assert {"samuel_gen.cli.train", "samuel_gen.cli.generate"} <= set(asked)
    assert all(row.values == [0.5, 0.5] and row.name.endswith(" --help") for row in rows)


def test_the_first_step_comes_before_the_first_sound(born: Path) -> None:
    step, end = starting.first_sound(born, 1)
    assert 0 < step.median < end.median


ROWS = [
    Row("one", "slow", "ms", [4.0, 4.0], 1.0, note="n"),
    Row("one", "fast", "ms", [1.0, 3.0], 2.0, 0.25),
    Row("two", "clips", "clips/s", [8.0]),
]


def test_the_table_leaves_out_what_no_row_has() -> None:
    one, two = report.markdown(ROWS).strip().split("\n\n")
    assert one.splitlines() == [
        "| one | median | spread | times better | share |  |",
        "|---|---:|---:|---:|---:|---:|",
        "| slow | 4 ms | 0% | 1 |  | n |",
        "| fast | 2 ms | 25% | 2 | 25% |  |",
    ]
    assert two.splitlines()[0] == "| two | median |"


def test_an_earlier_run_is_compared_with(tmp_path: Path) -> None:
    report.save(tmp_path / "then.json", ROWS, CPU)
    assert json.loads((tmp_path / "then.json").read_text())["rows"][1]["values"] == [1.0, 3.0]
    earlier = report.load(tmp_path / "then.json")
    now = [
        Row("one", "slow", "ms", [2.0]),
        Row("one", "new", "ms", [2.0]),
        Row("two", "clips", "clips/s", [4.0]),
    ]
    lines = [line for line in report.markdown(now, earlier).splitlines() if line]
    cells = [line.split("|")[-2].strip() for line in lines]
    assert cells == [
        "against then",
        "---:",
        "2.00 times",
        "new",
        "against then",
        "---:",
        "0.50 times",
    ]


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"rows": [{"name": "x"}]}'])
def test_what_is_no_benchmark_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "then.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SamuelError, match=r"no benchmark; expected a file that samuel-bench"):
        report.load(path)
