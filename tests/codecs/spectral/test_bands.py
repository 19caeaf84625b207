import torch

from samuel_gen.codecs.spectral.bands import (
    LOW_BANDS,
    high_bank,
    low_bank,
    stereo_bank,
    stereo_crossfades,
)


def test_weights_of_each_band_add_up_to_one():
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


def test_stereo_crossfades_add_up_to_one_at_every_bin():
    weights = stereo_crossfades()
    torch.testing.assert_close(weights.sum(0), torch.ones(weights.shape[1]))
    assert (weights >= 0).all()
