"""From a signal to features."""

from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.features import features
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, LOW, LOW_BINS
from samuel_gen.codecs.spectral.stereo import middle_and_side, power, stereo_features


def analysed(
    audio: Float[Tensor, "2 samples"], first: int, frames: int
) -> tuple[Float[Tensor, "frames features"], Float[Tensor, "frames stereo_features"]]:
    """All that the codec looks at, of `frames` latent frames from `first` on."""
    low = middle_and_side(LOW.analyse(audio, first, frames)[..., :LOW_BINS])
    high = HIGH.analyse(audio, first * HIGH_PER_FRAME, frames * HIGH_PER_FRAME)
    high = middle_and_side(high)
    low_power, high_power = (power(x).sum(0) for x in (low, high))
    return features(low_power, high_power), stereo_features(high)
