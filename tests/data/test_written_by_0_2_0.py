"""A data set of version 2, as samuel_gen 0.2.0 wrote it, can be read, verified and extended."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samuel_gen.audio.augmentation import Equalisation, LevelDrift, Noise
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.contents import digest_tensors
from samuel_gen.data.description import FORMAT_VERSION, read_description
from samuel_gen.data.encode.dataset import EncodeSummary, encode_dataset
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.stems_folder import StemsFolderSource
from samuel_gen.data.verification import find_damage
from samuel_gen.errors import SamuelError

RATE = 44_100
AUGMENTATIONS = [LevelDrift(6.0), Equalisation(6.0), Noise(30.0)]
NAMED = [
    {"name": "level", "version": 1, "decibels": 6.0},
    {"name": "equalisation", "version": 1, "decibels": 6.0},
    {"name": "noise", "version": 1, "decibels": 30.0},
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the data set, which holds songs 0 to 3."""
    return Path(shutil.copytree(Path(__file__).parent / "written_by_0.2.0", tmp_path / "set"))


@pytest.fixture
def stems(tmp_path: Path) -> Path:
    """The stems that the data set was made from, and those of a further song."""
    time = np.arange(int(1.5 * RATE)) / RATE
    for number, pitch in enumerate((220, 262, 330, 392, 440)):
        vocal = 0.2 * sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6))
        chord = 0.2 * sum(np.sin(2 * np.pi * pitch / 2 * r * time) for r in (1, 1.25, 1.5))
        folder = tmp_path / "stems" / f"song {number}"
        folder.mkdir(parents=True)
        soundfile.write(folder / "vocals.wav", vocal, RATE)
        soundfile.write(folder / "accompaniment.wav", chord * np.exp(-(time % 0.5) * 4), RATE)
    return tmp_path / "stems"


def extend(folder: Path, stems: Path, augmentations=AUGMENTATIONS) -> EncodeSummary:
    return encode_dataset(
        StemsFolderSource(stems),
        SpectralCodec(),
        folder,
        workers=1,
        augmentations=augmentations,
        existing="extend",
        progress=False,
    )


def test_its_augmentations_are_read_in_the_named_form(old):
    assert (old / "dataset.json").read_text("utf-8").count("Level(decibels=6)") == 1
    assert list(LatentDataset.open(old).augmentations) == NAMED
    assert [augmentation.describe() for augmentation in AUGMENTATIONS] == NAMED


def test_every_checksum_holds(old):
    assert find_damage(old) == []
    dataset = LatentDataset.open(old)
    for song in dataset.songs:
        sizes = {at: 2 * dataset.width(kind) * song.frames for kind, at in song.offsets.items()}
        assert digest_tensors((old / song.shard).read_bytes(), sizes) == song.sha256
    shard = old / dataset.shards[0].file
    content = bytearray(shard.read_bytes())
    content[dataset.songs[1].offsets["melody"]] ^= 1
    shard.write_bytes(content)
    assert [damage.song for damage in find_damage(old)] == ["song 1"]


def test_training_opens_it(old):
    data = LatentDataModule(old, batch_size=2, crop_frames=16, codec=SpectralCodec())
    data.setup()
    (batch, *_) = data.train_dataloader()
    assert batch.vocal.latents.shape == (2, 64, 16)
    assert data.latents.readers["train"].versions == [4, 4]


def test_extending_it_adds_new_songs_only(old, stems):
    before = LatentDataset.open(old)
    summary = extend(old, stems)
    after = LatentDataset.open(old)
    assert (summary.songs, summary.already_there, summary.skipped) == (1, 4, [])
    assert after.songs[:4] == before.songs and after.songs[4].name == "song 4"
    assert after.songs[4].versions == 4 and list(after.augmentations) == NAMED
    assert after.vocal_normaliser.to_dict() == before.vocal_normaliser.to_dict()
    assert read_description(old)["version"] == FORMAT_VERSION
    assert find_damage(old) == []


def test_extending_it_with_other_augmentations_is_refused(old, stems):
    with pytest.raises(SamuelError, match=r"made with the augmentations .*'level'"):
        extend(old, stems, AUGMENTATIONS[:1])
