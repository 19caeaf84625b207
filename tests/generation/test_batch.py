from functools import partial

import pytest
import torch

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.diffusion.samplers import ancestral, ddim
from samuel_gen.errors import SamuelError
from samuel_gen.generation.batch import generate_batch
from samuel_gen.generation.stages import Stages

QUICK = partial(ddim, num_steps=2)


def recording(sound: torch.Tensor) -> MemoryRecording:
    return MemoryRecording(sound, 44100)


def test_the_accompaniment_is_as_loud_as_the_vocal_and_the_mix_is_their_sum(
    stages: Stages, sound
) -> None:
    (result,) = generate_batch(stages, recording(sound), [0], sampler=QUICK)
    gain = result.mix_recording.gain
    assert torch.allclose(result.mix, gain * (sound + result.accompaniment), atol=1e-6)
    expected = integrated_loudness(sound.repeat(2, 1), 44100)
    assert integrated_loudness(result.accompaniment, 44100) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("sampler", [ddim, ancestral])
def test_each_seed_of_a_batch_gives_what_it_gives_alone(stages: Stages, sound, sampler) -> None:
    few = partial(sampler, num_steps=3)
    both = generate_batch(stages, recording(sound), [3, 8], sampler=few)
    assert [each.seed for each in both] == [3, 8]
    for each in both:
        (alone,) = generate_batch(stages, recording(sound), [each.seed], sampler=few)
        torch.testing.assert_close(each.latents, alone.latents, atol=1e-4, rtol=0)
        torch.testing.assert_close(each.mix, alone.mix, atol=1e-4, rtol=0)
    assert not torch.allclose(both[0].latents, both[1].latents, atol=1e-2)


def test_a_melody_only_seed_is_not_given_the_latents(stages: Stages, sound) -> None:
    whole, melody = generate_batch(stages, recording(sound), [3, 8], melody_only=[8], sampler=QUICK)
    assert whole.encoded_vocal.latents_given.all()
    assert not melody.encoded_vocal.latents_given.any()
    assert melody.encoded_vocal.melody_given.all()
    alone = stages.sample(melody.encoded_vocal, seed=8, sampler=QUICK)
    torch.testing.assert_close(melody.latents, alone[0], atol=1e-4, rtol=0)
    (with_latents,) = generate_batch(stages, recording(sound), [8], sampler=QUICK)
    assert not torch.allclose(melody.latents, with_latents.latents, atol=1e-2)


def test_the_balance_changes_the_loudness_by_so_many_decibels(stages: Stages, sound) -> None:
    plain, louder = (
        generate_batch(stages, recording(0.1 * sound), [0], sampler=QUICK, balance=balance)[0]
        for balance in (0.0, 6.0)
    )
    gain = 10 ** (6 / 20)
    assert torch.allclose(louder.accompaniment, gain * plain.accompaniment, atol=1e-5)


def test_the_tuning_is_estimated_unless_it_is_given(stages: Stages, melody) -> None:
    vocal = recording(melody([0.0, 2.0, 4.0, 7.0], 30))
    (estimated,) = generate_batch(stages, vocal, [0], sampler=QUICK)
    assert estimated.tuning_cents == pytest.approx(30, abs=1)
    cents = estimated.tuning_cents
    (given,) = generate_batch(stages, vocal, [0], sampler=QUICK, tuning_cents=cents)
    assert torch.equal(estimated.mix, given.mix)
    (untuned,) = generate_batch(stages, vocal, [0], sampler=QUICK, tuning_cents=0.0)
    assert untuned.tuning_cents == 0
    assert not torch.allclose(untuned.latents.mean(), estimated.latents.mean())


def test_a_vocal_without_a_tuning_keeps_a_440(stages: Stages, melody) -> None:
    off_any_grid = melody([0.0, 1.3, 3.5, 4.7, 6.9, 8.2, 2.6, 5.1])
    (result,) = generate_batch(stages, recording(off_any_grid), [0], sampler=QUICK)
    assert result.tuning_cents == 0


def test_the_level_of_the_vocal_does_not_change_the_music(stages: Stages, sound) -> None:
    loud, quiet = (
        generate_batch(stages, recording(gain * sound), [0], sampler=QUICK)[0]
        for gain in (1.0, 0.1)
    )
    assert torch.allclose(loud.latents, quiet.latents, atol=1e-3)
    assert torch.allclose(loud.accompaniment, 10 * quiet.accompaniment, atol=1e-3)


def test_a_short_or_silent_vocal_is_refused(stages: Stages, sound) -> None:
    for vocal, reason in ((sound[:, :44099], "at least 1 s"), (0 * sound, "silent")):
        with pytest.raises(SamuelError, match=reason):
            generate_batch(stages, recording(vocal), [0])
