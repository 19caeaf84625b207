import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samuel_gen.codec_fitting.fit import fit_tables
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.quality import Quality, level_difference, width_difference
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.spectral.decoders import DECODERS, LearnedDecoder
from samuel_gen.errors import SamuelError

RATE = 44_100


@pytest.fixture(scope="module", params=DECODERS)
def codec(request) -> SpectralCodec:
    return SpectralCodec(decoder=request.param)


def round_trip(codec: SpectralCodec, audio: torch.Tensor) -> torch.Tensor:
    return codec.decode(codec.encode(audio), audio.shape[1])


def test_codec_has_64_channels_at_44100_hz(codec):
    assert isinstance(codec, LatentCodec)
    assert (codec.channels, codec.hop_length, codec.sample_rate) == (64, 2048, RATE)


def test_few_fitted_components_suffice_for_two_chords(music):
    codec = SpectralCodec(iterations=4, decoder="closed_form")
    codec.tables = fit_tables([music], 8, 1, 1)
    assert codec.channels == 10
    assert Quality.measure(music, round_trip(codec, music), RATE).chroma > 0.9


@pytest.mark.parametrize("samples", [1, 4410, 2048, 2049, 100_000])
def test_lengths_of_latents_and_audio(codec, samples):
    audio = 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))
    latents = codec.encode(audio)
    assert latents.shape == (64, math.ceil(samples / 2048))
    assert codec.decode(latents).shape == (2, latents.shape[1] * 2048)
    assert codec.decode(latents, samples).shape == (2, samples)


def test_empty_audio_has_no_frames(codec):
    assert codec.decode(codec.encode(torch.zeros(2, 0))).shape == (2, 0)


@pytest.mark.parametrize("gain_db", [-15.0, 0.0, 10.0])
def test_round_trip_keeps_the_level(codec, music, gain_db):
    audio = music * 10 ** (gain_db / 20)
    assert abs(level_difference(audio, round_trip(codec, audio))) < 1


def test_gain_scales_latents_by_its_power(codec, music):
    torch.testing.assert_close(
        codec.encode(music * 10), codec.encode(music) * 10**0.3, rtol=1e-3, atol=1e-2
    )


def test_silence_stays_silent(codec):
    latents = codec.encode(torch.zeros(2, 60_000))
    assert latents.abs().max() == 0 and codec.decode(latents).abs().max() == 0


def test_silence_between_sounds_stays_silent(codec, music):
    audio = music.clone()
    audio[:, 2 * RATE : 4 * RATE] = 0
    back = round_trip(codec, audio)
    assert back[:, 5 * RATE // 2 : 7 * RATE // 2].abs().max() < 1e-4


def test_round_trip_is_deterministic(codec, music):
    decoder = codec.decoder
    first, second = (
        round_trip(SpectralCodec(decoder=decoder), music[:, :50_000]) for _ in range(2)
    )
    assert torch.equal(first, second)


def test_mono_stays_mono(codec, music):
    mono = music.mean(0, keepdim=True).expand(2, -1)
    back = round_trip(codec, mono)
    assert torch.equal(back[0], back[1])


@pytest.mark.parametrize("side_gain", [0.3, 1.0])
def test_round_trip_keeps_the_width_of_noise(codec, side_gain):
    generator = torch.Generator().manual_seed(0)
    middle, side = torch.randn(2, 4 * RATE, generator=generator) * 0.05
    wide = torch.stack([middle + side_gain * side, middle - side_gain * side])
    difference = width_difference(wide, round_trip(codec, wide), RATE)
    assert difference.abs().max() < 2 and difference.abs().mean() < 1


def test_round_trip_keeps_the_side_of_music(codec, music):
    left = music * torch.tensor([[1.0], [0.1]])
    back = round_trip(codec, left).square().mean(1)
    assert 10 * math.log10(back[0] / back[1]) > 6


def test_sound_without_a_mid_is_kept(codec, music):
    only_side = music[:1] * torch.tensor([[1.0], [-1.0]])
    assert abs(level_difference(only_side, round_trip(codec, only_side))) < 1


def test_round_trip_keeps_the_pitch_of_a_sine(codec):
    sine = 0.2 * torch.sin(2 * math.pi * 110 * torch.arange(3 * RATE) / RATE).expand(2, -1)
    back = round_trip(codec, sine)[0]
    peak = torch.fft.rfft(back).abs().argmax() * RATE / len(back)
    assert abs(12 * math.log2(float(peak) / 110)) < 0.5


def test_chunks_sound_like_the_whole(music):
    audio = music.repeat(1, 2)
    latents = SpectralCodec().encode(audio)
    whole = SpectralCodec(decoder="closed_form")
    parts = SpectralCodec(chunk_frames=64, decoder="closed_form")
    torch.testing.assert_close(parts.encode(audio), latents, atol=1e-3, rtol=0)
    expected, found = whole.decode(latents), parts.decode(latents)
    assert abs(level_difference(expected, found)) < 0.1
    # before the context of the first join, only rounding differs
    early = slice(0, 24 * 2048)
    assert level_difference(expected[:, early], found[:, early] - expected[:, early]) < -20
    for join in (64, 128, 192):  # no dip and no click where chunks meet
        near = slice((join - 9) * 2048, (join - 5) * 2048)
        assert abs(level_difference(expected[:, near], found[:, near])) < 1
        steps = found[:, near].diff(dim=1).abs().max()
        assert steps < 1.5 * expected.diff(dim=1).abs().max()


@pytest.mark.parametrize("frames", [64, 65, 80, 81, 129])
def test_any_number_of_chunks_adds_up(frames):
    noise = 0.1 * torch.randn(2, frames * 2048, generator=torch.Generator().manual_seed(0))
    codec = SpectralCodec(iterations=1, chunk_frames=64, decoder="closed_form")
    back = round_trip(codec, noise)
    powers = back.unflatten(1, (frames, 2048)).square().mean((0, 2))
    assert powers[2:-2].min() > 0.5 * powers.mean() and powers.max() < 2 * powers.mean()


@pytest.mark.parametrize("chunk_frames", [32, 100])
def test_learned_samples_do_not_depend_on_the_chunks(music, chunk_frames):
    latents = SpectralCodec(decoder="learned").encode(music)
    parts = SpectralCodec(chunk_frames=chunk_frames, decoder="learned").decode(latents)
    assert torch.equal(parts, SpectralCodec(decoder="learned").decode(latents))


def test_blocks_of_the_learned_decoder_join_without_a_trace(music, monkeypatch):
    monkeypatch.setattr(LearnedDecoder, "fixed_chunks", 64)
    codec, latents = (
        SpectralCodec(decoder="learned"),
        SpectralCodec(decoder="learned").encode(music.repeat(1, 2)),
    )
    blocks = list(codec.decode_blocks(latents, latents.shape[1] * 2048))
    joined = torch.cat(blocks, dim=1)
    assert len(blocks) > 2 and torch.equal(joined, codec.decode(latents))
    monkeypatch.undo()
    whole = SpectralCodec(decoder="learned").decode(latents)
    assert abs(level_difference(whole, joined)) < 0.1
    for join in (64, 128, 192):  # no dip and no click where chunks meet
        near = slice((join - 9) * 2048, (join - 5) * 2048)
        assert abs(level_difference(whole[:, near], joined[:, near])) < 1
        assert joined[:, near].diff(dim=1).abs().max() < 1.5 * whole.diff(dim=1).abs().max()


def test_no_tone_appears_where_noisy_latents_hold_silence(codec, music):
    latents = codec.encode(music[:, : 2 * RATE])
    silent = torch.zeros_like(latents)
    noise = torch.randn(silent.shape, generator=torch.Generator().manual_seed(0))
    noisy = silent + 0.1 * latents.std(1, keepdim=True) * noise
    assert level_difference(codec.decode(latents), codec.decode(noisy)) < -30


def test_noise_in_latents_keeps_the_harmony(codec, music):
    latents = codec.encode(music)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0))
    noisy = latents + 0.1 * latents.std(1, keepdim=True) * noise
    assert Quality.measure(music, codec.decode(noisy, music.shape[1]), RATE).chroma > 0.8


@pytest.mark.parametrize("size", [1e3, 1e30, math.inf, math.nan])
def test_any_latents_decode_to_finite_audio(codec, size):
    noise = torch.randn(64, 12, generator=torch.Generator().manual_seed(0))
    audio = codec.decode(noise * size)
    assert audio.isfinite().all() and audio.abs().max() < 1000


def test_unknown_decoders_are_refused():
    with pytest.raises(SamuelError, match="learned, closed_form"):
        SpectralCodec(decoder="vocoder")


def test_a_decoder_for_other_tables_is_refused(music, tmp_path):
    codec = SpectralCodec()
    replace(codec.tables, weight=codec.tables.weight * 1.001).save(tmp_path / "t.safetensors")
    other = SpectralCodec(tables=tmp_path / "t.safetensors", decoder="learned")
    latents = other.encode(music[:, :20_000])
    with pytest.raises(SamuelError, match="decoder=closed_form"):
        other.decode(latents)


def test_decoders_have_names_of_their_own(codec):
    assert codec.decoder_identity.startswith(codec.decoder)
    others = {SpectralCodec(decoder=each).decoder_identity for each in DECODERS}
    assert len(others) == len(DECODERS)


def test_identity_depends_on_the_tables_only(codec, tmp_path: Path):
    assert SpectralCodec(iterations=2).identity == codec.identity
    codec.tables.save(tmp_path / "same.safetensors")
    assert SpectralCodec(tables=tmp_path / "same.safetensors").identity == codec.identity
    changed = replace(codec.tables, weight=codec.tables.weight * 1.001)
    changed.save(tmp_path / "changed.safetensors")
    other = SpectralCodec(tables=tmp_path / "changed.safetensors").identity
    assert "weights_hash" in (codec.identity.difference(other) or "")
    assert "channels" not in (codec.identity.difference(other) or "")
