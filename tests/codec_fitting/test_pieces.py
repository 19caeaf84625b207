import pytest
import torch

from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, integrated_loudness
from samuel_gen.codec_fitting.pieces import (
    FIRST_FITTING_SEED,
    FIRST_MEASURING_SEED,
    PIECES_PER_SONG,
    render_fitting_pieces,
    render_measuring_pieces,
)
from samuel_gen.codecs.quality import Quality
from samuel_gen.codecs.spectral.codec import SpectralCodec


def test_fitting_pieces_have_the_loudness_that_the_codec_gets():
    pieces = list(render_fitting_pieces(1, 4.0))
    assert len(pieces) == PIECES_PER_SONG
    for piece in pieces:
        assert piece.shape == (2, 4 * 44_100)
        loudness = integrated_loudness(piece, 44_100)
        assert loudness == pytest.approx(REFERENCE_LOUDNESS, abs=0.1)


def test_codec_is_measured_on_songs_that_it_was_not_fitted_to():
    assert FIRST_MEASURING_SEED - FIRST_FITTING_SEED >= 1_000_000
    fitted_to = next(render_fitting_pieces(1, 4.0))
    ((name, measured_on),) = render_measuring_pieces(1, 4.0)
    assert name.startswith(f"song {FIRST_MEASURING_SEED} (")
    assert not torch.equal(fitted_to, measured_on)


def test_codec_preserves_a_song_it_was_not_fitted_to():
    codec = SpectralCodec()
    ((_, audio),) = render_measuring_pieces(songs=1, seconds=10.0)
    quality = Quality.measure(audio, codec.decode(codec.encode(audio), audio.shape[1]), 44_100)
    assert quality.chroma > 0.88 and quality.bass > 0.65 and quality.onset > 0.93
    assert quality.log_mel < 3.5 and abs(quality.level) < 1
