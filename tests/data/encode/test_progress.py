from samuel_gen.data.encode.progress import show_encoding_bar


def test_the_bar_counts_songs_and_hours_on_stderr(capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with show_encoding_bar(3, is_shown=True) as advance:
        for hours in (0.25, 0.5, 0.0):
            advance(hours)
    out, err = capfd.readouterr()
    assert out == "" and "3/3" in err and "0.75 h of audio" in err


def test_a_hidden_bar_prints_nothing(capfd):
    with show_encoding_bar(1, is_shown=False) as advance:
        advance(1.0)
    assert capfd.readouterr() == ("", "")
