import csv
import json
import shutil
from dataclasses import replace

import jaxtyping
import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.analysis.melody import melody_track
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, with_loudness
from samuel_gen.audio.recording import Sound
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.encode import assembly
from samuel_gen.data.encode import dataset as encoding
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError


def encode(songs, path, codec=None, **options):
    options = {"workers": 1, "progress": False} | options
    return encode_dataset(TinySource(songs), codec or TinyCodec(), path, **options)


def heard(recording):
    return torch.cat(list(recording.blocks(recording.sample_rate)), dim=1)


def some_songs(count=6, **options):
    return [TinySong(f"song {n}", n, **options) for n in range(count)]


def test_what_is_stored_is_what_the_codec_gives(tmp_path, codec):
    summary = encode(some_songs(3), tmp_path / "out", codec)
    dataset = LatentDataset.open(tmp_path / "out")
    assert summary.songs == 3 and summary.skipped == [] and summary.path == tmp_path / "out"
    assert summary.hours == pytest.approx(3 * 47 * 512 / 16_000 / 3600)
    for number, song in enumerate(dataset.songs):
        stems = TinySong(f"song {number}", number).load()
        stored = dataset.read(song)
        for part, values in (("vocal", stored.vocal), ("accompaniment", stored.accompaniment)):
            sound = with_loudness(heard(getattr(stems, part)), 16_000, REFERENCE_LOUDNESS)
            torch.testing.assert_close(values, codec.encode(sound), atol=1e-3, rtol=1e-3)
        track = melody_track(heard(stems.vocal), 16_000, 512)
        torch.testing.assert_close(stored.melody, track.features, atol=2e-3, rtol=0)
        torch.testing.assert_close(stored.activity, track.activity, atol=2e-3, rtol=0)
        assert song.tuning_cents == pytest.approx(track.tuning_cents, abs=0.1)
        assert song.frames == 47
        assert dataset.metadata(song) == {"number": number}


def test_the_level_of_a_recording_does_not_matter(tmp_path, monkeypatch):
    encode(some_songs(3), tmp_path / "one")
    load = TinySong.load

    def louder(song):
        stems = load(song)
        vocal, band = 8 * heard(stems.vocal), heard(stems.accompaniment) / 4
        return Stems(Sound(vocal, 16_000), Sound(band, 16_000), {})

    monkeypatch.setattr(TinySong, "load", louder)
    encode(some_songs(3), tmp_path / "other")
    one, other = (LatentDataset.open(tmp_path / name) for name in ("one", "other"))
    for song, twin in zip(one.songs, other.songs, strict=True):
        torch.testing.assert_close(
            one.read(song).vocal, other.read(twin).vocal, atol=0.02, rtol=2e-3
        )


def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path, contents):
    encode(some_songs(4), tmp_path / "one", workers=1)
    encode(some_songs(4), tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("in_assembly", [False, True])
def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch, contents, in_assembly):
    encode(some_songs(), tmp_path / "whole")
    switch = tmp_path / "switch"
    songs = some_songs()
    if in_assembly:
        monkeypatch.setattr(LatentDataset, "save", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            encode(songs, tmp_path / "out")
        monkeypatch.undo()
    else:
        switch.touch()
        songs[4] = TinySong("song 4", 4, interrupted_by=switch)
        with pytest.raises(KeyboardInterrupt):
            encode(songs, tmp_path / "out")
        switch.unlink()
    with pytest.raises(SamuelError, match="no dataset.json"):
        LatentDataset.open(tmp_path / "out")
    loaded = []
    load = TinySong.load
    monkeypatch.setattr(TinySong, "load", lambda song: loaded.append(song.name) or load(song))
    encode(songs, tmp_path / "out")
    assert loaded == ([] if in_assembly else ["song 4", "song 5"])
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_another_codec_or_song_is_not_taken_from_an_interrupted_run(tmp_path, contents):
    switch = tmp_path / "switch"
    for seconds, codec in ((1.5, TinyCodec(name="other")), (2.5, TinyCodec())):
        switch.touch()
        songs = [*some_songs(3, seconds=seconds), TinySong("song 3", 3, interrupted_by=switch)]
        with pytest.raises(KeyboardInterrupt):
            encode(songs, tmp_path / "out", codec)
        switch.unlink()
    encode(some_songs(4), tmp_path / "out")
    encode(some_songs(4), tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_songs_that_fail_are_left_out_counted_and_named(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(encoding.log, "warning", lambda text, *values: told.append(text % values))
    songs = [*some_songs(4), TinySong("bad, one", broken=True)]
    summary = encode(songs, tmp_path / "out")
    reason = "song 'bad, one': broken; expected music; mend it"
    assert summary.songs == 4 and summary.skipped == [("bad, one", reason)]
    assert told == [f"left out: {reason}"]
    with (tmp_path / "out" / "skipped.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["name", "reason"], ["bad, one", reason]]
    assert [song.name for song in LatentDataset.open(tmp_path / "out").songs] == [
        f"song {n}" for n in range(4)
    ]


def test_no_song_left_is_an_error(tmp_path):
    with pytest.raises(SamuelError, match="none of 1 songs.*broken"):
        encode([TinySong("bad", broken=True)], tmp_path / "out")


@pytest.mark.parametrize("part", ["vocal", "accompaniment"])
@pytest.mark.parametrize(
    "change", [lambda x: 0 * x, lambda x: x * torch.nan, lambda x: x[:, :9000]]
)
def test_songs_that_cannot_be_used(tmp_path, monkeypatch, change, part):
    load = TinySong.load

    def changed(song):
        stems = load(song)
        if song.number != 1:
            return stems
        return replace(stems, **{part: Sound(change(heard(getattr(stems, part))), 16_000)})

    monkeypatch.setattr(TinySong, "load", changed)
    summary = encode(some_songs(4), tmp_path / "out")
    lengths = change(torch.ones(2, 9001)).shape[-1] == 9000
    if lengths:  # the shorter part is filled up with silence
        assert summary.songs == 4 and LatentDataset.open(tmp_path / "out").songs[1].frames == 47
    else:
        ((name, reason),) = summary.skipped
        assert name == "song 1" and "\n" not in reason


def test_normalisers_are_fitted_on_training_songs_only(tmp_path):
    splits = ["train", "train", "validation", "test"]
    songs = [TinySong(f"s{n}", n, split=split) for n, split in enumerate(splits)]
    encode(songs, tmp_path / "one")
    held_out = [TinySong("s2", 9, split="validation"), TinySong("s3", 8, 3.0, split="test")]
    encode([*songs[:2], *held_out], tmp_path / "two")
    encode([songs[0], TinySong("s1", 9, split="train"), *songs[2:]], tmp_path / "three")
    one, two, three = (LatentDataset.open(tmp_path / name) for name in ("one", "two", "three"))
    assert one.vocal_normaliser.to_dict() == two.vocal_normaliser.to_dict()
    assert one.accompaniment_normaliser.to_dict() == two.accompaniment_normaliser.to_dict()
    assert one.vocal_normaliser.to_dict() != three.vocal_normaliser.to_dict()
    latents = torch.cat([one.read(song).vocal for song in one.split("train")], dim=1)
    truth = LatentNormaliser.fit(latents.mean(1), latents.std(1, correction=0))
    torch.testing.assert_close(one.vocal_normaliser.mean, truth.mean)
    torch.testing.assert_close(one.vocal_normaliser.scale, truth.scale)


def test_odd_and_equal_names(tmp_path):
    songs = [TinySong("a / b\n", 1), TinySong("🎤", 2), TinySong("twin", 3), TinySong("twin", 4)]
    encode([*songs, TinySong("..", 5)], tmp_path / "out")
    dataset = LatentDataset.open(tmp_path / "out")
    assert [song.name for song in dataset.songs] == ["a / b\n", "🎤", "twin", "twin (2)", ".."]
    assert dataset.songs[2].split == dataset.songs[3].split
    assert dataset.metadata(dataset.songs[3]) == {"number": 4}


def test_songs_fill_shards_of_their_split(tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "SONGS_PER_SHARD", 2)
    songs = [TinySong(f"s{n}", n, split="train") for n in range(5)]
    encode([*songs, TinySong("v", 6, split="validation")], tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "dataset.json",
        *(f"train-{n:05d}.safetensors" for n in range(3)),
        "validation-00000.safetensors",
    ]


def test_finished_and_foreign_folders_are_refused(tmp_path, contents):
    out = tmp_path / "out"
    encode(some_songs(4), out)
    before = contents(out)
    with pytest.raises(SamuelError, match="finished data set.*add=true.*overwrite=true"):
        encode(some_songs(4), out)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(SamuelError, match="letter.txt"):
        encode(some_songs(4), tmp_path / "home")
    with pytest.raises(SamuelError, match="a file"):
        encode(some_songs(4), tmp_path / "home" / "letter.txt")
    assert contents(out) == before
    assert contents(tmp_path / "home") == {"letter.txt": b"dear"}


def test_overwrite_starts_over_and_spares_what_is_not_ours(tmp_path, contents):
    out = tmp_path / "out"
    encode([*some_songs(6), TinySong("bad", broken=True)], out)
    (out / "letter.txt").write_text("dear")
    encode(some_songs(3), out, overwrite=True)
    encode(some_songs(3), tmp_path / "fresh")
    assert contents(out) == {**contents(tmp_path / "fresh"), "letter.txt": b"dear"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shutil.rmtree, "no such folder.*samuel-encode"),
        (lambda path: (path / "dataset.json").unlink(), "no dataset.json"),
        (lambda path: (path / "dataset.json").write_text("{"), "not a description"),
        (lambda path: (path / "dataset.json").write_text("[]"), "not a description"),
        (lambda path: edit(path, version=99), "version 99; expected 2"),
        (lambda path: edit(path, songs=[]), "checksum"),
        (lambda path: (path / "train-00000.safetensors").unlink(), "missing; expected"),
        (lambda path: (path / "train-00000.safetensors").write_bytes(b"1"), "1 bytes; expected"),
    ],
)
def test_broken_data_sets(tmp_path, dataset_path, spoil, message):
    path = tmp_path / "set"
    shutil.copytree(dataset_path, path)
    spoil(path)
    with pytest.raises(SamuelError, match=message):
        LatentDataset.open(path)


def edit(path, **changes):
    file = path / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_damaged_shard_is_told_of_when_it_is_read(tmp_path, dataset_path):
    path = tmp_path / "set"
    shutil.copytree(dataset_path, path)
    shard = path / "train-00000.safetensors"
    shard.write_bytes(bytes(shard.stat().st_size))
    dataset = LatentDataset.open(path)  # opening looks at sizes only
    song = dataset.split("train")[0]
    with pytest.raises(SamuelError, match="header cannot be read"):
        dataset.metadata(song)
    shard.write_bytes(b"")
    with pytest.raises(SamuelError, match="ends within"):
        dataset.read(song, 0, 4)
    shard.unlink()


def test_a_check_lets_the_codec_be_heard_but_never_in_a_folder_that_is_refused(tmp_path, contents):
    said = []
    encode(some_songs(4), tmp_path / "out", on_check=said.append)
    assert len(said) == 1 and "chroma" in said[0] and str(tmp_path / "out" / "check") in said[0]
    assert {path.name for path in (tmp_path / "out" / "check").iterdir()} == {
        "figures.json",
        *(
            f"{part}_{kind}.wav"
            for part in ("vocal", "accompaniment")
            for kind in ("source", "decoded")
        ),
    }
    (tmp_path / "home" / "check").mkdir(parents=True)
    (tmp_path / "home" / "letter.txt").write_text("dear")
    before = contents(tmp_path / "home")
    with pytest.raises(SamuelError, match="letter.txt"):
        encode(some_songs(4), tmp_path / "home", on_check=said.append)
    assert contents(tmp_path / "home") == before and len(said) == 1


def test_a_codec_that_cannot_be_loaded_stops_at_once(tmp_path, monkeypatch):
    class Damaged(TinyCodec):
        def __getattribute__(self, name):
            if name == "context_frames":
                raise SamuelError("codec: damaged weights; expected whole ones; copy them again")
            return super().__getattribute__(name)

    codec = Damaged()
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # it asks for attributes too
    monkeypatch.setattr(TinySong, "load", lambda song: pytest.fail("no song should be loaded"))
    with pytest.raises(SamuelError, match="damaged weights"):
        encode(some_songs(4), tmp_path / "out", codec)
