import json

import pytest
from tiny_songs import TinySong, TinySource, encode_songs, make_songs

from samuel_gen.audio.files import read_audio
from samuel_gen.data.encode import codec_check
from samuel_gen.data.encode.codec_check import check_codec
from samuel_gen.errors import SamuelError

FILES = {
    "figures.json",
    *(
        f"{part}_{kind}.wav"
        for part in ("vocal", "accompaniment")
        for kind in ("source", "decoded")
    ),
}


def test_the_first_readable_song_is_decoded_beside_its_source(tmp_path, codec, monkeypatch):
    monkeypatch.setattr(codec_check, "SECONDS", 1.25)
    source = TinySource([TinySong("bad", broken=True), TinySong("good", seconds=2.0)])
    text = check_codec(source, codec, tmp_path / "check")
    assert "chroma" in text and "'good'" in text and str(tmp_path / "check") in text
    assert {path.name for path in (tmp_path / "check").iterdir()} == FILES
    for name in FILES - {"figures.json"}:
        samples, rate = read_audio(tmp_path / "check" / name)
        assert rate == codec.sample_rate and samples.shape[-1] == 1.25 * rate
    figures = json.loads((tmp_path / "check" / "figures.json").read_text("utf-8"))
    assert figures["song"] == "good" and set(figures["parts"]) == {"vocal", "accompaniment"}


def test_without_a_readable_song_the_first_reason_is_named(tmp_path, codec):
    with pytest.raises(SamuelError, match="no song can be read; .*'bad': broken"):
        check_codec(TinySource([TinySong("bad", broken=True)]), codec, tmp_path)


def test_an_encode_checks_only_in_a_folder_of_its_own(tmp_path, contents):
    texts = []
    encode_songs(make_songs(0, 4), tmp_path / "out", on_check=texts.append)
    assert (
        len(texts) == 1 and {path.name for path in (tmp_path / "out" / "check").iterdir()} == FILES
    )
    (tmp_path / "home" / "check").mkdir(parents=True)
    (tmp_path / "home" / "letter.txt").write_text("dear")
    before = contents(tmp_path / "home")
    with pytest.raises(SamuelError, match="letter.txt"):
        encode_songs(make_songs(0, 4), tmp_path / "home", on_check=texts.append)
    assert contents(tmp_path / "home") == before and len(texts) == 1
