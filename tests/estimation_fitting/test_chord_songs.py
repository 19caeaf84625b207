import numpy as np

from samuel_gen.corpus.score import Note
from samuel_gen.estimation_fitting.chord_metrics import chord_tones, find_notes
from samuel_gen.estimation_fitting.chord_songs import (
    FRAME_SECONDS,
    Melody,
    compose_song,
    perturb_beats,
    sing_notes,
)

SECONDS = 16


def chord_share(melody: Melody) -> float:
    """The share of a melody on the tones of the true chords."""
    power = melody.pitch_classes**2
    tones = chord_tones(melody.sheet, power.shape[1], FRAME_SECONDS)
    return float((power * tones).sum() / power.sum())


def test_notes_without_errors_are_the_written_ones() -> None:
    notes = [Note(0.2, 0.9, 60), Note(0.9, 1.5, 64), Note(1.8, 2.5, 69)]
    melody = sing_notes(notes, 3, np.random.default_rng(0), 0)
    assert [pitch_class for _, _, pitch_class in find_notes(melody)] == [0, 4, 9]
    assert np.linalg.norm(melody, axis=0).max() <= 1 + 1e-9


def test_one_seed_gives_one_song() -> None:
    first, second = (compose_song(5, SECONDS, variety=1) for _ in range(2))
    assert first.sheet == second.sheet
    np.testing.assert_array_equal(first.pitch_classes, second.pitch_classes)


def test_errors_change_the_singing_but_not_the_sheet() -> None:
    clean, faulty = (compose_song(7, SECONDS, errors=errors) for errors in (0, 1.2))
    assert clean.sheet == faulty.sheet
    assert np.abs(clean.pitch_classes - faulty.pitch_classes).mean() > 0.01


def test_varied_melodies_agree_less_with_chords_that_are_more_various() -> None:
    plain, varied = (
        [compose_song(seed, SECONDS, errors=0, variety=variety) for seed in range(12)]
        for variety in (0, 1)
    )
    assert np.mean([chord_share(song) for song in varied]) < np.mean(
        [chord_share(song) for song in plain]
    )
    assert sum(a.sheet.chords != b.sheet.chords for a, b in zip(plain, varied, strict=True)) >= 4


def test_other_beats_leave_the_chords_where_they_sound() -> None:
    melody = compose_song(3, SECONDS)
    counts = set()
    for seed in range(40):
        other = perturb_beats(melody, np.random.default_rng(seed)).sheet
        counts.add(len(other.beats))
        times = np.arange(1, SECONDS - 1, 0.1)
        places = zip(melody.sheet.beat_at(times), other.beat_at(times), strict=True)
        agrees = [melody.sheet.chord_at(here) == other.chord_at(there) for here, there in places]
        assert np.mean(agrees) > 0.75
    assert len(counts) > 1  # some have half or double tempo
