"""The click: a short tone on each beat, higher on the first beat of a bar."""

import math
from bisect import bisect_left

import numpy as np
from jaxtyping import Float

from samuel_gen.lead_sheet.sheet import LeadSheet

_BEAT_HERTZ, _DOWNBEAT_HERTZ = 1000.0, 1500.0
_SECONDS, _DECAY = 0.05, 0.01
_AMPLITUDE = 0.5


def render_click(
    sheet: LeadSheet,
    num_samples: int,
    sample_rate: int,
    start: int = 0,
    until: float | int = math.inf,
) -> Float[np.ndarray, " samples"]:
    """Render clicks on the beats of a sheet, as samples of full scale 1.

    Args:
        sheet: the lead sheet, on the time of the samples.
        num_samples: the length in samples.
        sample_rate: the rate in Hz.
        start: the first sample; the clicks of a long sheet can be rendered part by part.
        until: the time in seconds from which on nothing clicks.
    """
    samples = np.zeros(num_samples, np.float32)
    time = np.arange(round(_SECONDS * sample_rate)) / sample_rate
    begin, end = start / sample_rate, (start + num_samples) / sample_rate
    first_beat = bisect_left(sheet.beats, begin - 2 * _SECONDS)
    last_beat = bisect_left(sheet.beats, min(end + 1 / sample_rate, until))
    for beat, position in zip(
        sheet.beats[first_beat:last_beat], sheet.positions[first_beat:last_beat], strict=True
    ):
        hertz = _DOWNBEAT_HERTZ if position == 1 else _BEAT_HERTZ
        click = _AMPLITUDE * np.exp(-time / _DECAY) * np.sin(2 * np.pi * hertz * time)
        at = round(beat * sample_rate) - start
        first, last = max(at, 0), min(at + len(click), num_samples)
        if first < last:
            samples[first:last] += click[first - at : last - at].astype(np.float32)
    return samples


def count_in(sheet: LeadSheet, bars: int) -> LeadSheet:
    """Return a sheet that begins some bars earlier, at the tempo of its first bar.

    The times of the beats before 0 are negative: shift the result to listen to it from its start.

    Args:
        sheet: the lead sheet.
        bars: the number of bars before the sheet's first downbeat.
    """
    bar = sheet.meter.beats_per_bar
    span = min(bar, len(sheet.beats) - 1)
    period = (sheet.beats[span] - sheet.beats[0]) / span
    pickup = (1 - sheet.first_position) % bar
    more = max(0, bars * bar - pickup)
    before = tuple(sheet.beats[0] - period * (more - at) for at in range(more))
    return LeadSheet(before + sheet.beats, 1 if more else sheet.first_position, sheet.meter)
