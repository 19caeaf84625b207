import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from samuel_gen.codec_fitting.fit import fitted
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.quality import Quality, level_difference, width_difference
from samuel_gen.codecs.spectral.bands import STEREO_BANDS
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.codecs.spectral.tables import PACKAGED
from samuel_gen.errors import SamuelError

RATE = 44_100


@pytest.fixture(scope="module")
def codec() -> SpectralCodec:
    return SpectralCodec()


def round_trip(codec: SpectralCodec, audio: torch.Tensor) -> torch.Tensor:
    return codec.decode(codec.encode(audio), audio.shape[1])


def test_is_a_codec_of_the_agreed_shape(codec):
    assert isinstance(codec, LatentCodec)
    assert (codec.channels, codec.hop_length, codec.sample_rate) == (64, 2048, RATE)


def test_the_packaged_tables_are_small_and_orthonormal(codec):
    assert PACKAGED.stat().st_size < 200_000
    tables = codec.tables
    for basis in (tables.basis, tables.width_basis, tables.lean_basis):
        torch.testing.assert_close(basis @ basis.T, torch.eye(len(basis)), atol=1e-5, rtol=0)


def test_with_all_components_nothing_is_lost(music):
    tables = fitted([music], FEATURES, STEREO_BANDS, STEREO_BANDS)
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(9, FEATURES, generator=generator)
    stereo = torch.rand(9, 2 * STEREO_BANDS, generator=generator)
    back = tables.expand(tables.compress(values, stereo))
    torch.testing.assert_close(back[0], values, atol=1e-4, rtol=0)
    torch.testing.assert_close(back[1], stereo, atol=1e-4, rtol=0)


def test_fitting_keeps_most_of_what_it_has_seen(music):
    """A handful of components suffices for two chords, if they are the right ones."""
    codec = SpectralCodec(iterations=4)
    codec.tables = fitted([music], 8, 1, 1)
    assert codec.channels == 10
    assert Quality.of(music, round_trip(codec, music), RATE).chroma > 0.9


@pytest.mark.parametrize("samples", [1, 4410, 2048, 2049, 100_000])
def test_length(codec, samples):
    audio = 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))
    latents = codec.encode(audio)
    assert latents.shape == (64, math.ceil(samples / 2048))
    assert codec.decode(latents).shape == (2, latents.shape[1] * 2048)
    assert codec.decode(latents, samples).shape == (2, samples)


def test_no_audio_makes_no_frames(codec):
    assert codec.decode(codec.encode(torch.zeros(2, 0))).shape == (2, 0)


@pytest.mark.parametrize("gain_db", [-15.0, 0.0, 10.0])
def test_level(codec, music, gain_db):
    audio = music * 10 ** (gain_db / 20)
    assert abs(level_difference(audio, round_trip(codec, audio))) < 1


def test_latents_are_proportional_to_a_power_of_the_gain(codec, music):
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


def test_same_input_same_bytes(codec, music):
    first, second = (round_trip(SpectralCodec(), music[:, :50_000]) for _ in range(2))
    assert torch.equal(first, second)


def test_mono_stays_mono(codec, music):
    mono = music.mean(0, keepdim=True).expand(2, -1)
    back = round_trip(codec, mono)
    assert torch.equal(back[0], back[1])


@pytest.mark.parametrize("side_gain", [0.3, 1.0])
def test_width_of_noise(codec, side_gain):
    generator = torch.Generator().manual_seed(0)
    middle, side = torch.randn(2, 4 * RATE, generator=generator) * 0.05
    wide = torch.stack([middle + side_gain * side, middle - side_gain * side])
    difference = width_difference(wide, round_trip(codec, wide), RATE)
    assert difference.abs().max() < 2 and difference.abs().mean() < 1


def test_music_that_leans_left_still_does(codec, music):
    left = music * torch.tensor([[1.0], [0.1]])
    back = round_trip(codec, left).square().mean(1)
    assert 10 * math.log10(back[0] / back[1]) > 6


def test_sound_without_a_middle_is_not_lost(codec, music):
    only_side = music[:1] * torch.tensor([[1.0], [-1.0]])
    assert abs(level_difference(only_side, round_trip(codec, only_side))) < 1


def test_a_sine_at_a2_comes_back_at_a2(codec):
    sine = 0.2 * torch.sin(2 * math.pi * 110 * torch.arange(3 * RATE) / RATE).expand(2, -1)
    back = round_trip(codec, sine)[0]
    peak = torch.fft.rfft(back).abs().argmax() * RATE / len(back)
    assert abs(12 * math.log2(float(peak) / 110)) < 0.5


def test_chunks_cannot_be_told_from_the_whole(music):
    audio = music.repeat(1, 2)
    latents = SpectralCodec().encode(audio)
    whole = SpectralCodec()
    parts = SpectralCodec(chunk_frames=64)
    torch.testing.assert_close(parts.encode(audio), latents, atol=1e-3, rtol=0)
    expected, found = whole.decode(latents), parts.decode(latents)
    assert abs(level_difference(expected, found)) < 0.1
    # before the context of the first join, nothing can differ but rounding
    early = slice(0, 24 * 2048)
    assert level_difference(expected[:, early], found[:, early] - expected[:, early]) < -20
    for join in (64, 128, 192):  # no dip and no click where chunks meet
        near = slice((join - 9) * 2048, (join - 5) * 2048)
        assert abs(level_difference(expected[:, near], found[:, near])) < 1
        steps = found[:, near].diff(dim=1).abs().max()
        assert steps < 1.5 * expected.diff(dim=1).abs().max()


@pytest.mark.parametrize("frames", [64, 65, 80, 81, 129])
def test_chunks_of_any_count_add_up(frames):
    noise = 0.1 * torch.randn(2, frames * 2048, generator=torch.Generator().manual_seed(0))
    codec = SpectralCodec(iterations=1, chunk_frames=64)
    back = round_trip(codec, noise)
    powers = back.unflatten(1, (frames, 2048)).square().mean((0, 2))
    assert powers[2:-2].min() > 0.5 * powers.mean() and powers.max() < 2 * powers.mean()


def test_noisy_latents_still_sound_like_it(codec, music):
    latents = codec.encode(music)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0))
    noisy = latents + 0.1 * latents.std(1, keepdim=True) * noise
    assert Quality.of(music, codec.decode(noisy, music.shape[1]), RATE).chroma > 0.8


@pytest.mark.parametrize("size", [1e3, 1e30, math.inf, math.nan])
def test_latents_from_nowhere_stay_finite(codec, size):
    noise = torch.randn(64, 12, generator=torch.Generator().manual_seed(0))
    audio = codec.decode(noise * size)
    assert audio.isfinite().all() and audio.abs().max() < 1000


def test_identity_follows_the_numbers_of_the_tables(codec, tmp_path: Path):
    assert SpectralCodec(iterations=2).identity == codec.identity
    codec.tables.save(tmp_path / "same.safetensors")
    assert SpectralCodec(tables=tmp_path / "same.safetensors").identity == codec.identity
    changed = replace(codec.tables, weight=codec.tables.weight * 1.001)
    changed.save(tmp_path / "changed.safetensors")
    other = SpectralCodec(tables=tmp_path / "changed.safetensors").identity
    assert "weights_hash" in (codec.identity.difference(other) or "")
    assert "channels" not in (codec.identity.difference(other) or "")


def test_a_file_of_another_kind_is_the_users_error(tmp_path: Path):
    (tmp_path / "tables.safetensors").write_bytes(b"no tables")
    with pytest.raises(SamuelError, match="expected"):
        SpectralCodec(tables=tmp_path / "tables.safetensors")
