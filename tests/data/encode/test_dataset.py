import csv
from dataclasses import replace

import jaxtyping
import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import TinySong, encode_songs, make_songs

from samuel_gen.analysis.melody import extract_melody
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, normalise_loudness
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.data.encode import dataset as encoding
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError


def read_all(recording):
    return torch.cat(list(recording.blocks(recording.sample_rate)), dim=1)


def test_the_stored_latents_are_those_of_the_codec(tmp_path, codec):
    summary = encode_songs(make_songs(0, 3), tmp_path / "out", codec)
    dataset = LatentDataset.open(tmp_path / "out")
    assert summary.songs == 3 and summary.skipped == [] and summary.path == tmp_path / "out"
    assert summary.hours == pytest.approx(3 * 47 * 512 / 16_000 / 3600)
    for number, song in enumerate(dataset.songs):
        stems = TinySong(f"song {number}", number).load()
        stored = dataset.read(song)
        for part, values in (("vocal", stored.vocal), ("accompaniment", stored.accompaniment)):
            sound = normalise_loudness(read_all(getattr(stems, part)), 16_000, REFERENCE_LOUDNESS)
            torch.testing.assert_close(values, codec.encode(sound), atol=1e-3, rtol=1e-3)
        track = extract_melody(read_all(stems.vocal), 16_000, 512)
        torch.testing.assert_close(stored.melody, track.features, atol=2e-3, rtol=0)
        torch.testing.assert_close(stored.activity, track.activity, atol=2e-3, rtol=0)
        assert song.tuning_cents == pytest.approx(track.tuning_cents, abs=0.1)
        assert song.frames == 47
        assert dataset.read_metadata(song)["number"] == number


def test_the_loudness_of_a_recording_does_not_matter(tmp_path, monkeypatch):
    encode_songs(make_songs(0, 3), tmp_path / "one")
    load = TinySong.load

    def louder(song):
        stems = load(song)
        parts = 8 * read_all(stems.vocal), read_all(stems.accompaniment) / 4
        return Stems(*(MemoryRecording(part, 16_000) for part in parts))

    monkeypatch.setattr(TinySong, "load", louder)
    encode_songs(make_songs(0, 3), tmp_path / "other")
    one, other = (LatentDataset.open(tmp_path / name) for name in ("one", "other"))
    for song, twin in zip(one.songs, other.songs, strict=True):
        torch.testing.assert_close(
            one.read(song).vocal, other.read(twin).vocal, atol=0.02, rtol=2e-3
        )


def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path, contents):
    encode_songs(make_songs(0, 4), tmp_path / "one", workers=1)
    encode_songs(make_songs(0, 4), tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("in_assembly", [False, True])
def test_an_interrupted_run_is_resumed(tmp_path, monkeypatch, contents, in_assembly):
    encode_songs(make_songs(0, 6), tmp_path / "whole")
    switch = tmp_path / "switch"
    songs = make_songs(0, 6)
    if in_assembly:
        monkeypatch.setattr(LatentDataset, "save", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            encode_songs(songs, tmp_path / "out")
        monkeypatch.undo()
    else:
        switch.touch()
        songs[4] = TinySong("song 4", 4, interrupted_by=switch)
        with pytest.raises(KeyboardInterrupt):
            encode_songs(songs, tmp_path / "out")
        switch.unlink()
    with pytest.raises(SamuelError, match="no dataset.json"):
        LatentDataset.open(tmp_path / "out")
    loaded = []
    load = TinySong.load
    monkeypatch.setattr(TinySong, "load", lambda song: loaded.append(song.name) or load(song))
    encode_songs(songs, tmp_path / "out")
    assert loaded == ([] if in_assembly else ["song 4", "song 5"])
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_songs_of_another_codec_or_length_are_not_reused(tmp_path, contents):
    switch = tmp_path / "switch"
    for seconds, codec in ((1.5, TinyCodec(name="other")), (2.5, TinyCodec())):
        switch.touch()
        songs = [*make_songs(0, 3, seconds=seconds), TinySong("song 3", 3, interrupted_by=switch)]
        with pytest.raises(KeyboardInterrupt):
            encode_songs(songs, tmp_path / "out", codec)
        switch.unlink()
    encode_songs(make_songs(0, 4), tmp_path / "out")
    encode_songs(make_songs(0, 4), tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_songs_that_fail_are_left_out_and_listed(tmp_path, monkeypatch):
    warnings = []
    monkeypatch.setattr(
        encoding.log, "warning", lambda text, *values: warnings.append(text % values)
    )
    songs = [*make_songs(0, 4), TinySong("bad, one", broken=True)]
    summary = encode_songs(songs, tmp_path / "out")
    reason = "song 'bad, one': broken; export it again"
    assert summary.songs == 4 and summary.skipped == [("bad, one", reason)]
    assert warnings == [f"left out: {reason}"]
    with (tmp_path / "out" / "skipped.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["name", "reason"], ["bad, one", reason]]
    assert [song.name for song in LatentDataset.open(tmp_path / "out").songs] == [
        f"song {n}" for n in range(4)
    ]


def test_it_is_an_error_if_no_song_is_left(tmp_path):
    with pytest.raises(SamuelError, match="none of 1 songs.*broken"):
        encode_songs([TinySong("bad", broken=True)], tmp_path / "out")


@pytest.mark.parametrize("part", ["vocal", "accompaniment"])
@pytest.mark.parametrize(
    "change", [lambda x: 0 * x, lambda x: x * torch.nan, lambda x: x[:, :9000]]
)
def test_silent_and_damaged_songs_are_left_out_and_short_parts_padded(
    tmp_path, monkeypatch, change, part
):
    load = TinySong.load

    def load_changed(song):
        stems = load(song)
        if song.number != 1:
            return stems
        audio = change(read_all(getattr(stems, part)))
        return replace(stems, **{part: MemoryRecording(audio, 16_000)})

    monkeypatch.setattr(TinySong, "load", load_changed)
    summary = encode_songs(make_songs(0, 4), tmp_path / "out")
    is_shortened = change(torch.ones(2, 9001)).shape[-1] == 9000
    if is_shortened:  # the shorter part is padded with silence
        assert summary.songs == 4 and LatentDataset.open(tmp_path / "out").songs[1].frames == 47
    else:
        ((name, reason),) = summary.skipped
        assert name == "song 1" and "\n" not in reason


def test_a_codec_that_cannot_be_loaded_stops_the_encode(tmp_path, monkeypatch):
    class Damaged(TinyCodec):
        def __getattribute__(self, name):
            if name == "context_frames":
                raise SamuelError("codec: damaged weights; copy them again")
            return super().__getattribute__(name)

    codec = Damaged()
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # it asks for attributes too
    monkeypatch.setattr(TinySong, "load", lambda song: pytest.fail("no song should be loaded"))
    with pytest.raises(SamuelError, match="damaged weights"):
        encode_songs(make_songs(0, 4), tmp_path / "out", codec)


def test_what_is_odd_about_the_files_of_a_song_is_logged(tmp_path, caplog):
    encode_songs(make_songs(0, 2) + make_songs(2, 3, notes=("a.wav: odd",)), tmp_path / "out")
    assert [line for line in caplog.messages if "odd" in line] == ["a.wav: odd"]
