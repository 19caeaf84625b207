import dataclasses
from pathlib import Path

import numpy as np
import pytest

from samuel_gen.analysis.melody import analyse_vocal_frames
from samuel_gen.corpus.styles.catalogue import CORE_STYLES, STYLES
from samuel_gen.corpus.styles.style import Style
from samuel_gen.estimation_fitting import beat_songs
from samuel_gen.estimation_fitting.beat_songs import (
    FRAME_SECONDS,
    HOP_LENGTH,
    BeatSong,
    Styles,
    render_beat_song,
    render_beat_songs,
)


@pytest.fixture(scope="module")
def song() -> BeatSong:
    return render_beat_song(5, 6.0)


def test_a_song_is_read_as_it_was_written(song: BeatSong, tmp_path: Path) -> None:
    song.save(tmp_path / "song.npz")
    back = BeatSong.load(tmp_path / "song.npz")
    np.testing.assert_allclose(back.vocal, song.vocal, atol=0.05)
    np.testing.assert_allclose(back.frequency, song.frequency, rtol=1e-5)
    np.testing.assert_array_equal(back.beats, song.beats)
    assert back.meter == song.meter and back.frame_seconds == song.frame_seconds


def test_the_powers_of_the_stems_add_up_to_those_of_the_mix(song: BeatSong) -> None:
    from samuel_gen.corpus.song import render_song

    rendered = render_song(5, seconds=6.0)
    both = rendered.vocal + rendered.accompaniment
    _, bands = analyse_vocal_frames([both], rendered.sample_rate, HOP_LENGTH)
    level, expected = (10 * np.log10(each.mean(0)) for each in (song.mix_powers, bands))
    np.testing.assert_allclose(level, expected, atol=1.5)


def test_the_beats_are_those_of_the_score_and_lie_in_the_song(song: BeatSong) -> None:
    assert song.beats.size > 4 and (np.diff(song.beats) > 0.2).all()
    assert set(song.downbeats) <= set(song.beats)
    assert song.seconds == pytest.approx(6.0, abs=4 * FRAME_SECONDS)


def test_songs_on_disk_are_not_rendered_again(
    song: BeatSong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[int] = []

    def render(seed: int, seconds: float, styles: str) -> BeatSong:
        rendered.append(seed)
        return song

    monkeypatch.setattr(beat_songs, "render_beat_song", render)
    list(render_beat_songs(range(3), 6.0, tmp_path))
    list(render_beat_songs(range(4), 6.0, tmp_path))
    assert rendered == [0, 1, 2, 3]
    list(render_beat_songs(range(1), 6.0, tmp_path, "all"))
    assert rendered == [0, 1, 2, 3, 0], "a song in other styles is another song"


def test_songs_have_the_styles_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[Style, ...], bool]] = []

    def render(seed: int, *, seconds: float, styles: tuple[Style, ...], unheard: bool) -> None:
        asked.append((styles, unheard))
        raise InterruptedError

    monkeypatch.setattr("samuel_gen.corpus.song.render_song", render)
    kinds: tuple[Styles, ...] = ("core", "all", "unheard")
    for kind in kinds:
        with pytest.raises(InterruptedError):
            render_beat_song(5, 6.0, kind)
    assert asked == [(CORE_STYLES, False), (STYLES, False), (CORE_STYLES, True)]


def test_a_song_is_steady_if_its_periods_are_equal(song: BeatSong) -> None:
    steady = np.arange(0.5, 5.5, 0.5)
    assert dataclasses.replace(song, beats=steady.round(2)).is_steady
    drifting = np.cumsum(np.linspace(0.45, 0.6, 10))
    assert not dataclasses.replace(song, beats=drifting).is_steady
