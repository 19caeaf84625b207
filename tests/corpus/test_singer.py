from dataclasses import replace

import librosa
import numpy as np
import pytest

from samuel_gen.corpus.formants import FRAME_HOP, VOWELS, shaped
from samuel_gen.corpus.glottis import glottal_wave
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.singer import sing
from samuel_gen.corpus.voices import UNHEARD_VOICES, VOICES, away_from_the_book, draw_voice

RATE = 44100
TUNE = tuple(Note(0.2 + 0.6 * i, 0.75 + 0.6 * i, m) for i, m in enumerate((60, 64, 67, 65, 62)))


def _sung(voice, melody=TUNE, seed=0, seconds=3.5):
    return sing(melody, voice, int(seconds * RATE), RATE, np.random.default_rng(seed))


def _errors(wave: np.ndarray, melody) -> np.ndarray:
    """Median deviation from each note [cents], its glide left out."""
    half = wave.reshape(-1, 2).mean(axis=1) if len(wave) % 2 == 0 else wave[::2]
    pitch = librosa.yin(half, fmin=60, fmax=1200, sr=RATE // 2, hop_length=256)
    times = np.arange(len(pitch)) * 512 / RATE
    errors = []
    for note in melody:
        inside = (times > note.start + 0.12) & (times < note.end - 0.04)
        if inside.sum() > 3:
            errors.append(np.median(1200 * np.log2(pitch[inside] / 440)) - 100 * (note.midi - 69))
    return np.array(errors)


def test_songs_are_sung_as_they_are_written(songs):
    medians = []
    for song in songs[::2]:
        errors = _errors(song.vocal.mean(0).numpy(), song.score.melody)
        medians.append(np.median(np.abs(errors)))
        assert medians[-1] < 25, song.score.style
    assert np.median(medians) < 12


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_every_kind_of_voice_sings_in_tune_over_its_range(voice):
    melody = tuple(replace(note, midi=note.midi - 60 + voice.low + 5) for note in TUNE)
    assert np.median(np.abs(_errors(_sung(voice, melody), melody))) < 25


def test_a_voice_tuned_apart_is_heard_apart():
    voice = replace(VOICES[2], intonation_cents=0.0, vibrato_cents=3.0, scoop=0.0)
    at_440 = np.median(_errors(_sung(voice), TUNE))
    sharp = np.median(_errors(_sung(replace(voice, tuning_cents=10.0)), TUNE))
    assert sharp - at_440 == pytest.approx(10, abs=2)


def test_vibrato_waits_and_then_shows():
    note = (Note(0.1, 2.9, 60),)
    voice = replace(VOICES[2], vibrato_cents=40.0, vibrato_delay=0.4, scoop=0.0)
    wave = _sung(voice, note)
    pitch = 1200 * np.log2(librosa.yin(wave, fmin=80, fmax=800, sr=RATE, hop_length=256) / 261.6)
    times = np.arange(len(pitch)) * 256 / RATE
    early = pitch[(times > 0.2) & (times < 0.33)].std()
    late = pitch[(times > 1.2) & (times < 2.6)].std()
    assert late > 20 and late > 2.5 * early


def test_vowels_differ_where_their_formants_do():
    hertz = np.full(RATE, 110.0)
    source, _ = glottal_wave(hertz, np.ones(RATE, bool), 0.6, RATE)

    def centroid(vowel: str) -> float:
        formants = np.tile(np.array(VOWELS[vowel], np.float32), (RATE // FRAME_HOP + 1, 1))
        power = np.abs(np.fft.rfft(shaped(source, formants, 1.0, 3000.0, 0.2, RATE))) ** 2
        frequency = np.fft.rfftfreq(RATE, 1 / RATE)
        band = (frequency > 1500) & (frequency < 3500)
        return float(power[band].sum() / power.sum())

    assert centroid("i") > 2 * centroid("u")


def test_the_source_is_free_of_aliases_and_as_long_as_its_period():
    hertz = np.full(RATE, 997.0)
    wave, phase = glottal_wave(hertz, np.ones(RATE, bool), 0.6, RATE)
    power = np.abs(np.fft.rfft(wave * np.hanning(RATE))) ** 2
    harmonic = np.zeros(len(power), bool)
    for k in range(1, 23):
        harmonic[round(997 * k) - 4 : round(997 * k) + 5] = True
    assert power[~harmonic].sum() < 1e-4 * power.sum()
    assert phase.min() >= 0 and phase.max() <= 1


def test_humming_is_darker_than_singing():
    def brightness(voice) -> float:
        power = np.abs(np.fft.rfft(_sung(voice))) ** 2
        return float(power[len(power) // 12 :].sum() / power.sum())

    assert brightness(replace(VOICES[1], hums=True)) < 0.3 * brightness(VOICES[1])


def test_no_melody_is_silence_and_rests_are_nearly_so():
    assert not _sung(VOICES[0], ()).any()
    wave = _sung(replace(VOICES[0], breath=0.0), TUNE[:1])
    assert np.abs(wave[2 * RATE :]).max() == 0


def test_drawn_voices_differ_and_none_is_far_from_440():
    voices = [draw_voice(np.random.default_rng(seed)) for seed in range(200)]
    assert max(abs(voice.tuning_cents) for voice in voices) <= 10
    assert np.median([abs(voice.tuning_cents) for voice in voices]) < 4
    assert {voice.name for voice in voices} == {voice.name for voice in VOICES}
    assert any(voice.hums for voice in voices)
    assert np.std([voice.tract for voice in voices]) > 0.05
    assert np.ptp([voice.low for voice in voices]) > 15


def test_untaught_voices_reach_farther_and_leave_the_range_alone():
    taught = [draw_voice(np.random.default_rng(seed)) for seed in range(300)]
    voices = [away_from_the_book(v, np.random.default_rng(i)) for i, v in enumerate(taught)]
    for name, times in (("vibrato_cents", 1.5), ("breath", 2), ("intonation_cents", 2)):
        before, after = (max(getattr(v, name) for v in group) for group in (taught, voices))
        assert after > times * before, name
    assert any(voice.whistles for voice in voices)
    assert np.std([voice.accent for voice in voices], axis=0).min() > 0.03
    assert [(v.low, v.high, v.tuning_cents) for v in voices] == [
        (v.low, v.high, v.tuning_cents) for v in taught
    ]


def test_a_whistle_is_one_partial_in_whole_octaves_above_the_melody():
    voice = replace(VOICES[1], whistles=True, vibrato_cents=0.0, scoop=0.0, breath=0.01)
    wave = _sung(voice, (Note(0.2, 3.0, 57, 90),))
    power = np.abs(np.fft.rfft(wave[RATE : 2 * RATE] * np.hanning(RATE))) ** 2
    loudest = int(power.argmax())
    assert 1200 * np.log2(loudest / 220) % 1200 < 30 or 1200 * np.log2(loudest / 220) % 1200 > 1170
    assert 650 < loudest < 3200
    assert power[loudest - 40 : loudest + 40].sum() > 0.95 * power.sum()


def test_unheard_voices_lie_outside_what_others_may_be():
    drawn = [draw_voice(np.random.default_rng(seed)) for seed in range(400)]
    unheard = {voice.name: voice for voice in UNHEARD_VOICES}
    assert not set(unheard) & {voice.name for voice in VOICES}
    assert unheard["profundo"].tract < min(voice.tract for voice in drawn)
    assert unheard["treble"].tract > max(voice.tract for voice in drawn)
    own = {draw_voice(np.random.default_rng(s), UNHEARD_VOICES).name for s in range(30)}
    assert own == set(unheard)
