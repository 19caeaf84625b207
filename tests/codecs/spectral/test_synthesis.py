import torch

from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.codecs.spectral.grid import HOP_LENGTH
from samuel_gen.codecs.spectral.synthesis import (
    SHORT_PER_FRAME,
    random_phases,
    synthesise_signal,
    synthesise_spectra,
)

FRAMES = 24


def test_signal_has_the_given_features(music):
    mono = music.mean(0, keepdim=True)[:, : FRAMES * HOP_LENGTH].expand(2, -1)
    values, _ = extract_features(mono, 0, FRAMES)
    spectra = synthesise_spectra(values, 0, low_iterations=32, high_iterations=8)
    signal = synthesise_signal(spectra)
    assert signal.shape == (FRAMES * HOP_LENGTH,)
    found, _ = extract_features(signal.expand(2, -1), 0, FRAMES)
    inside = slice(4, -4)  # at the ends, windows extend beyond the signal
    error = (found - values)[inside].square().mean() / values[inside].square().mean()
    assert error < 0.01


def test_known_frames_are_continued(music):
    values, _ = extract_features(music, 0, FRAMES)
    whole = synthesise_spectra(values, 0, low_iterations=4, high_iterations=2)
    known = whole.slice_frames(8, 12)
    assert len(known.low) == 4 and len(known.high) == 4 * SHORT_PER_FRAME
    later = synthesise_spectra(values[8:], 8, low_iterations=4, high_iterations=2, known=known)
    assert torch.equal(later.low[:4], known.low)
    assert torch.equal(later.high[: 4 * SHORT_PER_FRAME], known.high)


def test_zero_features_give_silence():
    values = torch.zeros(5, FEATURES)
    spectra = synthesise_spectra(values, 0, low_iterations=2, high_iterations=2)
    assert not synthesise_signal(spectra).any()


def test_initial_phases_depend_on_the_frame_index_only():
    assert torch.equal(random_phases(7, 500, 20)[5:], random_phases(7, 505, 15))
    assert not torch.equal(random_phases(7, 0, 15), random_phases(7, 1, 15))
