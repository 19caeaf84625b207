"""A user's folder with one finished run and a recording, shared by the tests of the commands."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.user import Folder

SMOKE = ("experiment=smoke", "source.seconds=6.0", "data.crop_frames=32")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder with one finished smoke run and a vocal of two seconds, `my take.wav`."""
    folder = Folder(tmp_path_factory.mktemp("user"))
    folder.does("samuel-train", *SMOKE)
    time = np.arange(96_000) / 48_000
    vocal = 0.2 * np.sign(np.sin(2 * np.pi * 220 * time)) * np.minimum(1, 4 * np.sin(6 * time) ** 2)
    soundfile.write(folder.path / "my take.wav", vocal, 48_000)
    return folder


@pytest.fixture(scope="session")
def model(folder: Folder) -> Path:
    """The checkpoint of the smoke run."""
    (path,) = folder.path.glob("runs/*/model.safetensors")
    return path
