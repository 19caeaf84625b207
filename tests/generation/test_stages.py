import math
from functools import partial

import pytest
import torch

from samuel_gen.analysis.recording_report import analyse_recording
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.encode.song import encode_song
from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import ddim
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.stages import Stages, to_recording

QUICK = partial(ddim, num_steps=2)


def tuning_of(sound: torch.Tensor) -> float:
    return analyse_recording(sound, 44100).reliable_tuning


def test_training_and_generation_prepare_the_same_vocal(tiny_model: TrainedModel) -> None:
    """Every number of a song's vocal in a data set equals the one that generation computes."""
    codec = SpectralCodec()
    (item,) = RenderedSource(songs=1, seconds=12.0, seed=3).songs()
    stored = encode_song(item, codec).tensors
    parts = {**vars(tiny_model), "codec": codec}
    encoded = Stages(TrainedModel(**parts), "cpu").encode(item.load().vocal)
    assert torch.equal(encoded.latents[0].T.half(), stored["vocal"])
    assert torch.equal(encoded.melody[0].T.half(), stored["melody"])


@pytest.mark.parametrize("cents", [-40.0, 30.0])
def test_a_vocal_is_encoded_in_tune_and_decoded_in_its_own_tuning(
    lossless: Accompanist, melody, cents: float
) -> None:
    stages = lossless.stages
    vocal = melody([0.0, 2.0, 4.0, 7.0, 9.0, 5.0], cents)
    assert tuning_of(vocal) == pytest.approx(cents, abs=1)
    latents = stages.encode(vocal, 44100, cents).latents[0]
    in_tune = stages.model.codec.decode(latents)
    assert tuning_of(in_tune) == pytest.approx(0, abs=1)
    assert in_tune.shape[-1] / vocal.shape[-1] == pytest.approx(2 ** (cents / 1200), abs=1e-3)
    decoded = stages.decode(latents, vocal.shape[-1], 44100, cents)
    assert tuning_of(decoded) == pytest.approx(cents, abs=1)


@pytest.mark.parametrize(("rate", "cents"), [(44100, 35.0), (48000, -50.0), (22050, 0.0)])
def test_a_click_stays_at_its_sample(lossless: Accompanist, rate: int, cents: float) -> None:
    """The vocal is slowed down for the network and back, at any tuning and rate."""
    click = torch.zeros(1, 4 * rate)
    click[0, 3 * rate : 3 * rate + 40] = torch.hann_window(40)
    latents = lossless.stages.encode(click, rate, cents).latents[0]
    energy = lossless.stages.decode(latents, 4 * rate, rate, cents)[0].double().square()
    centre = (energy * torch.arange(4 * rate)).sum() / energy.sum()
    assert float(centre) == pytest.approx(3 * rate + 20, abs=0.5)


def test_a_frame_of_latents_sounds_at_its_own_time(stages: Stages) -> None:
    latents = torch.zeros(64, 30)
    latents[:, 10] = 1.0
    sound = stages.decode(latents, 30 * 2048, 44100)
    loud = sound.abs().amax(0).nonzero().flatten()
    assert 10 * 2048 - 1 <= int(loud[0]) and int(loud[-1]) < 11 * 2048 + 1
    energy = stages.decode(latents, 30 * 1024, 22050).abs().amax(0).square()
    assert energy[10 * 1024 - 64 : 11 * 1024 + 64].sum() > 0.99 * energy.sum()


def test_a_long_vocal_is_sampled_in_windows(stages: Stages, monkeypatch) -> None:
    generator = torch.Generator().manual_seed(0)
    vocal = stages.encode(0.1 * torch.randn(1, 44100 * 4, generator=generator), 44100)
    whole = stages.sample(vocal, sampler=QUICK)
    monkeypatch.setattr("samuel_gen.generation.stages.WINDOW_FRAMES", 32)
    monkeypatch.setattr("samuel_gen.generation.stages.OVERLAP_FRAMES", 16)
    windowed = stages.sample(vocal, sampler=QUICK)
    assert windowed.shape == whole.shape
    assert torch.isfinite(windowed).all()
    assert not torch.equal(windowed, whole)


def test_a_generator_replaces_the_seed(stages: Stages, sound) -> None:
    vocal = stages.encode(sound, 44100)
    seeded = stages.sample(vocal, seed=5, sampler=QUICK)
    drawn = stages.sample(vocal, generator=torch.Generator().manual_seed(5), sampler=QUICK, seed=1)
    assert torch.equal(seeded, drawn)


def test_guidance_and_the_vocal_change_the_latents(stages: Stages, sound) -> None:
    with torch.no_grad():
        for film in (m for n, m in stages.denoiser.named_modules() if n.endswith("film")):
            torch.nn.init.normal_(film.context.weight, std=0.3)
    vocal = stages.encode(sound, 44100)
    unguided = partial(Guided, scale=1.0)
    plain = stages.sample(vocal, sampler=QUICK, guidance=unguided)
    guided = stages.sample(vocal, sampler=QUICK, guidance=partial(Guided, scale=4.0))
    without_vocal = stages.sample(vocal.withhold_views(), sampler=QUICK, guidance=unguided)
    assert not torch.allclose(plain, guided, atol=1e-3)
    assert not torch.allclose(plain, without_vocal, atol=1e-3)


def test_latents_that_are_not_finite_or_silent_are_refused(stages: Stages) -> None:
    with pytest.raises(SamuelError, match="NaN or infinite"):
        stages.decode(torch.full((64, 30), math.nan), 44100, 44100)
    with pytest.raises(SamuelError, match="silent"):
        stages.decode(torch.zeros(64, 30), 44100, 44100)


def test_a_recording_and_its_samples_are_the_same_vocal(stages: Stages, sound) -> None:
    recording = MemoryRecording(sound, 44100)
    assert to_recording(recording, None) is recording
    whole, streamed = stages.encode(sound, 44100), stages.encode(recording)
    assert torch.equal(whole.latents, streamed.latents)
    with pytest.raises(SamuelError, match="without a sample_rate"):
        stages.encode(sound)
    with pytest.raises(SamuelError, match="infinite"):
        to_recording(sound * math.inf, 44100)


def test_an_unknown_device_is_refused(tiny_model: TrainedModel) -> None:
    with pytest.raises(SamuelError, match="not on this machine"):
        Stages(tiny_model, "teapot")


@pytest.mark.parametrize(("rate", "cents"), [(44100, 0.0), (48000, 0.0), (44100, 40.0)])
def test_an_analysed_vocal_is_not_tracked_again(
    lossless: Accompanist, melody, rate: int, cents: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocal = melody([0.0, 2.0, 4.0, 7.0, 9.0, 5.0], cents)
    tracked = lossless.stages.encode(vocal, rate, cents)
    report = analyse_recording(vocal, rate)
    monkeypatch.setattr("samuel_gen.analysis.prepared_vocal.extract_melody_from_blocks", None)
    known = lossless.stages.encode(vocal, rate, cents, report=report)
    assert torch.allclose(known.latents, tracked.latents, rtol=1e-3, atol=1e-3)
    assert known.melody.shape == tracked.melody.shape
    assert float((known.melody - tracked.melody).abs().mean()) < 0.02
