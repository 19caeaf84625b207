import pickle
import shutil
from types import SimpleNamespace

import pytest
import torch

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.corpus import song
from samuel_gen.corpus.installed_fonts import DEFAULT_FONT, find_soundfont
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError


def test_rendered_songs_have_names_of_their_own():
    source = RenderedSource(songs=3, seconds=8.0, seed=5)
    assert isinstance(source, Source) and isinstance(source.songs()[0], SongItem)
    assert [song.name for song in source.songs()] == [f"rendered-5-{n:05d}" for n in range(3)]
    assert pickle.loads(pickle.dumps(source.songs()[2])) == source.songs()[2]
    assert repr(RenderedSource(3, 9.0, 5).songs()[2]) != repr(source.songs()[2])
    assert source.songs()[2].state() == ""
    with pytest.raises(SamuelError, match="source.songs=0"):
        RenderedSource(songs=0)


def test_a_rendered_song_can_be_loaded():
    pytest.importorskip("pretty_midi")
    stems = RenderedSource(songs=2, seconds=4.0).songs()[1].load()
    assert isinstance(stems.vocal, MemoryRecording) and stems.vocal.sample_rate == 44_100
    assert stems.vocal.samples == stems.accompaniment.samples == 4 * 44_100
    assert stems.vocal.content_hash() != stems.accompaniment.content_hash()
    assert stems.metadata["seed"] == 1
    assert stems.lead_sheet is not None
    assert list(stems.lead_sheet.beats) == pytest.approx(stems.metadata["beats"], abs=1e-4)


def test_the_key_says_what_was_rendered(monkeypatch):
    def stub(seed, seconds, styles, unheard, soundfont, mastered):
        facts = {"seed": seed, "seconds": seconds, "unheard": unheard}
        score = SimpleNamespace(to_dict=lambda: facts, lead_sheet=None)
        silence = torch.zeros(2, 10)
        return SimpleNamespace(vocal=silence, accompaniment=silence, sample_rate=9, score=score)

    monkeypatch.setattr(song, "render_song", stub)
    plain = [RenderedSource(2, 4.0, 3), RenderedSource(2, 5.0, 3), RenderedSource(2, 4.0, 4)]
    special = [
        {"unheard": True},
        {"styles": "all"},
        {"styles": ["pop"]},
        {"styles": ["pop", "jig"]},
    ]
    sources = [*plain, *(RenderedSource(2, 4.0, 4, **kind) for kind in special)]
    stems = [item.load() for source in sources for item in source.songs()]
    assert len({part.key for part in stems}) == len(stems) == 14
    assert stems[0].key == sources[0].songs()[0].load().key
    assert stems[3].metadata == {"seed": 3_000_001, "seconds": 5.0, "unheard": False}
    assert stems[7].metadata == {"seed": 4_000_001, "seconds": 4.0, "unheard": True}


def test_songs_have_the_styles_that_are_asked_for() -> None:
    songs = RenderedSource(4, 4.0, styles=["jig", "waltz"]).songs()
    assert {song.load().metadata["style"] for song in songs} == {"jig", "waltz"}
    with pytest.raises(SamuelError, match="polka is not a style"):
        RenderedSource(4, styles=["polka"])
    with pytest.raises(SamuelError, match="exclude each other"):
        RenderedSource(4, styles="all", unheard=True)


def test_soundfonts_take_turns_and_have_keys_of_their_own(tmp_path, monkeypatch):
    font = shutil.copy(find_soundfont(DEFAULT_FONT), tmp_path / "Copy.sf2")
    songs = RenderedSource(4, 4.0, soundfonts=[DEFAULT_FONT, str(font)]).songs()
    assert [song.soundfont for song in songs] == [None, font, None, font]
    other, plain = songs[1].load(), RenderedSource(2, 4.0).songs()[1].load()
    assert [song.soundfont for song in RenderedSource(1, soundfonts=str(font)).songs()] == [font]
    assert other.key == plain.key + "-Copy"
    assert other.vocal.content_hash() == plain.vocal.content_hash()
    assert other.metadata == plain.metadata


def test_a_share_of_the_songs_of_each_font_is_mastered(tmp_path):
    font = shutil.copy(find_soundfont(DEFAULT_FONT), tmp_path / "Copy.sf2")
    fonts = [DEFAULT_FONT, str(font)]
    songs = RenderedSource(16, 4.0, soundfonts=fonts, mastering=0.25).songs()
    for path in (None, font):
        assert sum(song.mastered for song in songs if song.soundfont == path) == 2
    assert not any(song.mastered for song in RenderedSource(16).songs())
    loud = RenderedSource(1, 4.0, mastering=1).songs()[0].load()
    plain = RenderedSource(1, 4.0).songs()[0].load()
    assert loud.key == plain.key + "-mastered" and loud.metadata == plain.metadata
    assert loud.vocal.content_hash() != loud.accompaniment.content_hash()
    with pytest.raises(SamuelError, match="choose from 0 to 1"):
        RenderedSource(1, mastering=2)
