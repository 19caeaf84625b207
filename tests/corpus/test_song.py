import json

import librosa
import numpy as np
import pretty_midi
import pytest
import soundfile
import torch

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.corpus.score import Score
from samuel_gen.corpus.song import render_song
from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.errors import SamuelError


def test_every_style_renders_without_faults(songs):
    assert {song.score.style for song in songs} == {style.name for style in STYLES}
    for song in songs:
        vocal = integrated_loudness(song.vocal, 44100)
        accompaniment = integrated_loudness(song.accompaniment, 44100)
        assert -0.6 <= vocal - accompaniment <= 4.6, song.score.style
        assert -24 <= accompaniment <= -19.5, song.score.style
        for stem in (song.vocal, song.accompaniment):
            assert stem.shape == (2, 8 * 44100) and stem.dtype == torch.float32
            assert stem.isfinite().all() and stem.abs().max() <= 0.99
        assert song.vocal.abs().max() > 0.05


def test_the_seed_decides_every_sample(songs):
    for seed in (0, 4):
        again = render_song(seed, seconds=8.0)
        assert torch.equal(again.vocal, songs[seed].vocal)
        assert torch.equal(again.accompaniment, songs[seed].accompaniment)
        assert again.score == songs[seed].score
    assert not torch.equal(songs[0].vocal, songs[1].vocal)
    assert not torch.equal(songs[0].accompaniment, songs[1].accompaniment)
    unheard = [render_song(1, seconds=4.0, unheard=True) for _ in range(2)]
    assert torch.equal(unheard[0].vocal, unheard[1].vocal)
    assert torch.equal(unheard[0].accompaniment, unheard[1].accompaniment)
    assert unheard[0].score == unheard[1].score
    assert unheard[0].score.style not in {style.name for style in STYLES}
    other = render_song(len(STYLES) * 12, seconds=8.0)
    assert not any(torch.equal(other.vocal, song.vocal) for song in songs)


def test_onsets_of_the_accompaniment_fall_on_beats(songs):
    ratios = []
    for song in songs:
        envelope = _onsets(song.accompaniment)
        times = np.arange(len(envelope)) * 256 / 44100

        def strength(place, envelope=envelope, times=times, sheet=song.score.lead_sheet):
            at = [sheet.time_at(beat + place) for beat in range(1, len(sheet.beats) - 1)]
            return np.mean([envelope[np.abs(times - t) < 0.025].max() for t in at])

        ratios.append(strength(0.0) / strength(0.39))
    assert np.median(ratios) > 3
    assert np.mean(np.array(ratios) > 1) > 0.9


def _onsets(stem: torch.Tensor) -> np.ndarray:
    mono = stem.mean(0).numpy()
    return librosa.onset.onset_strength(y=mono, sr=44100, n_fft=1024, hop_length=256, center=True)


def test_vocal_and_accompaniment_share_a_key(songs):
    """Pitch classes of the parts correlate with those of their own vocal, not of other songs."""
    sung = [_chroma(song.score.melody) for song in songs]
    played = [
        _chroma([n for part in song.score.parts if not part.is_drums for n in part.notes])
        for song in songs
    ]
    matrix = np.corrcoef(np.stack(sung + played))[: len(sung), len(sung) :]
    true = np.diag(matrix).mean()
    false = matrix[~np.eye(len(sung), dtype=bool)].mean()
    assert true > 0.5 and abs(false) < 0.2


def _chroma(notes) -> np.ndarray:
    chroma = np.zeros(12)
    for note in notes:
        chroma[note.midi % 12] += note.end - note.start
    return chroma


def test_sounds_of_one_song_share_their_harmony(songs):
    chosen = songs[::3]
    vocals = [_audio_chroma(song.vocal) for song in chosen]
    accompaniments = [_audio_chroma(song.accompaniment) for song in chosen]
    matrix = np.array([[np.corrcoef(v, a)[0, 1] for a in accompaniments] for v in vocals])
    true = np.diag(matrix).mean()
    assert true > 0.35 and true > matrix[~np.eye(len(chosen), dtype=bool)].mean() + 0.3


def _audio_chroma(stem: torch.Tensor) -> np.ndarray:
    mono = librosa.resample(stem.mean(0).numpy(), orig_sr=44100, target_sr=11025)
    return librosa.feature.chroma_stft(y=mono, sr=11025, n_fft=4096, hop_length=2048).mean(axis=1)


def test_written_song_can_be_read_again(songs, tmp_path):
    songs[2].write(tmp_path / "song")
    for name, stem in (("vocals", songs[2].vocal), ("accompaniment", songs[2].accompaniment)):
        samples, rate = soundfile.read(tmp_path / "song" / f"{name}.wav", dtype="float32")
        assert (
            rate == 44100 and soundfile.info(tmp_path / "song" / f"{name}.wav").subtype == "PCM_24"
        )
        assert np.allclose(samples.T, stem.numpy(), atol=2e-7)
    plain = json.loads((tmp_path / "song" / "score.json").read_text())
    assert Score.from_dict(plain) == songs[2].score
    assert pretty_midi.PrettyMIDI(str(tmp_path / "song" / "score.mid")).instruments


def test_bad_arguments_are_refused():
    with pytest.raises(SamuelError, match="seed=-1 is negative"):
        render_song(-1)
    with pytest.raises(SamuelError, match="seconds=1.0 is too short"):
        render_song(0, seconds=1.0)


@pytest.mark.slow
def test_long_songs_and_many_seeds():
    for seed in range(100, 160):
        song = render_song(seed, seconds=6.0 if seed % 2 else 10.0)
        assert len(song.score.melody) >= 2
    long = render_song(7, seconds=180.0)
    assert long.vocal.shape[1] == 180 * 44100
    names = [section.name for section in long.score.sections]
    assert len(names) > len(set(names))


def test_a_mastered_song_has_the_same_score_and_a_lower_crest():
    plain, mastered = (render_song(3, seconds=8.0, mastered=each) for each in (False, True))
    assert plain.score == mastered.score
    crests = [
        float(song.accompaniment.abs().max() / song.accompaniment.std())
        for song in (plain, mastered)
    ]
    assert crests[1] < 0.8 * crests[0]
