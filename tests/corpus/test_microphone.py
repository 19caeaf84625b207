import numpy as np

from samuel_gen.corpus.microphone import record_vocal

RATE = 44100


def _vocal() -> np.ndarray:
    """Two seconds of tone and one of silence."""
    times = np.arange(3 * RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 220 * k * times) / k for k in range(1, 40))
    return np.where(times < 2, tone / tone.std(), 0).astype(np.float32)


def _record_all(count: int) -> list[np.ndarray]:
    return [record_vocal(_vocal(), RATE, np.random.default_rng(seed)) for seed in range(count)]


def test_recordings_are_valid_and_the_seed_decides_them():
    for seed, stereo in enumerate(_record_all(30)):
        assert stereo.shape == (2, 3 * RATE) and stereo.dtype == np.float32
        assert np.isfinite(stereo).all() and stereo.std() > 0.1
        assert np.array_equal(stereo, record_vocal(_vocal(), RATE, np.random.default_rng(seed)))


def test_rooms_noises_and_microphones_differ():
    """Each imperfection is present in some recordings and absent in others."""
    recordings = _record_all(60)
    after = np.array([20 * np.log10(x[:, -RATE // 2 :].std() + 1e-9) for x in recordings])
    assert (after < -100).any() and (after > -50).any()
    power = np.stack([np.abs(np.fft.rfft(x[0, : 2 * RATE])) ** 2 for x in recordings])
    at = [round(2 * 220 * k) for k in range(1, 30)]
    tone = 10 * np.log10(power[:, at] / power[:, at].sum(axis=1, keepdims=True))
    assert tone.std(axis=0).min() > 1  # microphones change the balance of all partials
    wide = [np.corrcoef(x)[0, 1] < 0.9999 for x in recordings]
    assert 0.2 < np.mean(wide) < 0.95
