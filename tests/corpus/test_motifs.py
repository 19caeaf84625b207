import numpy as np
import pytest

from samuel_gen.corpus.motifs import draw_motif


def test_motif_fills_its_phrase_up_to_a_rest(four_bars):
    for seed in range(50):
        motif = draw_motif(four_bars, 32, 0.35, np.random.default_rng(seed))
        assert len(motif.onsets) == len(motif.lengths) == len(motif.contour) >= 1
        ends = [onset + length for onset, length in zip(motif.onsets, motif.lengths, strict=True)]
        assert list(motif.onsets[1:]) == ends[:-1]
        assert min(motif.lengths) >= 1 and ends[-1] <= 32 - 2


def test_pace_decides_the_length_of_notes(four_bars):
    means = []
    for pace in (0.15, 0.6):
        motifs = [draw_motif(four_bars, 32, pace, np.random.default_rng(s)) for s in range(50)]
        means.append(np.mean([length for motif in motifs for length in motif.lengths]))
    assert means[1] > 2 * means[0]


def test_notes_prefer_strong_beats(four_bars):
    motifs = [draw_motif(four_bars, 32, 0.35, np.random.default_rng(seed)) for seed in range(200)]
    onsets = np.array([onset for motif in motifs for onset in motif.onsets[1:]])
    assert (onsets % 4 == 0).sum() > (onsets % 4 == 2).sum() > (onsets % 2 == 1).sum()


def test_pickup_lies_before_the_bar_and_a_longer_rest_after_the_phrase(four_bars):
    rests = {1.0: [], 2.5: []}
    for scale, found in rests.items():
        for seed in range(50):
            rng = np.random.default_rng(seed)
            motif = draw_motif(four_bars, 32, 0.35, rng, rest_scale=scale, has_pickup=True)
            assert -8 <= motif.onsets[0] < 0
            found.append(32 - motif.onsets[-1] - motif.lengths[-1])
            assert found[-1] >= -motif.onsets[0]
    assert np.mean(rests[2.5]) > 1.5 * np.mean(rests[1.0])


@pytest.mark.filterwarnings("error")
def test_a_phrase_without_room_for_a_note_is_empty(four_bars):
    motifs = [draw_motif(four_bars, 8, 0.35, np.random.default_rng(seed)) for seed in range(50)]
    empty = [motif for motif in motifs if not motif.onsets]
    assert empty and all(motif.contour == () for motif in empty)
