from dataclasses import replace

import torch

from samuel_gen.analysis.fit import measure_fit
from samuel_gen.analysis.recording_report import analyse_recording
from samuel_gen.audio.limiter import LimitedRecording
from samuel_gen.audio.recording import MemoryRecording, SummedRecording
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.generation.accompaniment import Accompaniment, rank_by_fit

RATE = 44_100


def tone(hertz: float, seconds: float = 3.0) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    beat = (4 * time % 1 < 0.8).float()
    return 0.2 * (beat * torch.sin(2 * torch.pi * hertz * time)).repeat(2, 1)


def accompaniment_of(vocal: torch.Tensor, accompaniment: torch.Tensor) -> Accompaniment:
    recording, other = MemoryRecording(vocal, RATE), MemoryRecording(accompaniment, RATE)
    return Accompaniment(
        vocal=recording,
        accompaniment_recording=other,
        mix_recording=LimitedRecording(SummedRecording([recording, other]), 0.5, -1.0),
        encoded_vocal=Vocal.of(torch.zeros(1, 64, 8), torch.zeros(1, 14, 8)),
        latents=torch.zeros(64, 8),
        seed=0,
        tuning_cents=0.0,
        gain=1.0,
    )


def test_the_samples_are_those_of_the_recordings() -> None:
    vocal, accompaniment = tone(440), tone(220)
    result = accompaniment_of(vocal, accompaniment)
    assert torch.equal(result.accompaniment, accompaniment)
    assert torch.allclose(result.mix, 0.5 * (vocal + accompaniment))
    assert result.sample_rate == RATE


def test_the_fit_needs_no_report_but_uses_one() -> None:
    vocal = tone(440)
    result = accompaniment_of(vocal, tone(220))
    report = analyse_recording(vocal, RATE)
    expected = measure_fit(result.accompaniment_recording, report.melody, report.frame_seconds, 0.0)
    assert result.fit == expected
    assert replace(result, report=report).fit == expected


def test_an_accompaniment_in_key_ranks_before_one_out_of_key() -> None:
    vocal = tone(440)
    out_of_key, in_key = accompaniment_of(vocal, tone(311.13)), accompaniment_of(vocal, tone(220))
    assert in_key.fit.score > out_of_key.fit.score
    assert rank_by_fit([out_of_key, in_key]) == [in_key, out_of_key]
