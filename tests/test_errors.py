from samuel_gen.errors import SamuelError


def test_a_message_stays_one_printable_line() -> None:
    error = SamuelError("two\nlines\x1b[2J and \u2028 a \udce9 name.wav: no such file")
    assert str(error) == r"two\nlines\x1b[2J and \u2028 a \udce9 name.wav: no such file"
    str(error).encode("utf-8")


def test_a_printable_message_is_unchanged() -> None:
    assert str(SamuelError("Große Stimme 🎤.wav: 0 samples")) == "Große Stimme 🎤.wav: 0 samples"
