import numpy as np
import pytest
import torch

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.generation.click_track import ClickRecording, CountIn
from samuel_gen.lead_sheet.click import render_click
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

RATE = 8_000


def samples_of(recording) -> torch.Tensor:
    return torch.cat(list(recording.blocks(recording.sample_rate)), dim=1)


def test_a_click_has_the_length_of_the_recording() -> None:
    sheet = LeadSheet(steady_beats(92, 0.41, 40))
    click = samples_of(ClickRecording(sheet, 40 * RATE + 7, RATE))
    assert click.shape == (2, 40 * RATE + 7)
    assert np.array_equal(click[0].numpy(), render_click(sheet, 40 * RATE + 7, RATE))


@pytest.mark.parametrize("first_position", [1, 3])
def test_a_count_in_comes_before_and_changes_nothing_else(first_position: int) -> None:
    sheet = LeadSheet(steady_beats(120, 0.25, 10), first_position, parse_meter("4/4"))
    sound = MemoryRecording(torch.rand(2, 10 * RATE) - 0.5, RATE)
    before = CountIn.of(sheet, 2)
    beats = 8 if first_position == 1 else 6
    assert before.seconds == pytest.approx(beats * 0.5 - 0.25)
    whole = samples_of(before.prepend(sound))
    lead = whole.shape[-1] - 10 * RATE
    assert lead == round(before.seconds * RATE)
    assert torch.equal(whole[:, lead + RATE // 2 :], samples_of(sound)[:, RATE // 2 :])
    for beat in range(beats):
        assert whole[0, round(beat * 0.5 * RATE) :][:40].abs().max() > 0.2
    clicks = samples_of(before.click(10 * RATE, RATE))
    assert clicks.shape == whole.shape
    first = lead + round(0.25 * RATE)
    assert clicks[0, first : first + 40].abs().max() > 0.2
    assert torch.equal(whole[:, lead:][:, first - lead :], samples_of(sound)[:, first - lead :])
