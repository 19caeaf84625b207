"""The analyses of sounds whose notes and beats are known."""

import hashlib
import math

import numpy as np
import pytest
import torch

from samuel_gen.analysis.music import CHROMA_SECONDS
from samuel_gen.audio.resample import resample
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation import analysed_sound
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from tests.evaluation.songs import BEATS, RATE, SECONDS, chords, clicks, silence


def transpose(semitones: float) -> torch.Tensor:
    """Transpose the chords by resampling, which changes their length too."""
    time = np.arange(0, SECONDS * RATE - 1, 2 ** (semitones / 12))
    return torch.from_numpy(np.interp(time, np.arange(SECONDS * RATE), chords()[0].numpy()))[None]


@pytest.fixture(scope="module")
def music() -> AnalysedSound:
    return AnalysedSound(chords() + clicks(BEATS), RATE)


def test_samples_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(SamuelError, match="2 samples are NaN or infinite"):
        AnalysedSound(torch.tensor([[0.0, math.nan, math.inf]]), RATE)


def test_a_sound_is_analysed_once_and_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    analyse_music = analysed_sound.analyse_music

    def counting(*arguments):
        calls.append(arguments)
        return analyse_music(*arguments)

    monkeypatch.setattr(analysed_sound, "analyse_music", counting)
    sound = AnalysedSound(chords(), RATE)
    assert not calls
    for name in ("chroma", "key", "onset_strength", "onsets", "beats", "tempo", "chroma"):
        getattr(sound, name)
    assert len(calls) == 1


def test_the_chroma_of_a_triad_is_its_three_pitch_classes() -> None:
    for triad in ((0, 4, 7), (2, 5, 9)):
        sound = AnalysedSound(chords(0, [triad]), RATE)
        power = sound.chroma.mean(axis=1)
        assert set(np.argsort(power)[-3:]) == set(triad)
        assert power[list(triad)].sum() > 0.9 * power.sum()
    assert sound.chroma.shape[1] == pytest.approx(SECONDS / CHROMA_SECONDS, abs=1)


def test_the_chroma_follows_the_tuning() -> None:
    sharp = transpose(0.45)
    right, wrong = (AnalysedSound(sharp, RATE, cents).chroma.sum(axis=1) for cents in (45.0, 0.0))
    tuned = AnalysedSound(chords(), RATE).chroma.sum(axis=1)
    assert np.corrcoef(right, tuned)[0, 1] > 0.99 > np.corrcoef(wrong, tuned)[0, 1]


@pytest.mark.parametrize("shift", range(0, 12, 3))
def test_the_key_is_found_on_any_tonic(shift: int) -> None:
    minor = ((9, 0, 4), (2, 5, 9), (4, 8, 11), (9, 0, 4))  # A minor, with its leading tone
    for triads, tonic, mode in (
        (((0, 4, 7), (5, 9, 0), (7, 11, 2)), 0, "major"),
        (minor, 9, "minor"),
    ):
        key = AnalysedSound(chords(shift, triads), RATE).key
        assert key is not None
        assert (key.tonic, key.mode) == ((tonic + shift) % 12, mode)


def test_onsets_and_beats_are_at_the_clicks() -> None:
    sound = AnalysedSound(clicks(BEATS), RATE)
    distances = np.abs(sound.onsets[:, None] - np.array(BEATS))
    assert distances.min(axis=1).max() < 0.03 and distances.min(axis=0).max() < 0.03
    inside = sound.beats[(sound.beats > 0.4) & (sound.beats < 15.6)]  # they cover the whole sound
    np.testing.assert_allclose(inside, BEATS, atol=0.03)
    assert set(sound.downbeats) < set(sound.beats)
    irregular = AnalysedSound(clicks(np.array([2.0, 3.1, 7.65])), RATE)
    np.testing.assert_allclose(irregular.onsets, [2.0, 3.1, 7.65], atol=0.03)


@pytest.mark.parametrize("bpm", [92.0, 120.0, 137.0])
def test_the_tempo_is_that_of_the_clicks(bpm: float) -> None:
    sound = AnalysedSound(clicks(np.arange(0.5, SECONDS, 60 / bpm)), RATE)
    assert sound.tempo == pytest.approx(bpm, rel=0.01)


def test_a_missed_beat_leaves_the_tempo_and_one_beat_has_none() -> None:
    sound = AnalysedSound(silence(), RATE)
    steady = np.arange(40) * 0.5
    for beats, tempo in (
        (steady, 120.0),
        (np.delete(steady, 17), 120.0),
        (steady[:2], 120.0),
        (steady[:5] * 2, 60.0),
        (steady[:1], None),
        (steady[:0], None),
    ):
        vars(sound).pop("tempo", None)
        vars(sound)["beats"] = beats
        assert sound.tempo == (tempo and pytest.approx(tempo))


@pytest.mark.parametrize("samples", [silence(), silence()[:, :0], 1e-4 * chords()])
def test_silence_has_no_key_onsets_or_beats(samples: torch.Tensor) -> None:
    """A sound that stays below -70 dBFS is silent."""
    sound = AnalysedSound(samples, RATE)
    assert not sound.chroma.any() and not sound.onset_strength.any()
    assert sound.key is None and sound.tempo is None
    assert sound.onsets.size == sound.beats.size == 0
    assert not AnalysedSound(silence(), RATE).has_melody


def test_a_gain_changes_nothing(music: AnalysedSound) -> None:
    soft = AnalysedSound(0.01 * music.sound, RATE)
    np.testing.assert_allclose(100 * soft.chroma, music.chroma, atol=1e-3 * music.chroma.max())
    np.testing.assert_allclose(soft.beats, music.beats)
    np.testing.assert_allclose(soft.onsets, music.onsets)


def test_channels_and_rates_change_nothing(music: AnalysedSound) -> None:
    stereo = resample(music.sound, RATE, 2 * RATE).repeat(2, 1)
    sound = AnalysedSound(stereo, 2 * RATE)
    assert sound.seconds == music.seconds == SECONDS
    assert sound.mono.shape == music.mono.shape
    np.testing.assert_allclose(sound.beats, music.beats, atol=0.03)
    assert sound.key is not None and music.key is not None
    assert sound.key.name == music.key.name


def test_less_than_a_second_has_no_beat(music: AnalysedSound) -> None:
    short, longer = (AnalysedSound(music.sound[:, : round(s * RATE)], RATE) for s in (0.9, 2.2))
    assert short.onsets.size == 1 and short.beats.size == 0
    assert longer.beats.size >= 3


def test_a_vocal_has_a_melody_in_frames_of_known_length() -> None:
    vocal = AnalysedSound(chords(0, [(0,)]), RATE)
    assert vocal.has_melody and vocal.melody.pitch_classes.sum(1).argmax() == 0
    frames = vocal.melody.features.shape[1]
    assert frames * vocal.melody_seconds == pytest.approx(SECONDS, abs=vocal.melody_seconds)


def test_the_network_that_measures_beats_stays_as_it_is(
    music: AnalysedSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All published beats, downbeats and tempi rest on it, while the tracker may change."""
    (network,) = analysed_sound._load_measuring_network().networks
    digest = hashlib.sha256()
    for _, each in sorted(network.state_dict().items()):
        if each.is_floating_point():
            digest.update(each.half().numpy().tobytes())
    assert digest.hexdigest()[:16] == "4d556da79bd39449"
    monkeypatch.setattr("samuel_gen.estimation.beat_tracker._load_bundled", None)
    again = AnalysedSound(music.sound, RATE)
    np.testing.assert_array_equal(again.beats, music.beats)
