import numpy as np
import pytest
import torch

from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.load import numpy_pairs
from samuel_gen.data.load.numpy_pairs import NumpyPairsDataModule
from samuel_gen.errors import SamuelError

SEGMENTS, CHANNELS, FRAMES = 20, 5, 48


@pytest.fixture(autouse=True)
def clear_cache():
    numpy_pairs._open_latents.cache_clear()


def make_arrays(dtype=np.float32):
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, (2, SEGMENTS, CHANNELS, FRAMES)).astype(dtype)


def write(root, vocal, accompaniment):
    np.save(root / "latent_vocal.npy", vocal)
    np.save(root / "latent_accomp.npy", accompaniment)
    return root


def make_datamodule(root, **options):
    datamodule = NumpyPairsDataModule(root, **{"batch_size": 4, "crop_frames": FRAMES} | options)
    datamodule.setup()
    return datamodule


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_segments_arrive_normalised_and_paired(tmp_path, dtype):
    vocal, accompaniment = make_arrays(dtype)
    datamodule = make_datamodule(write(tmp_path, vocal, accompaniment))
    batch = next(iter(datamodule.train_dataloader()))
    for item, index in enumerate(batch.index.tolist()):
        for array, normaliser, part in (
            (vocal, datamodule.vocal_normaliser, batch.vocal.latents),
            (accompaniment, datamodule.accompaniment_normaliser, batch.accompaniment),
        ):
            truth = normaliser.normalise(torch.tensor(array[index], dtype=torch.float32))
            torch.testing.assert_close(part[item], truth)
    assert batch.vocal.latents_given.all() and not batch.vocal.melody_given.any()
    assert batch.vocal.melody.shape == (4, 14, FRAMES) and not batch.vocal.melody.any()
    assert (batch.valid_frames == FRAMES).all()


def test_splits_are_runs_of_consecutive_segments(tmp_path):
    readers = make_datamodule(write(tmp_path, *make_arrays())).latents.readers
    assert list(readers["train"].segments) == list(range(16))
    assert list(readers["validation"].segments) == [16, 17]
    assert list(readers["test"].segments) == [18, 19]


@pytest.mark.parametrize("kind", [int, str])
def test_splits_are_by_song_if_songs_are_known(tmp_path, kind):
    songs = np.repeat(np.arange(5), 4).astype(kind)
    np.save(tmp_path / "songs.npy", songs)
    readers = make_datamodule(write(tmp_path, *make_arrays())).latents.readers
    by_split = [{songs[at] for at in reader.segments} for reader in readers.values()]
    assert sum(len(names) for names in by_split) == len(set.union(*by_split)) == 5
    assert all(by_split)


def test_normalisers_are_fitted_on_training_segments_only(tmp_path):
    vocal, accompaniment = make_arrays()
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    one = make_datamodule(write(tmp_path / "a", vocal, accompaniment)).vocal_normaliser
    vocal[16:] *= 100
    other = make_datamodule(write(tmp_path / "b", vocal, accompaniment)).vocal_normaliser
    assert one.to_dict() == other.to_dict()
    train = torch.tensor(vocal[:16]).double().transpose(0, 1).flatten(1)
    truth = LatentNormaliser.fit(train.mean(1).float(), train.std(1, correction=0).float())
    torch.testing.assert_close(one.scale, truth.scale)
    torch.testing.assert_close(one.mean, truth.mean)


def test_shorter_crops_are_taken_at_random_positions(tmp_path):
    vocal, accompaniment = make_arrays()
    datamodule = make_datamodule(write(tmp_path, vocal, accompaniment), crop_frames=8)
    loader = datamodule.train_dataloader()
    places = [loader.batches.place(index) for index in range(16)]
    assert len({place.start for place in places}) > 4
    batch = next(iter(loader))
    place = loader.batches.place(int(batch.index[0]))
    truth = torch.tensor(vocal[place.song, :, place.start : place.stop])
    torch.testing.assert_close(batch.vocal.latents[0], datamodule.vocal_normaliser.normalise(truth))


def test_segments_shorter_than_a_crop_are_padded_with_zeros(tmp_path):
    (batch, *_) = make_datamodule(
        write(tmp_path, *make_arrays()), crop_frames=60
    ).train_dataloader()
    for part in (batch.vocal.latents, batch.accompaniment, batch.vocal.melody):
        assert part.shape[-1] == 60 and part[:, :, FRAMES:].abs().sum() == 0
    assert batch.valid_frames.tolist() == [FRAMES] * 4


def test_arrays_are_mapped_not_read(tmp_path):
    _ = next(iter(make_datamodule(write(tmp_path, *make_arrays())).train_dataloader()))
    assert isinstance(numpy_pairs._open_latents(tmp_path / "latent_vocal.npy"), np.memmap)


def test_the_codec_is_unknown_unless_named(tmp_path):
    root = write(tmp_path, *make_arrays())
    assert make_datamodule(root).codec_identity.name == "unknown"
    identity = make_datamodule(root, codec_name="oobleck", codec_weights_hash="ab").codec_identity
    assert (identity.name, identity.weights_hash, identity.channels) == ("oobleck", "ab", CHANNELS)


@pytest.mark.parametrize(
    ("vocal", "accompaniment", "message"),
    [
        (
            np.zeros((9, 4, 8)),
            np.zeros((9, 4, 9)),
            r"\(9, 4, 8\).*\(9, 4, 9\).*from the same segments",
        ),
        (np.zeros((9, 4)), np.zeros((9, 4)), r"latent_vocal.npy: .* of shape \(9, 4\)"),
        (np.zeros((9, 4, 8), int), np.zeros((9, 4, 8)), "an array of int64 .*write floats"),
        (np.zeros((2, 4, 8)), np.zeros((2, 4, 8)), "2 segments are too few"),
        (np.array([None]), np.zeros((9, 4, 8)), "not an array that can be memory-mapped"),
        (np.zeros((9, 4, 8)), np.zeros((9, 4, 8)), "infinite or all zero"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, vocal, accompaniment, message):
    write(tmp_path, vocal, accompaniment)
    with pytest.raises(SamuelError, match=message):
        make_datamodule(tmp_path)


def test_missing_and_wrong_files_are_refused(tmp_path):
    with pytest.raises(SamuelError, match="no such file"):
        make_datamodule(tmp_path)
    write(tmp_path, *make_arrays())
    np.save(tmp_path / "songs.npy", np.zeros(7))
    with pytest.raises(SamuelError, match=r"songs.npy: shape \(7,\) instead of \(20,\)"):
        make_datamodule(tmp_path)
    (tmp_path / "latent_vocal.npy").write_bytes(b"nothing")
    numpy_pairs._open_latents.cache_clear()
    with pytest.raises(SamuelError, match="not an array that can be memory-mapped"):
        make_datamodule(tmp_path)
