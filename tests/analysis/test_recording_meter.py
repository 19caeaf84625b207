"""Levels of a stream against those of the whole sound."""

import math

import numpy as np
import pytest
import torch

from samuel_gen.analysis.recording_meter import RecordingMeter
from samuel_gen.audio.loudness import integrated_loudness

RATE, HOP = 8_000, 400


@pytest.mark.parametrize("size", [1, 333, 10**6])
def test_a_stream_is_measured_as_the_whole(size):
    sound = 0.2 * torch.randn(2, 1_950, generator=torch.Generator().manual_seed(0))
    sound[0, 100:103], sound[1, 102] = 1.0, -1.0
    meter = RecordingMeter(RATE, HOP)
    for block in (sound[:, :0], *sound.split(size, dim=1)):
        meter.add(block)
    assert (meter.samples, meter.clipped) == (1_950, 3) and meter.seconds == 1_950 / RATE
    assert meter.channel_peaks == sound.abs().amax(1).tolist()
    assert meter.loudness == pytest.approx(integrated_loudness(sound, RATE), abs=1e-9)
    power = sound[:, : 4 * HOP].double().square().mean(0).reshape(4, HOP).mean(1)
    np.testing.assert_allclose(meter.frame_levels, 10 * power.log10())


def test_silence_has_the_least_level():
    meter = RecordingMeter(RATE, HOP)
    meter.add(torch.zeros(1, RATE))
    assert (meter.frame_levels == -100).all() and meter.loudness == -math.inf
    assert meter.channel_peaks == [0.0]
