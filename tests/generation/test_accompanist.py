import math
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from einops import rearrange

from samuel_gen.audio.loudness import integrated_loudness, true_peak
from samuel_gen.audio.recording import Sound
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.samplers import ancestral, ddim
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import BAND_BELOW_VOICE, Accompanist

QUICK = partial(ddim, num_steps=2)


@pytest.fixture
def accompanist(tiny_network, framed_codec, plain_normaliser) -> Accompanist:
    return Accompanist(
        tiny_network,
        cosine(),
        Objective(),
        framed_codec,
        plain_normaliser,
        plain_normaliser,
        device="cpu",
    )


@pytest.mark.parametrize(
    ("rate", "samples", "channels"),
    [(44100, 44100, 1), (48000, 100_003, 2), (8000, 8001, 1), (96000, 150_000, 6)],
)
def test_rate_length_and_peak_are_the_takes_own(
    accompanist: Accompanist, rate: int, samples: int, channels: int
) -> None:
    time = torch.arange(samples) / rate
    vocal = 0.5 * torch.sin(2 * math.pi * 300 * time).repeat(channels, 1)
    result = accompanist.accompany(vocal, rate, sampler=QUICK)
    for sound in (result.accompaniment, result.mix):
        assert sound.shape == (2, samples)
        assert torch.isfinite(sound).all()
        assert true_peak(sound, rate) <= -1.0 + 1e-3
    assert result.sample_rate == rate


def test_the_mix_is_the_voice_with_the_band(accompanist: Accompanist, take) -> None:
    result = accompanist.accompany(take, 44100, sampler=QUICK)
    assert torch.allclose(result.mix, take + result.accompaniment, atol=1e-6)
    heard = integrated_loudness(result.accompaniment, 44100)
    expected = integrated_loudness(take.repeat(2, 1), 44100) - BAND_BELOW_VOICE  # as it is heard
    assert heard == pytest.approx(expected, abs=0.1)


def test_a_voice_on_one_channel_is_a_voice_in_the_middle(accompanist: Accompanist, take) -> None:
    mono = accompanist.accompany(take, 44100, sampler=QUICK)
    stereo = accompanist.accompany(take.repeat(2, 1), 44100, sampler=QUICK)
    assert torch.allclose(mono.mix, stereo.mix, atol=1e-6)


def test_a_loud_voice_is_not_clipped(accompanist: Accompanist, take) -> None:
    loud = take / take.abs().max()
    result = accompanist.accompany(loud, 44100, sampler=QUICK)
    assert true_peak(result.mix, 44100) == pytest.approx(-1.0, abs=0.01)


def test_the_same_seed_gives_the_same_samples_and_another_others(
    accompanist: Accompanist, take
) -> None:
    first, again, other = (
        accompanist.accompany(take, 44100, seed=seed, sampler=QUICK) for seed in (3, 3, 4)
    )
    assert torch.equal(first.accompaniment, again.accompaniment)
    assert not torch.allclose(first.accompaniment, other.accompaniment, atol=1e-3)


def test_the_level_of_the_take_does_not_matter_to_what_is_played(
    accompanist: Accompanist, take
) -> None:
    loud = accompanist.accompany(take, 44100, sampler=QUICK)
    quiet = accompanist.accompany(0.1 * take, 44100, sampler=QUICK)
    assert torch.allclose(loud.latents, quiet.latents, atol=1e-3)
    assert torch.allclose(loud.accompaniment, 10 * quiet.accompaniment, atol=1e-3)


@pytest.mark.parametrize("sampler", [ddim, ancestral])
def test_takes_of_one_batch_are_those_of_their_seeds(
    accompanist: Accompanist, take, sampler
) -> None:
    few = partial(sampler, num_steps=3)
    both = accompanist.takes(take, 44100, [3, 8], sampler=few)
    assert [made.seed for made in both] == [3, 8]
    for made in both:
        alone = accompanist.accompany(take, 44100, seed=made.seed, sampler=few)
        torch.testing.assert_close(made.latents, alone.latents, atol=1e-4, rtol=0)
        torch.testing.assert_close(made.mix, alone.mix, atol=1e-4, rtol=0)
    assert not torch.allclose(both[0].latents, both[1].latents, atol=1e-2)


def test_a_take_may_hear_the_melody_alone(accompanist: Accompanist, take) -> None:
    whole, melody = accompanist.takes(take, 44100, [3, 8], by_melody=[8], sampler=QUICK)
    assert whole.heard.latents_given.all() and not melody.heard.latents_given.any()
    assert melody.heard.melody_given.all()
    alone = accompanist.sample(melody.heard, seed=8, sampler=QUICK)
    torch.testing.assert_close(melody.latents, alone[0], atol=1e-4, rtol=0)
    with_latents = accompanist.accompany(take, 44100, seed=8, sampler=QUICK)
    assert not torch.allclose(melody.latents, with_latents.latents, atol=1e-2)


def test_the_balance_moves_the_band_by_so_many_decibels(accompanist: Accompanist, take) -> None:
    plain, louder = (
        accompanist.accompany(0.1 * take, 44100, sampler=QUICK, balance=balance)
        for balance in (0.0, 6.0)
    )
    gain = 10 ** (6 / 20)
    assert torch.allclose(louder.accompaniment, gain * plain.accompaniment, atol=1e-5)


def voice_of(notes: list[float], cents: float = 0.0) -> torch.Tensor:
    """A second of a tone with overtones for each note."""
    parts = []
    for note in notes:
        phase = torch.arange(44100) * 2 * math.pi * 440 / 44100 * 2 ** ((note + cents / 100) / 12)
        fade = torch.hann_window(44100).sqrt()
        parts.append(fade * sum(torch.sin(k * phase) / k for k in range(1, 6)))
    return 0.2 * torch.cat(parts)[None]


class SamplesAsLatents:
    """A codec that loses nothing."""

    sample_rate, hop_length, channels, context_frames = 44100, 32, 64, 0
    identity = CodecIdentity("samples", "none", 44100, 32, 64)

    def encode(self, audio: torch.Tensor) -> torch.Tensor:
        padded = torch.nn.functional.pad(audio, (0, -audio.shape[-1] % 32))
        return rearrange(padded, "two (frames hop) -> (two hop) frames", hop=32)

    def decode(self, latents: torch.Tensor, num_samples: int | None = None) -> torch.Tensor:
        return rearrange(latents, "(two hop) frames -> two (frames hop)", two=2)[:, :num_samples]


@pytest.fixture
def lossless(tiny_network, plain_normaliser) -> Accompanist:
    parts = (tiny_network, cosine(), Objective(), SamplesAsLatents())
    return Accompanist(*parts, plain_normaliser, plain_normaliser, device="cpu")


def test_a_singer_off_440_is_heard_in_tune_and_answered_in_his_tuning(
    lossless: Accompanist,
) -> None:
    for cents in (-40.0, 30.0):
        voice = voice_of([0.0, 2.0, 4.0, 7.0, 9.0, 5.0], cents)
        assert lossless.tuning(voice, 44100) == pytest.approx(cents, abs=1)
        heard = lossless.encode(voice, 44100, cents).latents[0]
        sound = lossless.codec.decode(heard)
        assert lossless.tuning(sound, 44100) == pytest.approx(0, abs=1)
        assert sound.shape[-1] / voice.shape[-1] == pytest.approx(2 ** (cents / 1200), abs=1e-3)
        answer = lossless.decode(heard, voice.shape[-1], 44100, cents)
        assert lossless.tuning(answer, 44100) == pytest.approx(cents, abs=1)


def test_the_tuning_is_heard_unless_it_is_given(accompanist: Accompanist) -> None:
    voice = voice_of([0.0, 2.0, 4.0, 7.0], 30)
    heard = accompanist.accompany(voice, 44100, sampler=QUICK)
    assert heard.tuning_cents == pytest.approx(30, abs=1)
    told = accompanist.accompany(voice, 44100, sampler=QUICK, tuning_cents=heard.tuning_cents)
    assert torch.equal(heard.mix, told.mix)
    off = accompanist.accompany(voice, 44100, sampler=QUICK, tuning_cents=0.0)
    assert off.tuning_cents == 0 and not torch.allclose(off.latents.mean(), heard.latents.mean())


def test_who_has_no_tuning_is_left_alone(accompanist: Accompanist) -> None:
    anywhere = [0.0, 1.3, 3.5, 4.7, 6.9, 8.2, 2.6, 5.1]
    assert accompanist.tuning(voice_of(anywhere), 44100) == 0


@pytest.mark.parametrize(("rate", "cents"), [(44100, 35.0), (48000, -50.0), (22050, 0.0)])
def test_what_is_answered_falls_where_it_was_heard(
    lossless: Accompanist, rate: int, cents: float
) -> None:
    """Slowed down for the network and back: a click stays at its sample, at any tuning and rate."""
    click = torch.zeros(1, 4 * rate)
    click[0, 3 * rate : 3 * rate + 40] = torch.hann_window(40)
    heard = lossless.encode(click, rate, cents).latents[0]
    energy = lossless.decode(heard, 4 * rate, rate, cents)[0].double().square()
    centre = (energy * torch.arange(4 * rate)).sum() / energy.sum()
    assert float(centre) == pytest.approx(3 * rate + 20, abs=0.5)


def test_an_onset_of_the_band_falls_where_its_frame_is(accompanist: Accompanist) -> None:
    latents = torch.zeros(64, 30)
    latents[:, 10] = 1.0
    sound = accompanist.decode(latents, 30 * 2048, 44100)
    loud = sound.abs().amax(0).nonzero().flatten()
    assert 10 * 2048 - 1 <= int(loud[0]) and int(loud[-1]) < 11 * 2048 + 1
    resampled = accompanist.decode(latents, 30 * 1024, 22050).abs().amax(0)
    energy = resampled.square()
    assert energy[10 * 1024 - 64 : 11 * 1024 + 64].sum() > 0.99 * energy.sum()


def test_a_take_longer_than_a_window_is_one_piece(accompanist: Accompanist, monkeypatch) -> None:
    generator = torch.Generator().manual_seed(0)
    vocal = accompanist.encode(0.1 * torch.randn(1, 44100 * 4, generator=generator), 44100)
    whole = accompanist.sample(vocal, sampler=QUICK)
    monkeypatch.setattr("samuel_gen.generation.stages.WINDOW_FRAMES", 32)
    monkeypatch.setattr("samuel_gen.generation.stages.OVERLAP_FRAMES", 16)
    windowed = accompanist.sample(vocal, sampler=QUICK)
    assert windowed.shape == whole.shape
    assert torch.isfinite(windowed).all()
    assert not torch.equal(windowed, whole)


def test_a_recording_is_taken_as_its_samples(accompanist: Accompanist, take) -> None:
    whole = accompanist.accompany(take, 44100, sampler=QUICK)
    streamed = accompanist.accompany(Sound(take, 44100), sampler=QUICK)
    assert torch.equal(whole.mix, streamed.mix)
    with pytest.raises(SamuelError, match="without a sample_rate"):
        accompanist.accompany(take)


def test_a_generator_draws_instead_of_a_seed(accompanist: Accompanist, take) -> None:
    vocal = accompanist.encode(take, 44100)
    seeded = accompanist.sample(vocal, seed=5, sampler=QUICK)
    drawn = accompanist.sample(
        vocal, generator=torch.Generator().manual_seed(5), sampler=QUICK, seed=1
    )
    assert torch.equal(seeded, drawn)


@pytest.mark.parametrize(("rate", "cents"), [(44100, 0.0), (48000, 40.0)])
def test_a_stretch_is_made_anew_and_the_rest_stays_to_the_sample(
    accompanist: Accompanist, rate: int, cents: float
) -> None:
    voice = 0.1 * torch.randn(1, 6 * rate, generator=torch.Generator().manual_seed(0))
    made = accompanist.accompany(voice, rate, sampler=QUICK, tuning_cents=cents)
    anew = accompanist.redo(made, 2.0, 3.5, seed=7, sampler=QUICK)
    stays = torch.ones(6 * rate, dtype=torch.bool)
    stays[2 * rate : round(3.5 * rate)] = False
    for old, new in (
        (made.accompaniment, anew.accompaniment),
        (made.mix, anew.mix),
    ):
        assert torch.equal(old[:, stays], new[:, stays])
        inside = slice(round(2.1 * rate), round(3.4 * rate))
        assert (old - new)[:, inside].square().mean() > 0.1 * old[:, inside].square().mean()
    again, other = (accompanist.redo(made, 2.0, 3.5, seed=s, sampler=QUICK) for s in (7, 8))
    assert torch.equal(anew.accompaniment, again.accompaniment)
    assert not torch.equal(anew.accompaniment, other.accompaniment)

    twice = accompanist.redo(anew, 3.0, 5.0, seed=1, sampler=QUICK)
    stays[3 * rate : 5 * rate] = False
    assert torch.equal(twice.accompaniment[:, stays], made.accompaniment[:, stays])
    first = slice(0, 3 * rate)
    assert torch.equal(twice.accompaniment[:, first], anew.accompaniment[:, first])
    with pytest.raises(SamuelError, match="redo 5.8-7"):
        accompanist.redo(made, 5.8, 7.0, seed=1)


def test_a_stretch_made_anew_falls_where_its_latents_are(lossless: Accompanist) -> None:
    """Of a codec that loses nothing: the new samples are those of the new latents."""
    voice = 0.1 * torch.randn(1, 4 * 44100, generator=torch.Generator().manual_seed(0))
    made = lossless.accompany(voice, 44100, sampler=QUICK, tuning_cents=0.0)
    anew = lossless.redo(made, 1.0, 2.0, seed=3, sampler=QUICK)
    sound = anew.gain * lossless.decode(anew.latents, 4 * 44100, 44100)
    inside = slice(round(1.1 * 44100), round(1.9 * 44100))
    torch.testing.assert_close(
        anew.accompaniment[:, inside], sound[:, inside], atol=1e-5, rtol=1e-4
    )


def test_guidance_and_the_vocal_change_what_is_played(accompanist: Accompanist, take) -> None:
    with torch.no_grad():
        for film in (m for n, m in accompanist.denoiser.named_modules() if n.endswith("film")):
            torch.nn.init.normal_(film.context.weight, std=0.3)
    vocal = accompanist.encode(take, 44100)
    plain = accompanist.sample(vocal, sampler=QUICK, guidance=partial(Guided, scale=1.0))
    guided = accompanist.sample(vocal, sampler=QUICK, guidance=partial(Guided, scale=4.0))
    deaf = accompanist.sample(vocal.withheld(), sampler=QUICK, guidance=partial(Guided, scale=1.0))
    assert not torch.allclose(plain, guided, atol=1e-3)
    assert not torch.allclose(plain, deaf, atol=1e-3)


def test_unusable_latents_are_never_written(accompanist: Accompanist) -> None:
    with pytest.raises(SamuelError, match="NaN or infinite"):
        accompanist.decode(torch.full((64, 30), math.nan), 44100, 44100)
    with pytest.raises(SamuelError, match="silent"):
        accompanist.decode(torch.zeros(64, 30), 44100, 44100)


def test_unusable_takes_are_refused(accompanist: Accompanist, take) -> None:
    for broken, reason in (
        (take[:, :44099], "at least 1 s"),
        (0 * take, "silent"),
        (take * math.inf, "infinite"),
    ):
        with pytest.raises(SamuelError, match=reason):
            accompanist.accompany(broken, 44100)


def test_a_device_that_is_not_there(tiny_network, framed_codec, plain_normaliser) -> None:
    parts = (tiny_network, cosine(), Objective(), framed_codec, plain_normaliser, plain_normaliser)
    with pytest.raises(SamuelError, match="not on this machine"):
        Accompanist(*parts, device="teapot")


@pytest.fixture
def released(make_checkpoint) -> Checkpoint:
    return make_checkpoint()


def test_the_released_file_plays_as_the_network_did(
    released: Checkpoint, tiny_network, vocal, tmp_path: Path, plain_normaliser
) -> None:
    released.save(tmp_path / "model.safetensors")
    loaded = Accompanist.from_pretrained(tmp_path / "model.safetensors", device="cpu")
    direct = Accompanist(
        tiny_network,
        cosine(),
        Objective(),
        SpectralCodec(),
        plain_normaliser,
        plain_normaliser,
        "cpu",
    )
    assert torch.equal(loaded.sample(vocal, sampler=QUICK), direct.sample(vocal, sampler=QUICK))


def test_it_loads_and_plays_without_hydra_lightning_or_pickle(
    released: Checkpoint, tmp_path: Path
) -> None:
    released.save(tmp_path / "model.safetensors")
    script = (
        "import sys, pickle, torch\n"
        "def refuse(*_, **__): raise AssertionError('pickle')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = torch.load = refuse\n"
        "from samuel_gen.generation.accompanist import Accompanist\n"
        "vocal = 0.1 * torch.sin(torch.arange(50_000) / 20)[None]\n"
        f"band = Accompanist.from_pretrained({str(tmp_path / 'model.safetensors')!r}, 'cpu')\n"
        "latents = band.sample(band.encode(vocal, 44100))\n"
        "band.codec.decode(latents[0], 50_000)\n"
        "loaded = {'hydra', 'omegaconf', 'lightning', 'wandb'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_checkpoint_for_another_codec_is_refused_by_name(
    released: Checkpoint, tmp_path: Path
) -> None:
    other = CodecIdentity("spectral", "feedbeef", 44100, 2048, 64)
    Checkpoint(**{**vars(released), "codec_identity": other}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="another codec.*feedbeef"):
        Accompanist.from_pretrained(tmp_path / "m.safetensors")


def test_a_checkpoint_that_names_foreign_code_is_refused(
    released: Checkpoint, tmp_path: Path
) -> None:
    config = {**released.config, "model": {"_target_": "os.system", "command": "true"}}
    Checkpoint(**{**vars(released), "config": config}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="may not name other code"):
        Accompanist.from_pretrained(tmp_path / "m.safetensors")


def test_weights_that_do_not_fit_are_refused(released: Checkpoint, tmp_path: Path) -> None:
    weights = {name: value for name, value in released.weights.items() if "decode" not in name}
    Checkpoint(**{**vars(released), "weights": weights}).save(tmp_path / "m.safetensors")
    with pytest.raises(SamuelError, match="do not fit"):
        Accompanist.from_pretrained(tmp_path / "m.safetensors")
