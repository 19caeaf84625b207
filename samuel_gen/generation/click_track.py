"""The click of a lead sheet as recordings: beside the music, and as a count-in before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.edits import DerivedRecording
from samuel_gen.audio.recording import Recording
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.lead_sheet.click import count_in, render_click
from samuel_gen.lead_sheet.sheet import LeadSheet


class ClickRecording(DerivedRecording):
    """A click on every beat of a lead sheet.

    Args:
        sheet: the lead sheet.
        samples: the length in samples.
        sample_rate: the rate in Hz.
    """

    def __init__(self, sheet: LeadSheet, samples: int, sample_rate: int) -> None:
        self.sheet, self.samples, self.sample_rate = sheet, samples, sample_rate

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        for start in range(0, self.samples, BLOCK_SAMPLES):
            length = min(BLOCK_SAMPLES, self.samples - start)
            click = render_click(self.sheet, length, self.sample_rate, start)
            yield torch.from_numpy(click).expand(2, -1)


@dataclass(frozen=True)
class CountIn:
    """Bars of click before a recording.

    Attributes:
        sheet: the lead sheet with the beats of the count-in, which begins at 0 s or later.
        seconds: the time by which the recording starts later.
        until: the time of the first beat after the count-in.
    """

    sheet: LeadSheet
    seconds: float
    until: float

    @classmethod
    def of(cls, sheet: LeadSheet, bars: int) -> "CountIn":
        """Make a count-in of some bars, up to the first downbeat of a sheet."""
        counted = count_in(sheet, bars)
        seconds = max(0.0, -float(counted.beats[0]))
        return cls(counted.shift(seconds), seconds, float(sheet.beats[0]) + seconds)

    def click(self, samples: int, sample_rate: int) -> ClickRecording:
        """Return the click of the count-in and of the recording after it.

        Args:
            samples: the length of the recording in samples.
            sample_rate: the rate of the recording in Hz.
        """
        return ClickRecording(self.sheet, samples + round(self.seconds * sample_rate), sample_rate)

    def prepend(self, recording: Recording) -> "CountedInRecording":
        """Return the recording with the count-in before it."""
        return CountedInRecording(recording, self)


class CountedInRecording(DerivedRecording):
    """A recording that starts after a count-in; it is not changed otherwise.

    Args:
        recording: the original.
        before: the count-in.
    """

    def __init__(self, recording: Recording, before: CountIn) -> None:
        self.recording, self.before = recording, before
        self.sample_rate = recording.sample_rate
        self._lead = round(before.seconds * self.sample_rate)
        self.samples = recording.samples + self._lead

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        at = 0
        for block in self._shifted():
            length = block.shape[-1]
            click = render_click(
                self.before.sheet, length, self.sample_rate, at, self.before.until - 1e-6
            )
            yield block + torch.from_numpy(click)
            at += length

    def _shifted(self) -> Iterator[Float[Tensor, "2 _"]]:
        for start in range(0, self._lead, BLOCK_SAMPLES):
            yield torch.zeros(2, min(BLOCK_SAMPLES, self._lead - start))
        yield from self.recording.blocks(self.sample_rate)
