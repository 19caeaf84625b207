"""What a recording must be before a band can be made for it."""

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.errors import SamuelError

MINIMUM_SECONDS = 1.0


def check_vocal(samples: Float[Tensor, "channels samples"], sample_rate: int, name: str) -> None:
    """Refuse a vocal that holds nothing to accompany.

    Args:
        samples: the recording, full scale is 1.
        sample_rate: Hz.
        name: the recording's name in the message, for example its path.

    Raises:
        SamuelError: NaN or infinite samples, shorter than 1 s, or silent (below -70 LUFS).
    """
    if not torch.isfinite(samples).all():
        raise SamuelError(
            f"{name}: NaN or infinite samples; expected finite samples; export the recording again"
        )
    check_measured(samples.shape[-1] / sample_rate, integrated_loudness(samples, sample_rate), name)


def check_measured(seconds: float, loudness: float, name: str) -> None:
    """Refuse a recording that holds nothing.

    Args:
        seconds: its length.
        loudness: its integrated loudness in LUFS.
        name: the recording's name in the message, for example its path.

    Raises:
        SamuelError: shorter than 1 s, or silent (below -70 LUFS).
    """
    if seconds < MINIMUM_SECONDS:
        raise SamuelError(
            f"{name}: {seconds:.2f} s of audio; expected at least {MINIMUM_SECONDS:.0f} s; "
            "record a longer take"
        )
    if loudness == -float("inf"):
        raise SamuelError(
            f"{name}: silent (below -70 LUFS); expected sound; is it the right track, and was "
            "the microphone on?"
        )
