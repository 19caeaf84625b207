import torch

from samuel_gen.codecs.spectral.bands import (
    LOW_BANDS,
    high_bank,
    low_bank,
    stereo_bank,
    stereo_spread,
)
from samuel_gen.codecs.spectral.features import compressed, expanded, spectrum


def test_every_band_is_a_mean():
    for bank in (low_bank(), high_bank(), stereo_bank()):
        torch.testing.assert_close(bank.sum(1), torch.ones(len(bank)))
        assert (bank >= 0).all()


def test_low_bands_are_semitones_of_a440():
    frequency = torch.arange(low_bank().shape[1]) * (44_100 / 8192)
    centre = (low_bank() * frequency).sum(1)
    notes = 69 + 12 * torch.log2(centre / 440)
    error = (notes - 24 - torch.arange(LOW_BANDS)).abs()
    assert error[24:].max() < 0.1  # from C3 on
    assert error.max() < 0.5  # below, bins are wider than a semitone


def test_the_stereo_bands_share_every_bin():
    torch.testing.assert_close(stereo_spread().sum(0), torch.ones(stereo_spread().shape[1]))
    assert (stereo_spread() >= 0).all()


def test_compression_is_undone_and_maps_gain_to_a_factor():
    power = torch.logspace(-12, 1, 50)
    torch.testing.assert_close(expanded(compressed(power)), power, rtol=1e-4, atol=0)
    louder = compressed(power * 4) / compressed(power)  # twice the amplitude
    torch.testing.assert_close(louder, torch.full((50,), 2**0.3), rtol=1e-4, atol=0)


def test_the_inverse_filterbank_comes_back_to_the_band_powers():
    generator = torch.Generator().manual_seed(0)
    for bank in (low_bank(), high_bank()):
        powers = torch.rand(5, bank.shape[1], generator=generator).square() @ bank.T
        rough, fine = (spectrum(powers, bank, steps) @ bank.T for steps in (0, 60))
        errors = [(found / powers - 1).abs().mean() for found in (rough, fine)]
        assert errors[1] < 0.02 < errors[0]


def test_empty_bands_stay_empty():
    assert spectrum(torch.zeros(2, LOW_BANDS), low_bank(), 8).abs().max() == 0
