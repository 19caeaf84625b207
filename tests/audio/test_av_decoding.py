"""What phones and browsers write, and joined files, are read to their end."""

import av
import numpy as np
import pytest

from samuel_gen.audio.recording import SoundFile
from samuel_gen.errors import SamuelError
from tests.audio.strange_files import encode, sing, write_as


def read(path) -> np.ndarray:
    file = SoundFile(path)
    sound = file.read().T.numpy()
    assert len(sound) == file.samples, "the length is known before"
    return sound


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg"])
def test_two_files_that_were_joined_are_both_read(tmp_path, suffix):
    paths = [tmp_path / f"{seconds}{suffix}" for seconds in (2, 3)]
    for path, seconds in zip(paths, (2.0, 3.0), strict=True):
        write_as(path, suffix[1:].upper(), sing(seconds))
    joined = tmp_path / f"joined{suffix}"
    joined.write_bytes(paths[0].read_bytes() + paths[1].read_bytes())
    assert len(read(joined)) / 44_100 == pytest.approx(5.0, abs=0.1)
    assert "joined" in SoundFile(joined).notes[0]


def test_joined_files_of_other_rates_and_channels_are_converted(tmp_path):
    one = encode(tmp_path / "1.mp3", "libmp3lame", sing(2.0))
    two = encode(tmp_path / "2.mp3", "libmp3lame", sing(2.0, 48_000, 1), 48_000)
    (tmp_path / "a.mp3").write_bytes(one.read_bytes() + two.read_bytes())
    sound = read(tmp_path / "a.mp3")
    assert SoundFile(tmp_path / "a.mp3").sample_rate == 44_100 and sound.shape[1] == 2
    assert len(sound) / 44_100 == pytest.approx(4.0, abs=0.1)


def test_an_mp3_of_variable_rate_without_a_header(tmp_path):
    """Its bit rate grows, so a guess from the first frames is wrong."""
    noise = np.random.default_rng(0).standard_normal((44_100 * 6, 2)).astype(np.float32)
    sound = np.concatenate([1e-4 * noise, 0.2 * noise])
    path = encode(tmp_path / "a.mp3", "libmp3lame", sound, write_xing="0")
    heard = read(path)
    assert len(heard) / 44_100 == pytest.approx(12.0, abs=0.1)
    assert np.sqrt((heard[-44_100:] ** 2).mean()) > 0.1


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("take.m4a", "aac", 44_100),
        ("take.mp4", "aac", 48_000),
        ("take.mov", "alac", 44_100),
        ("take.3gp", "aac", 44_100),
        ("take.webm", "libopus", 48_000),
        ("take.aac", "aac", 44_100),
        ("take.mkv", "libmp3lame", 44_100),
        ("take.opus", "libopus", 48_000),
    ],
)
def test_what_phones_and_browsers_write(tmp_path, name, codec, rate):
    sound = sing(3.0, rate)
    path = encode(tmp_path / name, codec, sound, rate)
    heard = read(path)
    assert SoundFile(path).sample_rate == rate and heard.shape[1] == 2
    assert len(heard) / rate == pytest.approx(3.0, abs=0.1)
    whole = min(len(heard), len(sound))
    lags = [np.corrcoef(heard[lag:whole, 0], sound[: whole - lag, 0])[0, 1] for lag in range(3_000)]
    assert max(lags) > 0.98
    lying = tmp_path / "take.wav"
    lying.write_bytes(path.read_bytes())
    assert np.array_equal(read(lying), heard), "the extension does not matter"


def test_the_sound_of_a_video(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 64
        sound = container.add_stream("aac", rate=44_100)
        for _ in range(50):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
            container.mux(picture.encode(frame))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sing(2.0).T), "fltp", "stereo")
        frame.sample_rate = 44_100
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
        container.mux(picture.encode(None))
    assert len(read(tmp_path / "a.mp4")) / 44_100 == pytest.approx(2.0, abs=0.1)


def test_a_container_that_is_cut_short_is_refused(tmp_path):
    path = encode(tmp_path / "a.m4a", "aac", sing(6.0), movflags="faststart")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(SamuelError, match="a.m4a: cut short or damaged"):
        SoundFile(path)


def test_a_playlist_opens_no_other_file(tmp_path):
    write_as(tmp_path / "secret.wav", "WAV", sing())
    (tmp_path / "a.m3u8").write_text("#EXTM3U\n#EXTINF:3,\nsecret.wav\n#EXT-X-ENDLIST\n")
    (tmp_path / "b.wav").write_text("ffconcat version 1.0\nfile secret.wav\n")
    for name in ("a.m3u8", "b.wav"):
        with pytest.raises(SamuelError, match="not audio"):
            SoundFile(tmp_path / name)
