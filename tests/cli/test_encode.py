"""`samuel-encode` as a user types it."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.shards import LatentDataset
from tests.cli.user import Folder


def test_encoding_stems_and_training_on_them(folder: Folder) -> None:
    rng = np.random.default_rng(0)
    for song in ("one", "two", "three é", "broken"):
        stems = folder.path / "stems" / song
        stems.mkdir(parents=True)
        soundfile.write(stems / "vocals.flac", 0.1 * rng.standard_normal((66_150, 1)), 22_050)
        length = 10_000 if song == "broken" else 96_000
        soundfile.write(stems / "bass.wav", 0.1 * rng.standard_normal((length * 3 // 2, 2)), 48_000)
        soundfile.write(stems / "drums.ogg", 0.1 * rng.standard_normal((length * 3 // 2,)), 48_000)
    command = ("samuel-encode", "source=stems_folder", "source.root=stems", "output=latents")
    said = folder.does(*command)
    assert "3 songs" in said and "1 left out" in said
    assert "broken" in (folder.path / "latents" / "skipped.csv").read_text()
    assert "overwrite" in folder.refuses(*command)
    small = ("model=tiny", "trainer=cpu", "trainer.max_epochs=1", "data.crop_frames=16")
    data = ("data=latents", "data.root=latents", "logger=none", "hydra.run.dir=on_stems")
    folder.does("samuel-train", *small, *data, "sampler.num_steps=2")
    assert (folder.path / "on_stems" / "model.safetensors").exists()

    dataset = LatentDataset.open(folder.path / "latents")
    ours = SpectralCodec().identity.weights_hash
    other = replace(dataset.codec_identity, weights_hash="0" * len(ours))
    replace(dataset, codec_identity=other).save()
    assert f"{'0' * len(ours)} / {ours}" in folder.refuses("samuel-train", *small, *data)


def test_a_missing_soundfont_is_said_in_the_terminal(folder: Folder) -> None:
    songs = ("source.songs=1", "source.seconds=4.0", "source.soundfonts=Gone", "workers=1")
    done = folder.run("samuel-encode", *songs, "output=fontless")
    assert done.returncode == 0, done.stderr
    assert "soundfont Gone is not installed" in done.stderr
    assert "TimGM6mb plays all songs" in done.stderr


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("samuel-encode", "output is missing: add output="),
        ("samuel-encode output=x source=stems_folder", "source.root is missing: add source.root="),
        ("samuel-encode output=x source=stems_folder source.root=nowhere", "nowhere"),
    ],
)
def test_bad_input_gets_one_clear_line(folder: Folder, command: str, reason: str) -> None:
    assert reason in folder.refuses(*command.split())
