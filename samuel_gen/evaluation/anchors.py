"""The systems of an evaluation: the one that is judged, and the anchors that it is compared with.

The names are keys of `metrics.json` and `metrics.csv`.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.resample import resample
from samuel_gen.evaluation.songs import EvaluationSong

GENERATED, TRUE, CODEC = "generated", "true", "true through codec"
MISMATCHED, SILENCE, NOISE = "mismatched", "silence", "noise"
SYSTEMS = (GENERATED, TRUE, CODEC, MISMATCHED, SILENCE, NOISE)

Stereo = Float[Tensor, "2 _"]
RoundTrip = Callable[[Stereo, int], Stereo]


def make_anchors(
    song: EvaluationSong, other: EvaluationSong, round_trip: RoundTrip, seed: int
) -> dict[str, Stereo]:
    """Make each anchor's accompaniment of a song.

    Args:
        song: the song to accompany.
        other: another song, whose accompaniment is the mismatched one.
        round_trip: encodes and decodes an accompaniment, given its sample rate in Hz.
        seed: the seed of the noise anchor.

    Returns:
        By system: the true accompaniment, the same through the codec, the mismatched one, silence,
        and white noise of standard deviation 0.1.
    """
    true = song.accompaniment
    decoded = round_trip(true, song.sample_rate)
    noise = torch.randn(true.shape, generator=torch.Generator().manual_seed(seed))
    return {
        TRUE: true,
        CODEC: decoded,
        MISMATCHED: adapt_to_song(other.accompaniment, other.sample_rate, song),
        SILENCE: torch.zeros_like(true),
        NOISE: 0.1 * noise,
    }


def adapt_to_song(accompaniment: Stereo, sample_rate: int, song: EvaluationSong) -> Stereo:
    """Bring another song's accompaniment to this song's sample rate and length.

    One that is too short is repeated.

    Args:
        accompaniment: the other song's accompaniment.
        sample_rate: the sample rate of the accompaniment in Hz.
        song: the song with the rate and length to produce.
    """
    length = song.accompaniment.shape[1]
    resampled = resample(accompaniment, sample_rate, song.sample_rate)
    times = -(-length // max(1, resampled.shape[1]))
    return resampled.repeat(1, times)[:, :length]
