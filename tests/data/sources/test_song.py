import pytest

from samuel_gen.data.sources.song import SongItem, UnusableSong
from samuel_gen.errors import SamuelError


def test_an_unusable_song_raises_its_reason_when_it_is_loaded():
    song = UnusableSong("name", "file.wav: a broken link; repair or remove it")
    assert isinstance(song, SongItem) and (song.name, song.split, song.state()) == (
        "name",
        None,
        "",
    )
    with pytest.raises(SamuelError, match="^file.wav: a broken link; repair or remove it$"):
        song.load()
