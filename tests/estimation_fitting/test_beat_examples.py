import numpy as np
import pytest

from samuel_gen.estimation_fitting.beat_examples import bare_example, draw_example
from samuel_gen.estimation_fitting.beat_songs import FRAME_SECONDS, BeatSong


@pytest.fixture
def song() -> BeatSong:
    """A song whose vocal and accompaniment are short pulses on the beats, in different bands."""
    frames = 3000
    beats = np.arange(0.5, 34, 0.5)
    level = np.full((frames, 24), -60.0, np.float32)
    level[np.round(beats / FRAME_SECONDS - 0.5).astype(int)] = 0.0
    vocal, accompaniment = level.copy(), level.copy()
    vocal[:, 12:] = accompaniment[:, :12] = -100.0
    return BeatSong(vocal, accompaniment, np.full(frames, 220.0), beats, beats[::4], "12/8")


def test_the_beats_move_with_the_features(song: BeatSong) -> None:
    """Crops are faster, slower or drift, but the pulses stay on the beats."""
    for seed in range(12):
        example = draw_example(song, 600, 1.0, np.random.default_rng(seed))
        level = example.powers[:, 3:9].sum(1) + example.powers[:, 15:21].sum(1)
        strokes = np.flatnonzero(level > 0.1 * level.max())
        beats = example.beats[(example.beats > 2) & (example.beats < 597)]
        apart = np.abs(strokes[:, None] - beats).min(1)
        assert np.median(apart) < 6, seed
        assert np.isin(np.round(example.downbeats, 6), np.round(example.beats, 6)).all()


def test_the_accompaniment_fades_out_over_the_training(song: BeatSong) -> None:
    def loudness(progress: float) -> float:
        levels = []
        for seed in range(40):
            example = draw_example(song, 300, progress, np.random.default_rng(seed))
            if example.frequency is not None:
                levels.append(example.powers[:, 12:].sum() / example.powers.sum())
        return float(np.mean(levels))

    assert loudness(0.0) > 3 * loudness(1.0)


def test_some_examples_stay_music_without_pitch(song: BeatSong) -> None:
    drawn = [draw_example(song, 200, 1.0, np.random.default_rng(seed)) for seed in range(60)]
    unpitched = [each for each in drawn if each.frequency is None]
    assert 10 < len(unpitched) < 40
    assert any(each.powers[:, 18].max() > each.powers[:, 4].max() for each in unpitched)


def test_the_same_generator_draws_the_same(song: BeatSong) -> None:
    one, other = (draw_example(song, 300, 0.5, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.powers, other.powers)
    np.testing.assert_array_equal(one.beats, other.beats)


def test_whole_songs_are_undisturbed(song: BeatSong) -> None:
    bare = bare_example(song)
    np.testing.assert_array_equal(bare.powers, song.vocal_powers)
    assert bare.is_compound and bare.beats[0] == pytest.approx(0.5 / FRAME_SECONDS - 0.5)
