from samuel_gen.codec_fitting import fit, measure
from samuel_gen.codec_fitting.material import measuring_pieces
from samuel_gen.codecs.quality import Quality
from samuel_gen.codecs.spectral.codec import SpectralCodec


def test_an_unseen_song_survives():
    codec = SpectralCodec()
    ((name, audio),) = measuring_pieces(songs=1, seconds=10.0)
    quality = Quality.of(audio, codec.decode(codec.encode(audio), audio.shape[1]), 44_100)
    assert quality.chroma > 0.88 and quality.bass > 0.65 and quality.onset > 0.93
    assert quality.log_mel < 3.5 and abs(quality.level) < 1


def test_fit_writes_tables_that_the_codec_reads(tmp_path, capsys):
    output = tmp_path / "tables.safetensors"
    assert fit.main(["--songs", "1", "--seconds", "6", "--output", str(output)]) == 0
    codec = SpectralCodec(tables=output)
    assert codec.channels == 64 and codec.identity.weights_hash in capsys.readouterr().out
    assert codec.identity != SpectralCodec().identity


def test_measure_prints_a_row_per_piece(music, tmp_path, capsys):
    from samuel_gen.audio.files import write_audio

    write_audio(tmp_path / "take.wav", music[:, :100_000], 44_100)
    assert measure.main([str(tmp_path / "take.wav"), "--songs", "0", "--iterations", "1"]) == 0
    table = capsys.readouterr().out
    assert "take.wav" in table and "chroma" in table and "decode" in table


def test_measure_names_a_file_that_is_not_there(tmp_path, capsys):
    assert measure.main([str(tmp_path / "gone.wav"), "--songs", "0"]) == 2
    assert "gone.wav" in capsys.readouterr().err
