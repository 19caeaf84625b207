from functools import partial
from pathlib import Path

import pytest
import soundfile
import torch

from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.samplers import unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.generation.stages import Stages
from samuel_gen.training.samples import write_samples

SETTINGS = {"sampler": partial(unipc, num_steps=2), "guidance": partial(Guided, scale=1.0)}


@pytest.fixture
def stages(tiny_network, framed_codec, plain_normaliser) -> Stages:
    codec_and_normalisers = (framed_codec, plain_normaliser, plain_normaliser)
    return Stages(TrainedModel(tiny_network, cosine(), Objective(), *codec_and_normalisers), "cpu")


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("plot_sampling", "plot_spectrograms"):
        monkeypatch.setattr(f"samuel_gen.training.samples.{name}", lambda *_: None)


def read(path: Path) -> torch.Tensor:
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == 44100
    return torch.from_numpy(sound)


def test_each_song_has_its_vocal_both_accompaniments_and_a_mix(stages, data, tmp_path) -> None:
    data.setup()
    write_samples(stages, data, tmp_path, [], songs=2, **SETTINGS)
    for song in ("song1", "song2"):
        names = {path.name for path in (tmp_path / song).iterdir()}
        assert names == {"vocal.wav", "true.wav", "generated.wav", "mix.wav"}
        sounds = {path.stem: read(path) for path in (tmp_path / song).iterdir()}
        assert {len(sound) for sound in sounds.values()} == {16 * 2048}  # a validation crop
        total = sounds["vocal"] + sounds["generated"]
        cosine_similarity = torch.nn.functional.cosine_similarity(
            total.flatten(), sounds["mix"].flatten(), dim=0
        )
        assert cosine_similarity > 0.9  # each file has its own limiter


def test_a_single_song_needs_no_subfolder(stages, data, tmp_path) -> None:
    data.setup()
    write_samples(stages, data, tmp_path, [], **SETTINGS)
    assert (tmp_path / "mix.wav").exists() and not (tmp_path / "song1").exists()


def test_a_song_sounds_the_same_however_many_there_are(stages, data, tmp_path) -> None:
    data.setup()
    write_samples(stages, data, tmp_path / "one", [], **SETTINGS)
    write_samples(stages, data, tmp_path / "two", [], songs=2, **SETTINGS)
    alone, first = read(tmp_path / "one/generated.wav"), read(tmp_path / "two/song1/generated.wav")
    torch.testing.assert_close(alone, first, atol=1e-4, rtol=0)
