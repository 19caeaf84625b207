import numpy as np

from samuel_gen.corpus.glottis import glottal_wave

RATE = 44100


def test_wave_has_only_harmonics_of_its_pitch():
    hertz = np.full(RATE, 997.0)
    wave, phase = glottal_wave(hertz, np.ones(RATE, bool), 0.6, RATE)
    power = np.abs(np.fft.rfft(wave * np.hanning(RATE))) ** 2
    harmonic = np.zeros(len(power), bool)
    for k in range(1, 23):
        harmonic[round(997 * k) - 4 : round(997 * k) + 5] = True
    assert power[~harmonic].sum() < 1e-4 * power.sum()
    assert phase.min() >= 0 and phase.max() <= 1


def test_wave_is_computed_only_where_it_is_audible():
    is_audible = np.arange(1000) >= 600
    hertz = np.full(1000, 220.0)
    wave, phase = glottal_wave(hertz, is_audible, 0.6, RATE)
    whole, same_phase = glottal_wave(hertz, np.ones(1000, bool), 0.6, RATE)
    assert not wave[:600].any() and np.array_equal(wave[600:], whole[600:])
    assert np.array_equal(phase, same_phase)


def test_shorter_opening_is_brighter():
    def brightness(open_quotient: float) -> float:
        wave, _ = glottal_wave(np.full(RATE, 110.0), np.ones(RATE, bool), open_quotient, RATE)
        power = np.abs(np.fft.rfft(wave)) ** 2
        return float(power[1000:].sum() / power.sum())

    assert brightness(0.4) > 1.5 * brightness(0.85)
