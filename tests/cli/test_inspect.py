"""`samuel-inspect` on checkpoints and recordings, and its errors."""

import re
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.cli.inspect import main


@pytest.fixture
def inspect(monkeypatch, capsys, tmp_path) -> Callable[..., tuple[int, str, str]]:
    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["samuel-inspect", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def checkpoint(make_checkpoint) -> Checkpoint:
    return make_checkpoint(samuel_gen="0.1.0", epoch=3, step=40, metrics={"val/mse": 0.5})


def test_a_checkpoint_is_described_with_its_parts_and_training(
    inspect, checkpoint, tiny_network, tmp_path
):
    checkpoint.save(tmp_path / "a.safetensors")
    code, out, _ = inspect("a.safetensors")
    rows = dict(line.split(None, 1) for line in out.splitlines() if line[0] != " ")
    parts = dict(re.findall(r"^  (\w+) +([\d,]+)$", out, re.MULTILINE))
    numbers = {name: int(count.replace(",", "")) for name, count in parts.items()}
    sizes: dict[str, int] = {}
    for name, value in tiny_network.state_dict().items():
        part = name.partition(".")[0]
        sizes[part] = sizes.get(part, 0) + value.numel()
    assert code == 0 and numbers == sizes
    assert rows["parameters"] == f"{sum(sizes.values()):,}"
    assert rows["schedule"] == "cosine()" and "val/mse 0.5" in rows["metrics"]
    assert "epoch 3" in rows["weights"] and "not recorded" in out  # the training run


def test_the_default_is_the_bundled_checkpoint(inspect):
    code, out, _ = inspect()
    assert code == 0 and str(BUNDLED) in out and re.search(r"trained on +\d+ songs, [\d.]+ h", out)


def test_a_comparison_lists_every_change_between_checkpoints(inspect, checkpoint, tmp_path):
    checkpoint.save(tmp_path / "a.safetensors")
    code, out, _ = inspect("a.safetensors", "a.safetensors")
    assert code == 0 and "config" in out and "of the first's norm" not in out

    weights = dict(checkpoint.weights)
    part = next(iter(weights)).partition(".")[0]
    for name in [name for name in weights if name.startswith(f"{part}.")]:
        weights[name] = 1.5 * weights[name]
    lost = list(weights)[-1]
    del weights[lost]
    model = {**checkpoint.config["model"], "window_size": 99}
    changed = {"weights": weights, "config": {**checkpoint.config, "model": model}}
    Checkpoint(**{**vars(checkpoint), **changed}).save(tmp_path / "b.safetensors")
    _, out, _ = inspect("a.safetensors", "b.safetensors")
    (row,) = (line for line in out.splitlines() if line.strip().startswith(f"{part} "))
    assert "0.5 of the first's norm" in row
    assert any("model.window_size" in line and "/ 99" in line for line in out.splitlines())
    assert any("only first" in line and lost in line for line in out.splitlines())


def test_two_recordings_are_compared(inspect, tmp_path):
    generator = np.random.default_rng(0)
    time = np.arange(2 * 44_100) / 44_100
    sound = 0.2 * np.sin(2 * np.pi * 330 * time) + 0.02 * generator.standard_normal(time.size)
    soundfile.write(tmp_path / "a.wav", sound, 44_100, subtype="FLOAT")
    delayed = np.concatenate([np.zeros(441), sound])[: sound.size] / 2
    soundfile.write(tmp_path / "b.wav", delayed, 44_100, subtype="FLOAT")
    code, out, _ = inspect("--audio", "a.wav", "b.wav")
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0
    assert "+1.0000" in rows["samples"] and "10.00 ms later" in rows["samples"]
    assert float(rows["loudness"].split()[1]) == pytest.approx(-6.02, abs=0.15)
    assert float(rows["chroma"].split()[1]) > 0.99

    soundfile.write(tmp_path / "silent.wav", 0 * sound, 44_100)
    _, out, _ = inspect("--audio", "a.wav", "silent.wav")
    assert out.count("silence: nothing to compare") == 4 and "nan" not in out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["text.wav"], "neither a folder nor a .safetensors file"),
        (["a.safetensors"], "not a whole safetensors file"),
        (["a.safetensors"] * 3, "cannot compare 3 checkpoints"),
        (["set", "a.safetensors"], "set is a data set; inspect it alone"),
        (["--verify", "a.safetensors"], "a.safetensors is a checkpoint; leave --verify out"),
        (["--audio", "text.wav"], "takes two recordings, not 1"),
        (["--audio", "text.wav", "text.wav"], "not audio"),
        (["--audio", "--verify", "text.wav", "text.wav"], "exclude each other"),
        (["set"], "no dataset.json"),
    ],
)
def test_a_wrong_argument_is_an_error_of_one_line(inspect, tmp_path, words, reason):
    for name in ("text.wav", "a.safetensors"):
        (tmp_path / name).write_text("la la la la la la")
    (tmp_path / "set").mkdir()
    code, _, err = inspect(*words)
    assert code == 2 and reason in err and err.count("\n") == 1


def test_a_closed_pipe_is_no_error(checkpoint, tmp_path):
    """As in `samuel-inspect a.safetensors | head -1`."""
    checkpoint.save(tmp_path / "a.safetensors")
    command = [sys.executable, "-m", "samuel_gen.cli.inspect", str(tmp_path / "a.safetensors")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait() == 1


def test_the_codec_is_measured_with_both_decoders(inspect, tmp_path, monkeypatch):
    from samuel_gen.codecs import perception

    monkeypatch.setattr(perception, "find_spec", lambda name: None)
    noise = 0.1 * np.random.default_rng(0).standard_normal((60_000, 2))
    soundfile.write(tmp_path / "noise.wav", noise, 44_100)
    code, out, _ = inspect("--codec", "--songs", "0", "noise.wav")
    assert code == 0 and "noise (1)" in out
    assert all(word in out for word in ("closed_form", "learned", "peakiness", "pre_echo"))


def test_a_codec_needs_something_to_measure(inspect):
    code, _, err = inspect("--codec", "--songs", "0")
    assert code == 2 and "nothing to measure" in err
