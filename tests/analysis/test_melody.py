import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.melody import (
    MELODY_FEATURES,
    MELODY_NAMES,
    MelodyTrack,
    melody_track,
    track_melody,
    voice_frames,
)
from samuel_gen.audio.files import read_audio

RATE, HOP = 44_100, 2048
REST = math.nan
TUNE = [60, 64, 67, REST, 72, 71, 69, 65, REST, 62, 66, 61]
TAKE = Path(__file__).parents[3] / "shared/data/real_take.wav"


def sure_frames(notes: list[float], seconds: float = 0.5) -> tuple[Tensor, Tensor]:
    """Frames that lie well inside one note or rest, and the note (NaN: rest)."""
    frames = torch.arange(math.ceil(len(notes) * seconds * RATE / HOP))
    start, stop = frames * HOP / RATE / seconds, (frames + 1) * HOP / RATE / seconds
    inside = (start % 1 > 0.14) & (stop % 1 < 0.86) & (start.floor() == stop.floor())
    return frames[inside], torch.tensor(notes)[start[inside].long()]


def agreement(one: MelodyTrack, other: MelodyTrack) -> float:
    """Cosine between the pitch-class parts of two tracks."""
    return float(
        torch.cosine_similarity(one.features[:12].flatten(), other.features[:12].flatten(), 0)
    )


def tilted(samples: Tensor, decibels_per_octave: float) -> Tensor:
    frequency = torch.fft.rfftfreq(samples.shape[-1], 1 / RATE).clamp(min=30)
    gain = 10 ** (decibels_per_octave * torch.log2(frequency / 1000) / 20)
    return torch.fft.irfft(torch.fft.rfft(samples) * gain, samples.shape[-1])


@pytest.mark.parametrize("vowel", ["ah", "ee"])
@pytest.mark.parametrize("octaves", [-1.5, 0, 1])
def test_pitch_classes_are_the_score(sung, vowel, octaves):
    notes = [note + 12 * octaves for note in TUNE]
    track = melody_track(sung(notes, vowel=vowel), RATE)
    frames, truth = sure_frames(notes)
    voiced = ~truth.isnan()
    heard = track.features[:12, frames[voiced]].argmax(0)
    assert (heard == truth[voiced] % 12).float().mean() > 0.97
    assert track.features[12, frames[voiced]].mean() > 0.98
    assert track.features[12, frames[~voiced]].mean() < 0.02
    assert track.features[:12, frames[~voiced]].abs().max() < 0.02
    assert abs(track.tuning_cents) < 4


def test_pitch_classes_have_unit_norm_where_voiced(sung):
    track = melody_track(sung(TUNE), RATE)
    torch.testing.assert_close(track.features[:12].norm(dim=0), track.features[12])
    assert track.features.shape[0] == MELODY_FEATURES == len(MELODY_NAMES)
    assert track.features.min() >= 0 and track.features.max() <= 1


def test_gaussian_around_each_class(sung):
    """A note half-way between the classes of a tuned song gives both the same salience."""
    track = melody_track(sung([60, 62, 64, 65, 67, 60.5], vibrato=0), RATE)
    middle = track.features[:12, round(2.75 * RATE / HOP)]
    torch.testing.assert_close(middle[:2], torch.full((2,), 0.5**0.5), atol=0.1, rtol=0)


@pytest.mark.parametrize("gain", [0.01, 10.0])
def test_level_does_not_matter(sung, gain):
    voice = sung(TUNE)
    one, other = melody_track(voice, RATE), melody_track(voice * gain, RATE)
    torch.testing.assert_close(one.features, other.features, atol=1e-3, rtol=0)
    assert abs(one.tuning_cents - other.tuning_cents) < 0.1


@pytest.mark.parametrize("tilt", [-6.0, 6.0])
def test_tone_does_not_matter(sung, tilt):
    voice = sung(TUNE)
    one, other = melody_track(voice, RATE), melody_track(tilted(voice, tilt), RATE)
    assert agreement(one, other) > 0.97
    assert (one.features[12] - other.features[12]).abs().mean() < 0.03
    assert np.corrcoef(one.features[13], other.features[13])[0, 1] > 0.95


@pytest.mark.parametrize("cents", [-45, 20])
def test_the_singers_own_tuning_is_taken_out(sung, cents):
    one, other = (melody_track(sung(TUNE, cents=x), RATE) for x in (0, cents))
    assert agreement(one, other) > 0.97
    assert abs(other.tuning_cents - one.tuning_cents - cents) < 4


def test_half_a_semitone_off_is_one_class_or_the_next(sung):
    one, other = (melody_track(sung(TUNE, cents=x), RATE) for x in (0, 50))
    turned = torch.cat([other.features[:12].roll(-1, 0), other.features[12:]])
    assert max(agreement(one, other), agreement(one, replace(other, features=turned))) > 0.97
    assert -50 < other.tuning_cents <= 50 and abs(other.tuning_cents) > 45


def test_onsets_are_where_notes_begin(sung):
    track = melody_track(sung([60, 62, REST, 64, 65, REST, 67], seconds=0.6), RATE)
    onsets = track.features[13]
    begins = [round(at * 0.6 * RATE / HOP) for at in (1, 3, 4, 6)]
    frames, _ = sure_frames([60] * 7, seconds=0.6)
    for begin in begins:
        assert onsets[begin - 1 : begin + 2].max() > 0.4
    assert onsets[frames].mean() < 0.15


@pytest.mark.parametrize("samples", [1, HOP, HOP + 1, RATE])
def test_one_column_per_started_hop(sung, samples):
    track = melody_track(sung(TUNE)[:, :samples], RATE, HOP)
    assert track.features.shape == (14, math.ceil(samples / HOP))
    assert torch.isfinite(track.features).all()


def test_a_frame_describes_its_own_samples(sung):
    voice = sung([REST, 60, 64])
    frames = 3
    later = torch.nn.functional.pad(voice, (frames * HOP, 0))
    one, other = melody_track(voice, RATE), melody_track(later, RATE)
    moved = replace(other, features=other.features[:, frames:], activity=other.activity[frames:])
    assert agreement(one, moved) > 0.999


def test_rate_and_hop_are_the_codecs(sung):
    from samuel_gen.audio.resample import resample

    voice = sung(TUNE)
    there = melody_track(resample(voice, RATE, 48_000), 48_000, 1920)
    truth = [round((at + 0.5) * 0.5 * 25) for at, note in enumerate(TUNE) if note == note]
    notes = torch.tensor([note for note in TUNE if note == note])
    assert (there.features[:12, truth].argmax(0) == notes % 12).all()


def test_silence_has_no_melody():
    track = melody_track(torch.zeros(2, RATE), RATE)
    assert track.features.abs().max() == 0
    assert track.tuning_cents == 0


def test_no_sound_has_no_frames():
    track = melody_track(torch.zeros(1, 0), 44100)
    assert track.features.shape == (14, 0)
    assert track.activity.shape == (0,)


def test_noise_is_not_voiced():
    noise = torch.randn(1, 3 * RATE, generator=torch.Generator().manual_seed(0))
    assert melody_track(noise, RATE).features[12].mean() < 0.1


def test_a_rendered_singer_sings_the_score():
    from samuel_gen.corpus.song import render_song

    song = render_song(0, seconds=12.0)
    track = melody_track(song.vocal, song.sample_rate)
    heard, truth = [], []
    for note in song.score.melody:
        start, stop = (at * song.sample_rate / HOP for at in (note.start, note.end))
        for frame in range(math.ceil(start + 2), int(stop - 1)):
            heard.append(int(track.features[:12, frame].argmax()))
            truth.append(round(note.midi) % 12)
    assert len(truth) > 20
    assert np.mean(np.array(heard) == truth) > 0.97


@pytest.mark.skipif(not TAKE.exists(), reason="the real recording is not here")
@pytest.mark.parametrize("tilt", [-6.0, 6.0])
def test_real_singer_whatever_the_level_and_tone(tilt):
    samples, rate = read_audio(TAKE)
    track = melody_track(samples, rate)
    other = melody_track(0.1 * tilted(samples, tilt), rate)
    assert agreement(track, other) > 0.97
    assert (track.features[12] - other.features[12]).abs().mean() < 0.06
    assert 15 < track.tuning_cents < 40 and abs(track.tuning_cents - other.tuning_cents) < 5
    assert 0.7 < track.features[12].mean() < 0.95


@pytest.mark.slow
@pytest.mark.skipif(not TAKE.exists(), reason="the real recording is not here")
def test_real_singer_follows_a_reference():
    import librosa

    samples, rate = read_audio(TAKE)
    track = melody_track(samples, rate)
    assert 15 < track.tuning_cents < 40
    pitch = librosa.yin(samples[0].numpy(), fmin=65, fmax=800, sr=rate, hop_length=512)
    classes = (69 + 12 * np.log2(pitch / 440) - track.tuning_cents / 100)[2 :: HOP // 512]
    steady = track.features[:12].max(0).values[: len(classes)].numpy() > 0.9
    heard = track.features[:12, : len(classes)].argmax(0).numpy()
    away = (classes - heard + 6) % 12 - 6
    assert steady.mean() > 0.3
    assert (np.abs(away[steady]) < 0.6).mean() > 0.93


def test_a_ringing_consonant_has_no_pitch_but_a_whistle_has(sung):
    """The same 2.5 kHz for 80 ms between low notes, and for half a second."""
    voice = sung([48, 50, 52, 53], vibrato=0)
    time = torch.arange(voice.shape[-1]) / RATE
    for seconds, voiced in ((0.08, False), (0.5, True)):
        inside = (time >= 1.0) & (time < 1.0 + seconds)
        ring = 0.2 * torch.sin(2 * torch.pi * 2500 * time)
        pitch, _ = voice_frames([torch.where(inside, ring, voice)], RATE, HOP)
        assert (pitch > 2000).any() == voiced


@pytest.mark.parametrize("size", [1000, RATE, 10**9])
def test_a_stream_has_the_melody_of_the_whole(sung, size):
    voice = sung(TUNE)
    streamed = track_melody(voice.split(size, dim=1), RATE, HOP)
    whole = melody_track(voice, RATE, HOP)
    torch.testing.assert_close(streamed.features, whole.features, atol=1e-4, rtol=0)
    torch.testing.assert_close(streamed.activity, whole.activity, atol=1e-4, rtol=0)
    assert streamed.tuning_cents == pytest.approx(whole.tuning_cents, abs=0.05)


def test_activity_is_where_somebody_sings(sung):
    notes = [60, REST, 64, 65, REST, 67]
    voice = sung(notes, seconds=0.6)
    hiss = 0.003 * voice.std() * torch.randn(voice.shape, generator=torch.manual_seed(0))
    for sound in (voice, voice + hiss, 0.01 * voice):
        activity = melody_track(sound, RATE, HOP).activity
        for number, note in enumerate(notes):
            first, last = (round((number + at) * 0.6 * RATE / HOP) for at in (0.25, 0.75))
            inside = activity[first:last]
            assert (inside > 0.9).all() if note == note else (inside < 0.1).all()
    assert not melody_track(0 * voice, RATE, HOP).activity.any()
