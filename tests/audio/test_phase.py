"""Two sides that cancel are brought in phase; all other sounds stay as they are."""

import pytest
import torch

from samuel_gen.audio.phase import bring_in_phase, bring_samples_in_phase, mono_blocks, to_mono
from samuel_gen.audio.recording import MemoryRecording

GENERATOR = torch.Generator().manual_seed(0)
ONE, OTHER = torch.randn(2, 300_000, generator=GENERATOR)


def read(recording) -> torch.Tensor:
    return torch.cat(list(recording.blocks(recording.sample_rate)), dim=1)


@pytest.mark.parametrize(
    "sound",
    [
        torch.stack([ONE, ONE]),
        torch.stack([ONE, OTHER]),
        torch.stack([ONE, -0.1 * ONE]),
        torch.zeros(2, 999),
    ],
    ids=["mono", "unrelated", "one side far softer", "silence"],
)
def test_sides_that_do_not_cancel_stay(sound):
    recording = MemoryRecording(sound, 44_100)
    assert bring_in_phase(recording) is recording
    assert torch.equal(bring_samples_in_phase(sound), sound)
    assert torch.equal(to_mono(sound), sound.mean(0))


@pytest.mark.parametrize("right", [-ONE, -0.7 * ONE + 0.1 * OTHER])
def test_sides_that_cancel_add_up_afterwards(right):
    sound = torch.stack([ONE, right])
    truth = torch.stack([ONE, -right])
    recording = bring_in_phase(MemoryRecording(sound, 44_100))
    assert torch.equal(read(recording), truth) and recording.samples == 300_000
    assert torch.equal(to_mono(sound), truth.mean(0))
    assert torch.equal(torch.cat(list(mono_blocks(recording, 44_100))), truth.mean(0))
    assert bring_in_phase(recording) is recording


@pytest.mark.parametrize("channels", [1, 3])
def test_other_numbers_of_channels_are_averaged(channels):
    sound = torch.randn(channels, 99, generator=GENERATOR)
    assert torch.equal(to_mono(sound), sound.mean(0))
