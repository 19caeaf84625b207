import pytest
import torch

from samuel_gen.analysis.prepared_vocal import prepare_vocal
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, integrated_loudness


def test_the_gain_brings_the_vocal_to_the_reference_loudness(sound, framed_codec) -> None:
    stereo = sound.repeat(2, 1)
    vocal = prepare_vocal(lambda: [stereo], framed_codec)
    assert vocal.loudness == pytest.approx(integrated_loudness(stereo, 44100))
    assert integrated_loudness(vocal.gain * stereo, 44100) == pytest.approx(
        REFERENCE_LOUDNESS, abs=0.01
    )


def test_latents_and_melody_share_their_frames(sound, framed_codec) -> None:
    stereo = sound.repeat(2, 1)
    vocal = prepare_vocal(lambda: [stereo], framed_codec)
    assert vocal.latents.shape[1] == vocal.melody.features.shape[1]
    assert torch.allclose(vocal.latents, framed_codec.encode(vocal.gain * stereo), atol=1e-6)


def test_the_level_and_the_blocks_do_not_matter(sound, framed_codec) -> None:
    stereo = sound.repeat(2, 1)
    whole = prepare_vocal(lambda: [stereo], framed_codec)
    pieces = prepare_vocal(lambda: (0.1 * stereo).split(30_000, dim=1), framed_codec)
    assert torch.allclose(whole.latents, pieces.latents, atol=1e-4)
    assert torch.allclose(whole.melody.features, pieces.melody.features, atol=1e-3)


def test_silence_is_left_at_its_level(framed_codec) -> None:
    vocal = prepare_vocal(lambda: [torch.zeros(2, 88_200)], framed_codec)
    assert vocal.gain == 1 and vocal.loudness == -float("inf")
    assert not vocal.latents.any() and not vocal.melody.features.any()
