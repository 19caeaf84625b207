import math
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.audio.true_peak import true_peak
from samuel_gen.diffusion.samplers import ddim
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist

QUICK = partial(ddim, num_steps=2)


@pytest.mark.parametrize(
    ("rate", "samples", "channels"),
    [(44100, 44100, 1), (48000, 100_003, 2), (8000, 8001, 1), (96000, 150_000, 6)],
)
def test_a_result_has_the_vocals_rate_and_length(
    accompanist: Accompanist, rate: int, samples: int, channels: int
) -> None:
    time = torch.arange(samples) / rate
    vocal = 0.5 * torch.sin(2 * math.pi * 300 * time).repeat(channels, 1)
    result = accompanist.accompany(vocal, rate, sampler=QUICK, candidates=1)
    for sound in (result.accompaniment, result.mix):
        assert sound.shape == (2, samples)
        assert torch.isfinite(sound).all()
        assert true_peak(sound, rate) <= -1.0 + 1e-3
    assert result.sample_rate == rate


def test_a_mono_vocal_equals_the_same_vocal_on_both_channels(
    accompanist: Accompanist, sound
) -> None:
    mono = accompanist.accompany(sound, 44100, sampler=QUICK, candidates=1)
    stereo = accompanist.accompany(sound.repeat(2, 1), 44100, sampler=QUICK, candidates=1)
    assert torch.allclose(mono.mix, stereo.mix, atol=1e-6)


def test_loud_and_quiet_vocals_have_mixes_of_one_loudness(accompanist: Accompanist, sound) -> None:
    loud = sound / sound.abs().max()
    for vocal in (loud, 0.02 * loud):
        result = accompanist.accompany(vocal, 44100, sampler=QUICK, candidates=1)
        assert integrated_loudness(result.mix, 44100) == pytest.approx(-14.0, abs=0.1)


def test_the_same_seed_gives_the_same_samples(accompanist: Accompanist, sound) -> None:
    first, again, other = (
        accompanist.accompany(sound, 44100, seed=seed, sampler=QUICK, candidates=1)
        for seed in (3, 3, 4)
    )
    assert torch.equal(first.accompaniment, again.accompaniment)
    assert not torch.allclose(first.accompaniment, other.accompaniment, atol=1e-3)


def test_the_best_of_the_candidates_is_kept(accompanist: Accompanist, sound) -> None:
    """Candidates have seeds 5, 1005, 2005; every second one is given only the melody."""
    kept = accompanist.accompany(sound, 44100, seed=5, candidates=3, sampler=QUICK)
    whole = accompanist.generate_results(sound, 44100, [5, 1005, 2005], sampler=QUICK)
    scores = {each.seed: each.fit.score for each in (whole[0], whole[2])}
    melody_only = {1005}
    if kept.seed in melody_only:
        assert not kept.encoded_vocal.latents_given.any()
        assert kept.fit.score >= max(scores.values()) - 1e-4
    else:
        assert scores[kept.seed] == max(scores.values())
        assert kept.encoded_vocal.latents_given.all()


def test_each_result_is_the_best_of_its_own_candidates(accompanist: Accompanist, sound) -> None:
    results = accompanist.generate_results(sound, 44100, [3, 8], candidates=2, sampler=QUICK)
    for seed, result in zip([3, 8], results, strict=True):
        alone = accompanist.accompany(sound, 44100, seed=seed, candidates=2, sampler=QUICK)
        assert result.seed == alone.seed and result.seed in (seed, seed + 1000)
        torch.testing.assert_close(result.mix, alone.mix, atol=1e-4, rtol=0)


def test_it_loads_and_plays_without_hydra_lightning_or_pickle(
    make_checkpoint, tmp_path: Path
) -> None:
    make_checkpoint().save(tmp_path / "model.safetensors")
    script = (
        "import sys, pickle, torch\n"
        "def refuse(*_, **__): raise AssertionError('pickle')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = torch.load = refuse\n"
        "from samuel_gen import Accompanist\n"
        "vocal = 0.1 * torch.sin(torch.arange(50_000) / 20)[None]\n"
        f"stages = Accompanist.from_pretrained({str(tmp_path / 'model.safetensors')!r}, 'cpu')."
        "stages\n"
        "latents = stages.sample(stages.encode(vocal, 44100))\n"
        "stages.model.codec.decode(latents[0], 50_000)\n"
        "loaded = {'hydra', 'omegaconf', 'lightning', 'wandb'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_vocal_that_is_not_finite_is_refused(accompanist: Accompanist, sound) -> None:
    with pytest.raises(SamuelError, match="infinite"):
        accompanist.accompany(sound * math.inf, 44100)
