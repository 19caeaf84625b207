"""The notebook runs as a reader would run it, on a model that is small enough."""

import ast
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.corpus.song import render_song
from samuel_gen.generation.defaults import default_guidance

NOTEBOOK = Path(__file__).resolve().parents[1] / "experiments/notebooks/stages.ipynb"


def test_the_notebook_runs_from_top_to_bottom(
    make_checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = render_song(0, seconds=6.0)
    latents = SpectralCodec().encode(song.accompaniment)
    scale = LatentNormaliser(mean=latents.mean(1), scale=latents.std(1))
    make_checkpoint(scale).save(tmp_path / "model.safetensors")
    shutil.copy(NOTEBOOK, tmp_path)
    notebook = nbformat.read(tmp_path / NOTEBOOK.name, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # stored without outputs
    monkeypatch.setenv("CHECKPOINT", str(tmp_path / "model.safetensors"))
    monkeypatch.setenv("SECONDS", "6")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [
        output["data"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    text = "\n".join(data.get("text/plain", "") for data in outputs)
    assert "torch.Size([3, 64, 130])" in text
    assert sum("text/html" in data for data in outputs) == 4  # audio players
    assert any("image/png" in data for data in outputs)


def test_the_notebook_shows_the_default_guidance() -> None:
    shown = re.search(r"scale=([\d.]+), interval=(\([\d., ]+\))", NOTEBOOK.read_text("utf-8"))
    assert shown is not None
    default = default_guidance().keywords
    assert float(shown[1]) == default["scale"]
    assert ast.literal_eval(shown[2]) == tuple(default["interval"])
