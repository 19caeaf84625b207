"""What is heard in a sound, and which truth a clip holds against it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from samuel_gen.analysis.agreement import CHROMA_SECONDS
from samuel_gen.audio.resample import resample
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation import clip as clip_module
from samuel_gen.evaluation.clip import Clip, Heard
from tests.evaluation.songs import BEATS, RATE, SECONDS, chords, clicks, noise, score, silence


def shifted(semitones: float) -> torch.Tensor:
    """The chords, so many semitones higher, by resampling; hence shorter or longer."""
    time = np.arange(0, SECONDS * RATE - 1, 2 ** (semitones / 12))
    return torch.from_numpy(np.interp(time, np.arange(SECONDS * RATE), chords()[0].numpy()))[None]


@pytest.fixture(scope="module")
def beaten() -> Heard:
    return Heard(chords() + clicks(BEATS), RATE)


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(SamuelError, match="2 samples are NaN"):
        Heard(torch.tensor([[0.0, math.nan, math.inf]]), RATE)


def test_a_sound_is_listened_to_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return listen(*arguments)

    listen = clip_module.listen
    monkeypatch.setattr(clip_module, "listen", counted)
    heard = Heard(chords(), RATE)
    assert not calls  # nothing before it is asked for
    for name in ("chroma", "key", "onset_strength", "onsets", "beats", "tempo", "chroma"):
        getattr(heard, name)
    assert len(calls) == 1


def test_the_chroma_of_a_triad_is_its_three_classes() -> None:
    for triad in ((0, 4, 7), (2, 5, 9)):
        heard = Heard(chords(0, [triad]), RATE)
        power = heard.chroma.mean(axis=1)
        assert set(np.argsort(power)[-3:]) == set(triad)
        assert power[list(triad)].sum() > 0.9 * power.sum()
    assert heard.chroma.shape[1] == pytest.approx(SECONDS / CHROMA_SECONDS, abs=1)


def test_the_chroma_follows_the_tuning() -> None:
    sharp = shifted(0.45)
    told, untold = (Heard(sharp, RATE, cents).chroma.sum(axis=1) for cents in (45.0, 0.0))
    tuned = Heard(chords(), RATE).chroma.sum(axis=1)
    assert np.corrcoef(told, tuned)[0, 1] > 0.99 > np.corrcoef(untold, tuned)[0, 1]


@pytest.mark.parametrize("shift", range(0, 12, 3))
def test_the_key_is_found_on_any_tonic(shift: int) -> None:
    minor = ((9, 0, 4), (2, 5, 9), (4, 8, 11), (9, 0, 4))  # A minor, with its leading tone
    for triads, tonic, mode in (
        (((0, 4, 7), (5, 9, 0), (7, 11, 2)), 0, "major"),
        (minor, 9, "minor"),
    ):
        key = Heard(chords(shift, triads), RATE).key
        assert key is not None
        assert (key.tonic, key.mode) == ((tonic + shift) % 12, mode)


def test_onsets_and_beats_are_where_the_clicks_are() -> None:
    heard = Heard(clicks(BEATS), RATE)
    for times, found in ((heard.onsets, 1.0), (heard.beats, 0.9)):
        apart = np.abs(times[:, None] - np.array(BEATS))
        assert apart.min(axis=1).max() < 0.03  # nothing else is heard
        assert (apart.min(axis=0) < 0.03).mean() >= found
    late = Heard(clicks(np.array([2.0, 3.1, 7.65])), RATE)
    np.testing.assert_allclose(late.onsets, [2.0, 3.1, 7.65], atol=0.03)


@pytest.mark.parametrize("bpm", [92.0, 120.0, 137.0])
def test_the_tempo_is_that_of_the_clicks(bpm: float) -> None:
    heard = Heard(clicks(np.arange(0.5, SECONDS, 60 / bpm)), RATE)
    assert heard.tempo == pytest.approx(bpm, rel=0.01)


def test_a_missed_beat_does_not_change_the_tempo_and_one_beat_has_none() -> None:
    heard = Heard(silence(), RATE)
    steady = np.arange(40) * 0.5
    for beats, tempo in (
        (steady, 120.0),
        (np.delete(steady, 17), 120.0),
        (steady[:2], 120.0),
        (steady[:5] * 2, 60.0),
        (steady[:1], None),
        (steady[:0], None),
    ):
        vars(heard).pop("tempo", None)
        vars(heard)["beats"] = beats
        assert heard.tempo == (tempo and pytest.approx(tempo))


@pytest.mark.parametrize("sound", [silence(), silence()[:, :0], 1e-4 * chords()])
def test_in_silence_nothing_is_heard(sound: torch.Tensor) -> None:
    """Nor in a band that lies below -70 dBFS all the time: nobody hears it."""
    heard = Heard(sound, RATE)
    assert not heard.chroma.any() and not heard.onset_strength.any()
    assert heard.key is None and heard.tempo is None
    assert heard.onsets.size == heard.beats.size == 0
    assert not Heard(silence(), RATE).sings


def test_beyond_silence_the_level_does_not_matter(beaten: Heard) -> None:
    soft = Heard(0.01 * beaten.sound, RATE)
    np.testing.assert_allclose(100 * soft.chroma, beaten.chroma, atol=1e-3 * beaten.chroma.max())
    np.testing.assert_allclose(soft.beats, beaten.beats)
    np.testing.assert_allclose(soft.onsets, beaten.onsets)


def test_channels_and_rates_do_not_matter(beaten: Heard) -> None:
    stereo = resample(beaten.sound, RATE, 2 * RATE).repeat(2, 1)
    heard = Heard(stereo, 2 * RATE)
    assert heard.seconds == beaten.seconds == SECONDS
    assert heard.mono.shape == beaten.mono.shape
    np.testing.assert_allclose(heard.beats, beaten.beats, atol=0.03)
    assert heard.key is not None and beaten.key is not None
    assert heard.key.name == beaten.key.name


def test_less_than_a_second_has_no_beat(beaten: Heard) -> None:
    short, longer = (Heard(beaten.sound[:, : round(s * RATE)], RATE) for s in (0.9, 2.2))
    assert short.onsets.size == 1 and short.beats.size == 0
    assert longer.beats.size >= 3


def test_a_voice_sings_and_its_frames_have_a_length() -> None:
    voice = Heard(chords(0, [(0,)]), RATE)
    assert voice.sings and voice.melody.features[:12].sum(1).argmax() == 0
    frames = voice.melody.features.shape[1]
    assert frames * voice.melody_seconds == pytest.approx(SECONDS, abs=voice.melody_seconds)


def test_the_truth_is_the_scores(beaten: Heard) -> None:
    """Not the true band's nor the voice's, and none of it lies beyond the song."""
    truth = replace(score(), tonic=5, mode="minor", tempo=77.0, beats=(0.1, 3.0, 16.0, 17.0))
    clip = Clip(beaten, beaten, beaten, truth)
    assert clip.true_key is not None
    assert (clip.true_key.tonic, clip.true_key.mode) == (5, "minor")
    assert clip.true_tempo == 77.0
    np.testing.assert_array_equal(clip.true_beats, [0.1, 3.0])


def test_without_a_score_the_truth_is_heard(beaten: Heard) -> None:
    """The key in the voice, beats and tempo in the true band, nothing in the band judged."""
    voice = Heard(chords(2, [(0,), (4,), (7,), (0,), (5,), (2,), (11,), (0,)]), RATE)
    clip = Clip(Heard(noise(), RATE), voice, beaten)
    assert clip.true_key is not None and clip.true_key.name == "D major"
    assert clip.true_tempo == beaten.tempo == pytest.approx(120, rel=0.01)
    np.testing.assert_array_equal(clip.true_beats, beaten.beats)


def test_a_clip_of_sounds_has_the_tuning_of_both_bands_alone() -> None:
    made = Clip.of(noise(), chords(), silence(), RATE, score(), 30.0)
    tunings = [heard.tuning_cents for heard in (made.band, made.vocal, made.true_band)]
    assert tunings == [30.0, 0.0, 30.0]
    assert Clip.of(noise(), silence(), silence(), RATE).true_key is None
