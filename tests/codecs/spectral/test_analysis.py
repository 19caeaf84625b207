import torch

from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.codecs.spectral.stereo import STEREO_FEATURES


def test_frames_do_not_depend_on_the_first_one(music):
    whole = extract_features(music, 0, 20)
    part = extract_features(music, 6, 5)
    assert part[0].shape == (5, FEATURES) and part[1].shape == (5, STEREO_FEATURES)
    for found, expected in zip(part, whole, strict=True):
        torch.testing.assert_close(found, expected[6:11], rtol=1e-3, atol=1e-4)


def test_gain_scales_all_features_by_its_power(music):
    quiet, loud = extract_features(music, 0, 20), extract_features(4 * music, 0, 20)
    for before, after in zip(quiet, loud, strict=True):
        torch.testing.assert_close(after, before * 4**0.3, rtol=1e-3, atol=1e-4)


def test_silence_has_zero_features():
    assert not any(part.any() for part in extract_features(torch.zeros(2, 10_000), 0, 5))
