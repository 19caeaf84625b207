import torch

from samuel_gen.audio.files import write_audio
from samuel_gen.codec_fitting import measure
from samuel_gen.codec_fitting.pieces import render_measuring_pieces
from samuel_gen.codecs.quality import Quality
from samuel_gen.codecs.spectral.codec import SpectralCodec


def test_codec_preserves_a_song_it_was_not_fitted_to():
    codec = SpectralCodec()
    ((name, audio),) = render_measuring_pieces(songs=1, seconds=10.0)
    quality = Quality.measure(audio, codec.decode(codec.encode(audio), audio.shape[1]), 44_100)
    assert quality.chroma > 0.88 and quality.bass > 0.65 and quality.onset > 0.93
    assert quality.log_mel < 3.5 and abs(quality.level) < 1


def test_command_prints_a_row_per_piece(tmp_path, capsys):
    noise = 0.1 * torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0))
    write_audio(tmp_path / "vocal.wav", noise, 44_100)
    assert measure.main([str(tmp_path / "vocal.wav"), "--songs", "0", "--iterations", "1"]) == 0
    table = capsys.readouterr().out
    assert "vocal.wav" in table and "chroma" in table and "decode" in table


def test_command_names_a_missing_file(tmp_path, capsys):
    assert measure.main([str(tmp_path / "gone.wav"), "--songs", "0"]) == 2
    assert "gone.wav" in capsys.readouterr().err
