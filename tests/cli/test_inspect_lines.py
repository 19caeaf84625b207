"""The descriptions of data sets and checkpoints."""

from dataclasses import dataclass
from pathlib import Path

import torch

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.cli.inspect_lines import describe_checkpoint, describe_dataset
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.sources.song import Stems


@dataclass(frozen=True)
class ShortSong:
    """Two seconds of noise for each stem."""

    name: str
    split: str

    def state(self) -> str:
        return ""

    def load(self) -> Stems:
        generator = torch.Generator().manual_seed(int(self.name))
        stems = 0.1 * torch.randn(2, 2, 88_200, generator=generator)
        return Stems(*(MemoryRecording(stem, 44_100) for stem in stems))


class ShortSource:
    def songs(self) -> list[ShortSong]:
        """Two training and two test songs."""
        return [ShortSong(f"{n}", ["train", "test"][n % 2]) for n in range(4)]


def split_rows(lines: list[str]) -> dict[str, str]:
    """The text of each row by its name; continued lines are left out."""
    return {line[:20].strip(): line[20:] for line in lines[:-1] if line[:20].strip()}


def test_a_data_set_is_described_by_songs_splits_and_codec(tmp_path: Path, framed_codec) -> None:
    encode_dataset(ShortSource(), framed_codec, tmp_path / "set", workers=1, progress=False)
    *_, last = lines = describe_dataset(tmp_path / "set")
    rows = split_rows(lines)
    assert rows["songs"].startswith("4, 0.00 h, ") and last.endswith(str(tmp_path / "set"))
    counts = [rows[split].split(",")[0] for split in ("train", "validation", "test")]
    assert counts == ["2", "0", "2"]
    assert rows["codec"] == ("framed, 64 channels per frame of 2048 samples at 44100 Hz, weights 0")


def test_a_checkpoint_is_described_by_parameters_and_provenance(
    tmp_path: Path, make_checkpoint
) -> None:
    path = tmp_path / "model.safetensors"
    data = {"songs": 7, "hours": 1.5}
    make_checkpoint(epoch=3, step=40, data=data, metrics={"val/mse": 0.5}).save(path)
    rows = split_rows(describe_checkpoint(path))
    assert rows["trained on"] == "7 songs, 1.5 h" and rows["metrics"] == "val/mse 0.5"
    assert "epoch 3" in rows["weights"] and rows["training run"] == "not recorded"
    assert rows["schedule"] == "cosine()"


def test_long_rows_are_wrapped_and_indented(tmp_path: Path, make_checkpoint) -> None:
    path = tmp_path / "model.safetensors"
    make_checkpoint().save(path)
    *lines, _ = describe_checkpoint(path)
    assert all(len(line) <= 100 for line in lines)
    (start,) = (at for at, line in enumerate(lines) if line.startswith("model "))
    assert lines[start + 1].startswith(" " * 20) and "bottleneck_heads=4" in "".join(lines)
