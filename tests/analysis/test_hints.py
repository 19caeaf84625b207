"""Hints: each fault of a recording gets one, a good recording none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.hints import find_hints
from samuel_gen.analysis.melody import extract_melody_from_blocks
from samuel_gen.analysis.recording_meter import RecordingMeter
from samuel_gen.audio.loudness import meter_blocks

RATE, HOP = 44_100, 2048
TUNE = [60, 64, 67, 65, 64, 62, 60, 67, 69, 67, 65, 64, 62, 71, 72, 60]


def hints_of(sound: Tensor) -> list[str]:
    meter = RecordingMeter(RATE, HOP)
    melody = extract_melody_from_blocks(meter_blocks([sound], meter), RATE, HOP)
    sung_seconds = float(melody.voicing.sum()) * HOP / RATE
    return list(find_hints(meter, melody, sung_seconds, HOP / RATE))


@pytest.fixture(scope="module")
def tune(sing: Callable[..., Tensor]) -> Tensor:
    return 0.4 * sing(TUNE, noise=0.0)


def test_a_good_recording_gets_no_hints(tune: Tensor) -> None:
    assert hints_of(torch.cat([tune, tune], dim=1)) == []


@pytest.mark.parametrize(
    ("spoil", "hint"),
    [
        (lambda x: 0.004 * x, "very quiet: -"),
        (lambda x: (9 * x).clamp(-1, 1), "samples are at full scale"),
        (lambda x: torch.cat([x, 0 * x]), "one channel is silent"),
        (lambda x: torch.nn.functional.pad(x, (0, 5 * x.shape[-1])), "of the recording is sung"),
        (lambda x: 0 * x, "there is no sound"),
        (
            lambda x: 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)),
            "is it a vocal",
        ),
        (
            lambda x: (
                torch.nn.functional.pad(x, (0, 2 * RATE))
                + 0.03 * torch.randn(x.shape[-1] + 2 * RATE, generator=torch.Generator())
            ),
            "hum or noise",
        ),
        (lambda x: x[:, : 3 * RATE], "too little to be sure"),
    ],
)
def test_each_fault_gets_its_hint(
    spoil: Callable[[Tensor], Tensor], hint: str, tune: Tensor
) -> None:
    hints = hints_of(spoil(tune))
    assert any(hint in text for text in hints), hints


def test_loud_sound_without_pitch_gets_a_hint(tune: Tensor) -> None:
    noise = 0.2 * torch.randn(tune.shape, generator=torch.Generator().manual_seed(0))
    noise[:, : tune.shape[-1] // 2] = 0
    hints = hints_of(tune * (noise == 0) + noise)
    assert any("has no pitch" in hint for hint in hints), hints
