from dataclasses import replace

import librosa
import numpy as np
import pytest

from samuel_gen.corpus.score import Note
from samuel_gen.corpus.singers import SINGERS, Singer
from samuel_gen.corpus.singing import sing
from samuel_gen.corpus.styles.catalogue import CORE_STYLES

RATE = 44100
TUNE = tuple(Note(0.2 + 0.6 * i, 0.75 + 0.6 * i, m) for i, m in enumerate((60, 64, 67, 65, 62)))


def _sing(singer: Singer, melody=TUNE, seed=0, seconds=3.5) -> np.ndarray:
    return sing(melody, singer, int(seconds * RATE), RATE, np.random.default_rng(seed))


def _pitch_errors(wave: np.ndarray, melody) -> np.ndarray:
    """The median deviation of each note without its glide [cents]."""
    half = wave.reshape(-1, 2).mean(axis=1) if len(wave) % 2 == 0 else wave[::2]
    pitch = librosa.yin(half, fmin=60, fmax=1200, sr=RATE // 2, hop_length=256)
    times = np.arange(len(pitch)) * 512 / RATE
    errors = []
    for note in melody:
        inside = (times > note.start + 0.12) & (times < note.end - 0.04)
        if inside.sum() > 3:
            errors.append(np.median(1200 * np.log2(pitch[inside] / 440)) - 100 * (note.midi - 69))
    return np.array(errors)


def test_songs_are_sung_in_tune(songs):
    medians = []
    for song in songs[: len(CORE_STYLES) : 2]:
        errors = _pitch_errors(song.vocal.mean(0).numpy(), song.score.melody)
        medians.append(np.median(np.abs(errors)))
        assert medians[-1] < 25, song.score.style
    assert np.median(medians) < 12


@pytest.mark.parametrize("singer", SINGERS, ids=lambda singer: singer.name)
def test_every_kind_of_singer_sings_in_tune(singer):
    melody = tuple(replace(note, midi=note.midi - 60 + singer.low + 5) for note in TUNE)
    assert np.median(np.abs(_pitch_errors(_sing(singer, melody), melody))) < 25


def test_tuning_moves_the_whole_vocal():
    singer = replace(SINGERS[2], intonation_cents=0.0, vibrato_cents=3.0, scoop=0.0)
    at_440 = np.median(_pitch_errors(_sing(singer), TUNE))
    sharp = np.median(_pitch_errors(_sing(replace(singer, tuning_cents=10.0)), TUNE))
    assert sharp - at_440 == pytest.approx(10, abs=2)


def test_vibrato_sets_in_after_its_delay():
    note = (Note(0.1, 2.9, 60),)
    singer = replace(SINGERS[2], vibrato_cents=40.0, vibrato_delay=0.4, scoop=0.0)
    wave = _sing(singer, note)
    pitch = 1200 * np.log2(librosa.yin(wave, fmin=80, fmax=800, sr=RATE, hop_length=256) / 261.6)
    times = np.arange(len(pitch)) * 256 / RATE
    early = pitch[(times > 0.2) & (times < 0.33)].std()
    late = pitch[(times > 1.2) & (times < 2.6)].std()
    assert late > 20 and late > 2.5 * early


def test_humming_is_darker_than_singing():
    def brightness(singer: Singer) -> float:
        power = np.abs(np.fft.rfft(_sing(singer))) ** 2
        return float(power[len(power) // 12 :].sum() / power.sum())

    assert brightness(replace(SINGERS[1], hums=True)) < 0.3 * brightness(SINGERS[1])


def test_rests_are_silent():
    assert not _sing(SINGERS[0], ()).any()
    wave = _sing(replace(SINGERS[0], breath=0.0), TUNE[:1])
    assert np.abs(wave[2 * RATE :]).max() == 0


def test_whistle_is_one_partial_whole_octaves_above():
    singer = replace(SINGERS[1], whistles=True, vibrato_cents=0.0, scoop=0.0, breath=0.01)
    wave = _sing(singer, (Note(0.2, 3.0, 57, 90),))
    power = np.abs(np.fft.rfft(wave[RATE : 2 * RATE] * np.hanning(RATE))) ** 2
    loudest = int(power.argmax())
    assert 1200 * np.log2(loudest / 220) % 1200 < 30 or 1200 * np.log2(loudest / 220) % 1200 > 1170
    assert 650 < loudest < 3200
    assert power[loudest - 40 : loudest + 40].sum() > 0.95 * power.sum()
