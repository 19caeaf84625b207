import numpy as np
import pytest

from samuel_gen.audio.section_filter import SectionFilter


def random_sections(seed: int) -> np.ndarray:
    """Three stable sections, with poles up to 0.0005 from the unit circle."""
    rng = np.random.default_rng(seed)
    rows = []
    for radius in rng.uniform(0.3, 0.9995, 3):
        pole = np.array([-2 * radius * np.cos(rng.uniform(0, np.pi)), radius**2])
        rows.append([*rng.normal(size=3), 1.0, *pole])
    return np.array(rows)


@pytest.mark.parametrize("seed", range(3))
def test_it_filters_like_scipy(seed: int) -> None:
    from scipy.signal import sosfilt

    sections = random_sections(seed)
    samples = np.random.default_rng(seed).normal(size=(2, 20_011))
    expected = sosfilt(sections, samples)
    assert np.allclose(SectionFilter(sections, 2)(samples), expected, atol=1e-9 * expected.max())


def test_the_lengths_of_the_blocks_do_not_matter() -> None:
    sections = random_sections(7)
    samples = np.random.default_rng(0).normal(size=(1, 5000))
    filtered = SectionFilter(sections, 1)
    pieces = [filtered(piece) for piece in np.split(samples, [0, 1, 64, 65, 1000, 4999], axis=1)]
    expected = SectionFilter(sections, 1)(samples)
    assert np.allclose(np.concatenate(pieces, axis=1), expected, atol=1e-9 * expected.max())
