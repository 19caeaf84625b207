import numpy as np

from samuel_gen.corpus.melody import compose_melody
from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.theory import scale_of

LOW, HIGH = 52, 67


def _melodies(count: int = 40, seconds: float = 48.0):
    for seed in range(count):
        rng = np.random.default_rng([seed, 0])
        plan = plan_song(seed, seconds, rng)
        yield plan, compose_melody(plan, LOW, HIGH, rng)


def test_notes_follow_each_other_within_the_singers_range():
    for plan, melody in _melodies():
        assert all(LOW <= note.midi <= HIGH for note in melody)
        assert all(note.end - note.start >= 0.08 for note in melody)
        for one, other in zip(melody[:-1], melody[1:], strict=True):
            assert one.end <= other.start
        assert melody[-1].end <= plan.seconds


def test_the_melody_keeps_to_the_scale_and_leans_on_chord_tones():
    in_scale, on_chord, seconds = 0.0, 0.0, 0.0
    for plan, melody in _melodies():
        for note in melody:
            length = note.end - note.start
            middle = (note.start + min(note.end, note.start + 0.1)) / 2
            steps = range(plan.bars * plan.style.meter.steps)
            step = max((s for s in steps if plan.time_of(s) <= middle), default=0)
            seconds += length
            in_scale += length * (note.midi % 12 in scale_of(plan.tonic, plan.mode))
            on_chord += length * (note.midi % 12 in plan.chord_at(step).chord.pitch_classes)
    assert in_scale / seconds > 0.9
    assert on_chord / seconds > 0.6


def test_the_singer_rests_in_the_intro_and_between_phrases():
    intros = 0
    for plan, melody in _melodies():
        first = plan.sections[0]
        if first.name == "intro":
            intros += 1
            assert melody[0].start >= plan.time_of(first.bars * plan.style.meter.steps) - 0.03
        rests = [b.start - a.end for a, b in zip(melody[:-1], melody[1:], strict=True)]
        assert sum(rest > 0.3 for rest in rests) >= 3
        assert 0.3 < sum(note.end - note.start for note in melody) / plan.seconds < 0.9
    assert intros > 20


def test_short_songs_have_a_melody():
    assert all(len(melody) >= 2 for _, melody in _melodies(60, 6.0))


def test_rhythms_return_when_their_section_does():
    returned = 0
    for plan, melody in _melodies(30, 120.0):
        steps = plan.style.meter.steps
        seen: dict[str, list[float]] = {}
        for section in (s for s in plan.sections if s.bars >= 8):
            start = plan.time_of(section.first_bar * steps)
            stop = plan.time_of((section.first_bar + 4) * steps)
            onsets = [n.start - start for n in melody if start - 0.03 <= n.start < stop - 0.05]
            if section.name in seen:
                assert np.allclose(onsets, seen[section.name], atol=0.06)
                returned += 1
            seen[section.name] = onsets
    assert returned > 10
