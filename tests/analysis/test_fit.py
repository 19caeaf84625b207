"""Fit: accompaniments that fit their vocal score higher than those that do not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.fit import Fit, measure_fit, musical_fit
from samuel_gen.analysis.melody import MelodyTrack, extract_melody
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.corpus.song import RenderedSong, render_song

RATE, HOP = 44_100, 2048
FRAME = HOP / RATE
SECONDS = 20
CHORDS = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))  # two seconds each, in C major
STEPS = np.array([0.0, 0.37, 0.91, 1.18, 1.63])  # s into each two seconds: no steady grid


def fit_of(
    accompaniment: Tensor,
    rate: int,
    melody: MelodyTrack,
    tuning_cents: float | None = None,
    frame_seconds: float = FRAME,
) -> Fit:
    return measure_fit(MemoryRecording(accompaniment, rate), melody, frame_seconds, tuning_cents)


def melody_of(onsets: np.ndarray, cents: float = 0.0) -> MelodyTrack:
    """The chords' notes in turn, a new one at each onset."""
    features = torch.zeros(14, round(SECONDS / FRAME))
    for index, (start, stop) in enumerate(zip(onsets, [*onsets[1:], SECONDS], strict=True)):
        note = CHORDS[int(start) // 2 % 4][index % 3]
        features[note % 12, round(start / FRAME) : round(stop / FRAME)] = 1.0
    features[12] = features[:12].amax(0)
    features[13, (torch.as_tensor(onsets) / FRAME).long()] = 1.0
    return MelodyTrack(features, cents, features[12])


ONSETS = np.concatenate([start + STEPS for start in range(0, SECONDS, 2)])


@pytest.fixture(scope="module")
def melody() -> MelodyTrack:
    return melody_of(ONSETS)


def chords(semitones: float = 0.0) -> Tensor:
    """The chords, with overtones, so many semitones higher."""
    time = torch.arange(SECONDS * RATE) / RATE
    sound = torch.zeros(SECONDS * RATE)
    for place, chord in enumerate(CHORDS * 3):
        part = slice(place * 2 * RATE, (place + 1) * 2 * RATE)
        for note in chord:
            pitch = 440 * 2 ** ((note + semitones - 69) / 12)
            for partial in range(1, 5):
                sound[part] += torch.sin(2 * torch.pi * partial * pitch * time[part]) / partial
    return 0.05 * sound[None]


def clicks(times: np.ndarray) -> Tensor:
    """A short burst of noise at each time [s]."""
    burst = torch.randn(1500, generator=torch.Generator().manual_seed(0))
    burst *= 0.2 * torch.linspace(1, 0, 1500) ** 2
    sound = torch.zeros(1, SECONDS * RATE + 1500)
    for time in times:
        sound[0, round(time * RATE) :][:1500] += burst
    return sound[:, : SECONDS * RATE]


def test_matching_chords_fit_and_their_tritone_does_not(melody: MelodyTrack) -> None:
    own, other = (fit_of(chords(shift), RATE, melody) for shift in (0, 6))
    assert own.harmony > 0.6 and other.harmony < 0
    assert own.score > other.score + 0.4
    assert own.reasons().startswith("in key") and other.reasons().startswith("out of key")


def test_the_right_chords_at_the_wrong_time_fit_less(melody: MelodyTrack) -> None:
    late = torch.roll(chords(), 4 * RATE, 1)
    assert fit_of(late, RATE, melody).harmony < fit_of(chords(), RATE, melody).harmony - 0.2


def test_clicks_on_the_onsets_are_on_the_beat(melody: MelodyTrack) -> None:
    between = (ONSETS + np.append(ONSETS[1:], SECONDS)) / 2
    on, off = (fit_of(clicks(times), RATE, melody) for times in (ONSETS, between))
    assert on.pulse > 0.7 and off.pulse < 0.1
    assert on.score > off.score
    assert "on the beat" in on.reasons() and "off the beat" in off.reasons()


@pytest.mark.parametrize("seconds", [-0.3, -0.12, 0.12, 0.3])
def test_late_or_early_clicks_are_off_the_beat(seconds: float, melody: MelodyTrack) -> None:
    moved = torch.roll(clicks(ONSETS), round(seconds * RATE), 1)
    assert fit_of(moved, RATE, melody).pulse < fit_of(clicks(ONSETS), RATE, melody).pulse - 0.4


def test_loudness_and_channels_do_not_matter(melody: MelodyTrack) -> None:
    sound = chords() + clicks(ONSETS)
    reference = fit_of(sound, RATE, melody)
    for same in (0.02 * sound, sound.repeat(2, 1), -0.5 * sound.repeat(2, 1)):
        found = fit_of(same, RATE, melody)
        assert found.harmony == pytest.approx(reference.harmony, abs=1e-4)
        assert found.pulse == pytest.approx(reference.pulse, abs=1e-4)
        assert found.silent_share == reference.silent_share


def test_an_accompaniment_in_the_singers_tuning_fits_as_at_440_hz() -> None:
    tuned = fit_of(chords(), RATE, melody_of(ONSETS))
    for cents in (-45.0, 35.0):
        detuned = fit_of(chords(cents / 100), RATE, melody_of(ONSETS, cents))
        assert detuned.harmony == pytest.approx(tuned.harmony, abs=0.03)
        explicit = fit_of(chords(), RATE, melody_of(ONSETS, cents), tuning_cents=0.0)
        assert explicit.harmony == pytest.approx(tuned.harmony, abs=1e-6)
    ignored = fit_of(chords(0.45), RATE, melody_of(ONSETS, 45.0), tuning_cents=0.0)
    assert ignored.harmony < tuned.harmony - 0.1


def test_the_rate_and_the_hop_do_not_matter(melody: MelodyTrack) -> None:
    slow = torch.nn.functional.interpolate(chords()[None], scale_factor=0.5)[0]
    coarse = fit_of(slow, RATE // 2, melody, frame_seconds=FRAME)
    assert coarse.harmony == pytest.approx(fit_of(chords(), RATE, melody).harmony, abs=0.03)


def test_silence_scores_low_and_has_finite_figures(melody: MelodyTrack) -> None:
    for sound in (torch.zeros(2, 10 * RATE), torch.zeros(1, 0), torch.full((1, RATE), 1e-5)):
        assert fit_of(sound, RATE, melody) == Fit(0.0, 0.0, 1.0, 0)
    silent = fit_of(torch.zeros(2, 10 * RATE), RATE, melody)
    assert silent.score < -1 and silent.reasons() == "silent"


def test_half_silence_scores_lower_than_a_wrong_key(melody: MelodyTrack) -> None:
    sound = chords()
    sound[:, : SECONDS * RATE // 2] = 0
    half = fit_of(sound, RATE, melody)
    assert half.silent_share == 0.5 and "; 50 % silent" in half.reasons()
    assert half.score < fit_of(chords(6), RATE, melody).score


def test_clipped_samples_are_counted_and_lower_the_score(melody: MelodyTrack) -> None:
    sound = chords().repeat(2, 1)
    sound[0, 1000:1003] = 1.0
    sound[1, 1002:1004] = -1.2
    few = fit_of(sound, RATE, melody)
    assert few.clipped == 4 and few.reasons().endswith("; 4 samples clipped")
    driven = fit_of((9 * chords()).clamp(-1, 1), RATE, melody)
    assert driven.score < fit_of(chords(6), RATE, melody).score < few.score


def test_without_singing_there_is_nothing_to_compare(melody: MelodyTrack) -> None:
    mute = replace(melody, features=torch.zeros_like(melody.features))
    found = fit_of(chords(), RATE, mute)
    assert (found.harmony, found.pulse, found.score) == (0.0, 0.0, 0.0)
    assert found.reasons() == "nothing to compare with"
    assert fit_of(chords(), RATE, MelodyTrack(torch.zeros(14, 0), 0.0, torch.zeros(0))) == found


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.5, 2.0])
def test_short_accompaniments_have_figures(seconds: float, melody: MelodyTrack) -> None:
    found = fit_of(chords()[:, : round(seconds * RATE)], RATE, melody)
    assert -1 <= found.harmony <= 1 and -1 <= found.pulse <= 1


@pytest.fixture(scope="module")
def songs() -> list[RenderedSong]:
    return [render_song(seed, seconds=16.0) for seed in range(500, 508)]


def test_rendered_accompaniments_fit_their_own_vocals_best(songs: list[RenderedSong]) -> None:
    melodies = [extract_melody(song.vocal, RATE) for song in songs]
    fits = [
        [fit_of(song.accompaniment, RATE, melody, 0.0) for song in songs] for melody in melodies
    ]
    mismatched = ~np.eye(len(songs), dtype=bool)
    for name, apart, share in (("harmony", 0.3, 0.9), ("pulse", 0.4, 0.75), ("score", 0.3, 0.95)):
        figures = np.array([[getattr(found, name) for found in row] for row in fits])
        own, others = figures.diagonal(), figures[mismatched].reshape(len(songs), -1)
        assert own.mean() > others.mean() + apart, name
        assert (own[:, None] > others).mean() > share, name


def test_rendered_accompaniments_half_a_beat_late_fit_less(songs: list[RenderedSong]) -> None:
    own, moved = [], []
    for song in songs:
        melody = extract_melody(song.vocal, RATE)
        late = torch.roll(song.accompaniment, round(30 / song.score.tempo * RATE), 1)
        own.append(fit_of(song.accompaniment, RATE, melody, 0.0).pulse)
        moved.append(fit_of(late, RATE, melody, 0.0).pulse)
    assert np.mean(own) > np.mean(moved) + 0.2


def test_rendered_accompaniments_a_tritone_away_fit_less(songs: list[RenderedSong]) -> None:
    for song in songs[:4]:
        melody = extract_melody(song.vocal, RATE)
        own = fit_of(song.accompaniment, RATE, melody, 0.0)
        # With this tuning each tone counts as the one six semitones below.
        tritone = fit_of(song.accompaniment, RATE, melody, 600.0)
        assert own.harmony > tritone.harmony + 0.2
        assert tritone.pulse == own.pulse


def test_three_quarters_of_the_musical_fit_are_harmony() -> None:
    assert musical_fit(1.0, 1.0) == 1.0 and musical_fit(0.0, 0.0) == 0.0
    assert musical_fit(1.0, 0.0) == 0.75 and musical_fit(0.0, 1.0) == 0.25
    assert Fit(0.4, 0.8, 0.05, 0).score == pytest.approx(musical_fit(0.4, 0.8))
