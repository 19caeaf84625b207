from bisect import bisect_right
from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.melody import compose_melody, vary_timing
from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.theory import scale_of

LOW, HIGH = 52, 67


@pytest.fixture(scope="module")
def melodies():
    return _compose(30, 48.0)


def _compose(count: int, seconds: float):
    composed = []
    for seed in range(count):
        rng = np.random.default_rng([seed, 0])
        plan = plan_song(seed, seconds, rng)
        composed.append((plan, compose_melody(plan, LOW, HIGH, rng)))
    return composed


def test_notes_follow_each_other_within_the_singers_range(melodies):
    for plan, melody in melodies:
        assert all(LOW <= note.midi <= HIGH for note in melody)
        assert all(note.end - note.start >= 0.08 for note in melody)
        for one, other in zip(melody[:-1], melody[1:], strict=True):
            assert one.end <= other.start
        assert melody[-1].end <= plan.seconds


def test_melody_keeps_to_the_scale_and_favours_chord_tones(melodies):
    in_scale, on_chord, seconds = 0.0, 0.0, 0.0
    for plan, melody in melodies:
        times = [plan.time_of(step) for step in range(plan.bars * plan.style.meter.steps)]
        for note in melody:
            length = note.end - note.start
            step = max(bisect_right(times, note.start + 0.04) - 1, 0)
            seconds += length
            in_scale += length * (note.midi % 12 in scale_of(plan.tonic, plan.mode))
            on_chord += length * (note.midi % 12 in plan.chord_at(step).chord.pitch_classes)
    assert in_scale / seconds > 0.9
    assert on_chord / seconds > 0.6


def test_melody_rests_in_the_intro_and_between_phrases(melodies):
    intros = 0
    for plan, melody in melodies:
        first = plan.sections[0]
        if first.name == "intro":
            intros += 1
            meter = plan.style.meter
            pickup = 2 * meter.steps_per_beat
            assert melody[0].start >= plan.time_of(first.bars * meter.steps - pickup) - 0.03
        rests = [b.start - a.end for a, b in zip(melody[:-1], melody[1:], strict=True)]
        assert sum(rest > 0.3 for rest in rests) >= 3
        assert 0.2 < sum(note.end - note.start for note in melody) / plan.seconds < 0.9
    assert intros > 15


def test_short_songs_have_a_melody():
    assert all(len(melody) >= 2 for _, melody in _compose(45, 6.0))


def test_some_vocals_begin_before_the_first_bar(four_bars):
    late = replace(four_bars, lead_in=2.0, seconds=12.0)
    starts = [_compose_plan(late, seed)[0].start for seed in range(40)]
    assert 0.05 < np.mean(np.array(starts) < 1.9) < 0.5
    early = [_compose_plan(replace(late, lead_in=0.05), seed)[0].start for seed in range(40)]
    assert min(early) >= 0.0


def _compose_plan(plan, seed: int):
    return compose_melody(plan, LOW, HIGH, np.random.default_rng(seed))


def test_repeated_sections_repeat_their_rhythm():
    returned = 0
    for plan, melody in _compose(40, 100.0):
        if plan.style.swing != 0.5:  # a note that swing makes too short is left out
            continue
        steps = plan.style.meter.steps
        seen: dict[str, list[float]] = {}
        for section in (s for s in plan.sections if s.bars >= 8):
            first = section.first_bar * steps
            times = [plan.time_of(first + step) for step in range(4 * steps - 1)]
            sung = [n.start for n in melody if times[0] - 0.03 <= n.start < times[-1] + 0.03]
            onsets = np.interp(sung, times, plan.step_seconds * np.arange(len(times)))
            if section.name in seen:
                assert np.allclose(onsets, seen[section.name], atol=0.06)
                returned += 1
            seen[section.name] = onsets
    assert returned > 10


def test_timing_varies_but_keeps_the_order_of_notes():
    written = tuple(Note(0.5 * i, 0.5 * i + 0.4, 60 + i % 5) for i in range(60))
    shifts = []
    for seed in range(120):
        sung = vary_timing(written, 30.0, np.random.default_rng(seed))
        assert [note.midi for note in sung] == [note.midi for note in written]
        for one, other in zip(sung[:-1], sung[1:], strict=True):
            assert one.start < one.end <= other.start + 1e-9
        assert sung[-1].end <= 30.0
        shifts.append([a.start - b.start for a, b in zip(sung, written, strict=True)])
    late = np.array(shifts)
    largest = np.abs(late).max(axis=1)
    assert largest.max() <= 0.2501
    assert 0.02 < np.mean(largest > 0.0801) < 0.25  # sung freely
    assert late.mean(axis=1).std() > 0.01  # from song to song
    assert late.std(axis=1).max() > 0.008  # and within a song
