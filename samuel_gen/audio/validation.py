"""The least that a recording must hold: one second of sound that is not silent."""

from samuel_gen.errors import SamuelError

MINIMUM_SECONDS = 1.0


def check_recording(seconds: float, loudness: float, name: str) -> None:
    """Refuse a recording that is too short or silent.

    Args:
        seconds: the length of the recording.
        loudness: the gated loudness of the recording in LUFS.
        name: the recording's name in the message, for example its path.

    Raises:
        SamuelError: shorter than 1 s, or silent (below -70 LUFS).
    """
    if seconds < MINIMUM_SECONDS:
        raise SamuelError(
            f"{name}: only {seconds:.2f} s of audio; record at least {MINIMUM_SECONDS:.0f} s"
        )
    if loudness == -float("inf"):
        raise SamuelError(f"{name}: silent (below -70 LUFS); check the file and the microphone")
