"""The way of a lead sheet into the network: its time, its tuning, its ends."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.diffusion.samplers import ddim
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.estimate import estimate_lead_sheet
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.frames import beat_frames, chord_frames
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats

QUICK = partial(ddim, num_steps=2)
FRAME = 2048 / 44100
CHORDS = (ChordChange(0, Chord(2, "m", 2)), ChordChange(4, Chord(7, "7", 7)))


def make_sheet(stop: float = 8.0, **changes) -> LeadSheet:
    sheet = LeadSheet(steady_beats(120, 0.3, stop), chords=CHORDS, style="folk")
    return replace(sheet, **changes)


def tone(seconds: float) -> torch.Tensor:
    time = torch.arange(round(seconds * 44100)) / 44100
    return 0.3 * torch.sin(2 * torch.pi * 220 * time)[None]


def test_the_network_gets_the_sheet_on_the_frames_of_the_vocal(accompanist: Accompanist) -> None:
    encoded = accompanist.stages.encode(tone(4.0), 44100, lead_sheet=make_sheet())
    frames = encoded.latents.shape[-1]
    assert torch.equal(encoded.chords[0], torch.tensor(chord_frames(make_sheet(), frames, FRAME)))
    assert torch.equal(encoded.beats[0], torch.tensor(beat_frames(make_sheet(), frames, FRAME)))
    assert encoded.style.tolist() == [5]
    assert encoded.chords_given.all() and encoded.beats_given.all() and encoded.style_given.all()


def test_what_the_sheet_leaves_out_is_withheld(accompanist: Accompanist) -> None:
    bare = make_sheet(chords=(), style=None)
    encoded = accompanist.stages.encode(tone(4.0), 44100, lead_sheet=bare)
    assert encoded.beats_given.all()
    assert not encoded.chords_given.any() and not encoded.style_given.any()
    without = accompanist.stages.encode(tone(4.0), 44100)
    assert not without.beats_given.any()


@pytest.mark.parametrize("cents", [-45.0, 30.0])
def test_a_tuned_vocal_takes_its_beats_along(accompanist: Accompanist, cents: float) -> None:
    """The network gets the vocal slower or faster by its tuning, and the beats with it."""
    encoded = accompanist.stages.encode(tone(8.0), 44100, cents, make_sheet())
    moved = make_sheet().scale_time(2 ** (cents / 1200))
    expected = beat_frames(moved, encoded.latents.shape[-1], FRAME)
    torch.testing.assert_close(encoded.beats[0], torch.tensor(expected), atol=0.02, rtol=0)


def test_a_sheet_that_ends_early_is_continued(accompanist: Accompanist) -> None:
    short = accompanist.stages.encode(tone(8.0), 44100, lead_sheet=make_sheet(stop=4.1))
    whole = accompanist.stages.encode(tone(8.0), 44100, lead_sheet=make_sheet(stop=8.0))
    torch.testing.assert_close(short.beats, whole.beats)
    assert short.chords[0, :, -10:].any()


def test_a_sheet_that_begins_after_the_end_is_refused(accompanist: Accompanist) -> None:
    late = make_sheet().shift(20.0)
    with pytest.raises(SamuelError, match=r"begins at 20\.30 s, but the vocal ends at 4\.00 s"):
        accompanist.stages.encode(tone(4.0), 44100, lead_sheet=late)


def test_an_accompaniment_depends_on_its_sheet_and_keeps_it(accompanist: Accompanist) -> None:
    def accompany(sheet: LeadSheet | None):
        return accompanist.accompany(
            tone(3.0), 44100, sampler=QUICK, candidates=1, lead_sheet=sheet
        )

    one, other = accompany(make_sheet()), accompany(make_sheet().transpose(3))
    assert one.lead_sheet == make_sheet() and accompany(None).lead_sheet is None
    assert not torch.equal(one.latents, other.latents)
    redone = accompanist.redo(one, 0.5, 2.0, seed=3, sampler=QUICK)
    assert redone.lead_sheet == make_sheet()
    assert torch.equal(redone.encoded_vocal.chords, one.encoded_vocal.chords)


def test_a_sheet_is_estimated_unless_one_is_given(accompanist: Accompanist) -> None:
    result = accompanist.accompany(tone(4.0), 44100, sampler=QUICK, candidates=1)
    assert result.lead_sheet == estimate_lead_sheet(tone(4.0), 44100).sheet


def test_recordings_and_samples_have_the_same_sheet(accompanist: Accompanist) -> None:
    recording = MemoryRecording(tone(4.0).repeat(2, 1), 44100)
    first = accompanist.stages.encode(recording, lead_sheet=make_sheet())
    second = accompanist.stages.encode(tone(4.0), 44100, lead_sheet=make_sheet())
    assert torch.equal(first.beats, second.beats)
