import json
import math

import pytest
import torch

from samuel_gen.codecs.quality import (
    Quality,
    bass_hit_rate,
    chroma_similarity,
    level_difference,
    log_mel_distance,
    onset_similarity,
    round_trip,
    width_difference,
)

RATE = 44_100


def test_identical_recordings_are_perfect(music):
    quality = Quality.measure(music, music, RATE)
    assert quality.chroma == pytest.approx(1, abs=1e-4) and quality.bass == 1
    assert quality.onset == pytest.approx(1, abs=1e-4)
    assert quality.log_mel == quality.level == quality.width == 0


def test_transposition_changes_harmony_and_bass(music):
    faster = torch.nn.functional.interpolate(music[None], scale_factor=2 ** (-1 / 12))[0]
    length = faster.shape[1]
    assert chroma_similarity(music[:, :length], faster, RATE) < 0.6
    assert bass_hit_rate(music[:, :length], faster, RATE) < 0.2


def test_shifted_hits_change_the_rhythm(music):
    assert onset_similarity(music, music.roll(RATE // 5, dims=1), RATE) < 0.5


def test_gain_changes_level_and_colour_only(music):
    louder = music * 10 ** (3 / 20)
    quality = Quality.measure(music, louder, RATE)
    assert quality.level == pytest.approx(3, abs=0.01)
    assert 2 < quality.log_mel <= 3.01  # bands below the floor do not change
    assert quality.chroma == pytest.approx(1, abs=1e-4) and quality.width < 0.01
    assert level_difference(music, louder) == quality.level
    assert log_mel_distance(music, louder, RATE) == quality.log_mel


def test_width_difference_is_the_gain_of_the_side():
    middle, side = torch.randn(2, 3 * RATE, generator=torch.Generator().manual_seed(0))
    narrow = torch.stack([middle + 0.5 * side, middle - 0.5 * side])
    wide = torch.stack([middle + side, middle - side])
    expected = torch.full((6,), 20 * math.log10(2))
    torch.testing.assert_close(width_difference(narrow, wide, RATE), expected, atol=0.01, rtol=0)


def test_round_trip_returns_the_decoded_audio(music, framed_codec):
    decoded, quality = round_trip(framed_codec, music)
    assert torch.equal(decoded, framed_codec.decode(framed_codec.encode(music), music.shape[1]))
    assert quality == Quality.measure(music, decoded, RATE) and quality.level < -5


def test_lines_name_and_explain_each_metric():
    quality = Quality(0.9543, 0.8, 0.9, 2.0, -0.0312, math.nan)
    lines = quality.lines()
    assert len(lines) == 6 and lines[0].split()[:3] == ["chroma", "0.954", "same"]
    assert "-0.03  dB louder" in lines[4]
    assert json.loads(json.dumps(quality.to_dict(), allow_nan=False))["width"] is None
    assert quality.to_dict()["chroma"] == 0.9543
