"""Melody tracks of a synthetic, a rendered and a real singer."""

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
    extract_melody,
    extract_melody_from_blocks,
    split_melody,
)
from samuel_gen.audio.files import read_audio

RATE, HOP = 44_100, 2048
REST = math.nan
TUNE = [60, 64, 67, REST, 72, 71, 69, 65, REST, 62, 66, 61]
REAL_VOCAL = Path(__file__).parents[3] / "shared/data/real_take.wav"


def inner_frames(notes: list[float], seconds: float = 0.5) -> tuple[Tensor, Tensor]:
    """Frames that lie well inside one note or rest, and the note (NaN: rest)."""
    frames = torch.arange(math.ceil(len(notes) * seconds * RATE / HOP))
    start, stop = frames * HOP / RATE / seconds, (frames + 1) * HOP / RATE / seconds
    inside = (start % 1 > 0.14) & (stop % 1 < 0.86) & (start.floor() == stop.floor())
    return frames[inside], torch.tensor(notes)[start[inside].long()]


def agreement(one: MelodyTrack, other: MelodyTrack) -> float:
    """Cosine between the pitch-class parts of two tracks."""
    first, second = one.pitch_classes.flatten(), other.pitch_classes.flatten()
    return float(torch.cosine_similarity(first, second, 0))


def tilt_tone(samples: Tensor, decibels_per_octave: float) -> Tensor:
    frequency = torch.fft.rfftfreq(samples.shape[-1], 1 / RATE).clamp(min=30)
    gain = 10 ** (decibels_per_octave * torch.log2(frequency / 1000) / 20)
    return torch.fft.irfft(torch.fft.rfft(samples) * gain, samples.shape[-1])


@pytest.mark.parametrize("vowel", ["ah", "ee"])
@pytest.mark.parametrize("octaves", [-1.5, 0, 1])
def test_pitch_classes_are_those_of_the_notes(sing, vowel, octaves):
    notes = [note + 12 * octaves for note in TUNE]
    track = extract_melody(sing(notes, vowel=vowel), RATE)
    frames, truth = inner_frames(notes)
    voiced = ~truth.isnan()
    found = track.pitch_classes[:, frames[voiced]].argmax(0)
    assert (found == truth[voiced] % 12).float().mean() > 0.97
    assert track.voicing[frames[voiced]].mean() > 0.98
    assert track.voicing[frames[~voiced]].mean() < 0.02
    assert track.pitch_classes[:, frames[~voiced]].abs().max() < 0.02
    assert abs(track.tuning_cents) < 4


def test_pitch_classes_have_unit_norm_where_voiced(sing):
    track = extract_melody(sing(TUNE), RATE)
    torch.testing.assert_close(track.pitch_classes.norm(dim=0), track.voicing)
    assert track.features.shape[0] == MELODY_FEATURES == len(MELODY_NAMES)
    assert track.features.min() >= 0 and track.features.max() <= 1


def test_a_note_between_two_classes_counts_for_both(sing):
    """A note half-way between the classes of a tuned song gives both the same salience."""
    track = extract_melody(sing([60, 62, 64, 65, 67, 60.5], vibrato=0), RATE)
    middle = track.pitch_classes[:, round(2.75 * RATE / HOP)]
    torch.testing.assert_close(middle[:2], torch.full((2,), 0.5**0.5), atol=0.1, rtol=0)


@pytest.mark.parametrize("gain", [0.01, 10.0])
def test_loudness_does_not_matter(sing, gain):
    vocal = sing(TUNE)
    one, other = extract_melody(vocal, RATE), extract_melody(vocal * gain, RATE)
    torch.testing.assert_close(one.features, other.features, atol=1e-3, rtol=0)
    assert abs(one.tuning_cents - other.tuning_cents) < 0.1


@pytest.mark.parametrize("tilt", [-6.0, 6.0])
def test_tone_does_not_matter(sing, tilt):
    vocal = sing(TUNE)
    one, other = extract_melody(vocal, RATE), extract_melody(tilt_tone(vocal, tilt), RATE)
    assert agreement(one, other) > 0.97
    assert (one.voicing - other.voicing).abs().mean() < 0.03
    assert np.corrcoef(one.onsets, other.onsets)[0, 1] > 0.95


@pytest.mark.parametrize("cents", [-45, 20])
def test_the_singers_tuning_does_not_matter(sing, cents):
    one, other = (extract_melody(sing(TUNE, cents=x), RATE) for x in (0, cents))
    assert agreement(one, other) > 0.97
    assert abs(other.tuning_cents - one.tuning_cents - cents) < 4


def test_half_a_semitone_off_is_one_class_or_the_next(sing):
    one, other = (extract_melody(sing(TUNE, cents=x), RATE) for x in (0, 50))
    rolled = torch.cat([other.pitch_classes.roll(-1, 0), other.features[12:]])
    assert max(agreement(one, other), agreement(one, replace(other, features=rolled))) > 0.97
    assert -50 < other.tuning_cents <= 50 and abs(other.tuning_cents) > 45


def test_onsets_are_where_notes_begin(sing):
    track = extract_melody(sing([60, 62, REST, 64, 65, REST, 67], seconds=0.6), RATE)
    onsets = track.onsets
    begins = [round(at * 0.6 * RATE / HOP) for at in (1, 3, 4, 6)]
    frames, _ = inner_frames([60] * 7, seconds=0.6)
    for begin in begins:
        assert onsets[begin - 1 : begin + 2].max() > 0.4
    assert onsets[frames].mean() < 0.15


@pytest.mark.parametrize("samples", [1, HOP, HOP + 1, RATE])
def test_one_column_per_started_hop(sing, samples):
    track = extract_melody(sing(TUNE)[:, :samples], RATE, HOP)
    assert track.features.shape == (14, math.ceil(samples / HOP))
    assert torch.isfinite(track.features).all()


def test_a_frame_describes_its_own_samples(sing):
    vocal = sing([REST, 60, 64])
    frames = 3
    later = torch.nn.functional.pad(vocal, (frames * HOP, 0))
    one, other = extract_melody(vocal, RATE), extract_melody(later, RATE)
    moved = replace(other, features=other.features[:, frames:], activity=other.activity[frames:])
    assert agreement(one, moved) > 0.999


def test_any_rate_and_hop_length_will_do(sing):
    from samuel_gen.audio.resample import resample

    vocal = sing(TUNE)
    resampled = extract_melody(resample(vocal, RATE, 48_000), 48_000, 1920)
    truth = [round((at + 0.5) * 0.5 * 25) for at, note in enumerate(TUNE) if note == note]
    notes = torch.tensor([note for note in TUNE if note == note])
    assert (resampled.pitch_classes[:, truth].argmax(0) == notes % 12).all()


def test_silence_has_no_melody():
    track = extract_melody(torch.zeros(2, RATE), RATE)
    assert track.features.abs().max() == 0
    assert track.tuning_cents == 0


def test_no_sound_has_no_frames():
    track = extract_melody(torch.zeros(1, 0), 44100)
    assert track.features.shape == (14, 0)
    assert track.activity.shape == (0,)


def test_noise_is_not_voiced():
    noise = torch.randn(1, 3 * RATE, generator=torch.Generator().manual_seed(0))
    assert extract_melody(noise, RATE).voicing.mean() < 0.1


def test_a_rendered_singer_sings_the_score():
    from samuel_gen.corpus.song import render_song

    song = render_song(0, seconds=12.0)
    track = extract_melody(song.vocal, song.sample_rate)
    found, truth = [], []
    for note in song.score.melody:
        start, stop = (at * song.sample_rate / HOP for at in (note.start, note.end))
        for frame in range(math.ceil(start + 2), int(stop - 1)):
            found.append(int(track.pitch_classes[:, frame].argmax()))
            truth.append(round(note.midi) % 12)
    assert len(truth) > 20
    assert np.mean(np.array(found) == truth) > 0.97


@pytest.mark.skipif(not REAL_VOCAL.exists(), reason="the real recording is not here")
@pytest.mark.parametrize("tilt", [-6.0, 6.0])
def test_a_real_singer_at_any_loudness_and_tone(tilt):
    samples, rate = read_audio(REAL_VOCAL)
    track = extract_melody(samples, rate)
    other = extract_melody(0.1 * tilt_tone(samples, tilt), rate)
    assert agreement(track, other) > 0.97
    assert (track.voicing - other.voicing).abs().mean() < 0.06
    assert 15 < track.tuning_cents < 40 and abs(track.tuning_cents - other.tuning_cents) < 5
    assert 0.7 < track.voicing.mean() < 0.95


@pytest.mark.slow
@pytest.mark.skipif(not REAL_VOCAL.exists(), reason="the real recording is not here")
def test_a_real_singer_agrees_with_a_reference():
    import librosa

    samples, rate = read_audio(REAL_VOCAL)
    track = extract_melody(samples, rate)
    assert 15 < track.tuning_cents < 40
    pitch = librosa.yin(samples[0].numpy(), fmin=65, fmax=800, sr=rate, hop_length=512)
    classes = (69 + 12 * np.log2(pitch / 440) - track.tuning_cents / 100)[2 :: HOP // 512]
    steady = track.pitch_classes.max(0).values[: len(classes)].numpy() > 0.9
    found = track.pitch_classes[:, : len(classes)].argmax(0).numpy()
    distance = (classes - found + 6) % 12 - 6
    assert steady.mean() > 0.3
    assert (np.abs(distance[steady]) < 0.6).mean() > 0.93


@pytest.mark.parametrize("size", [1000, RATE, 10**9])
def test_a_stream_has_the_melody_of_the_whole_sound(sing, size):
    vocal = sing(TUNE)
    streamed = extract_melody_from_blocks(vocal.split(size, dim=1), RATE, HOP)
    whole = extract_melody(vocal, RATE, HOP)
    torch.testing.assert_close(streamed.features, whole.features, atol=1e-4, rtol=0)
    torch.testing.assert_close(streamed.activity, whole.activity, atol=1e-4, rtol=0)
    assert streamed.tuning_cents == pytest.approx(whole.tuning_cents, abs=0.05)


def test_the_rows_of_a_melody_tensor_have_names(sing):
    track = extract_melody(sing(TUNE), RATE)
    rows = split_melody(track.features)
    assert torch.equal(
        torch.cat([rows.pitch_classes, rows.voicing[None], rows.onsets[None]]), track.features
    )
    assert MELODY_NAMES[12:] == ("voicing", "onset") and MELODY_NAMES[0] == "C"
    assert torch.equal(track.pitch_classes, rows.pitch_classes)
    assert torch.equal(track.voicing, rows.voicing) and torch.equal(track.onsets, rows.onsets)
