"""The analysis of the spectral codec: from audio to features."""

from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.features import spectral_features
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, LOW, LOW_BINS
from samuel_gen.codecs.spectral.stereo import power, stereo_features, to_mid_side


def extract_features(
    audio: Float[Tensor, "2 samples"], first: int, frames: int
) -> tuple[Float[Tensor, "frames features"], Float[Tensor, "frames stereo_features"]]:
    """Return the spectral and the stereo features of a range of latent frames.

    Args:
        audio: stereo audio at `SAMPLE_RATE`; it is silent before its start and after its end.
        first: index of the first latent frame.
        frames: number of latent frames.
    """
    low = to_mid_side(LOW.analyse(audio, first, frames)[..., :LOW_BINS])
    high = HIGH.analyse(audio, first * HIGH_PER_FRAME, frames * HIGH_PER_FRAME)
    high = to_mid_side(high)
    low_power, high_power = (power(x).sum(0) for x in (low, high))
    return spectral_features(low_power, high_power), stereo_features(high)
