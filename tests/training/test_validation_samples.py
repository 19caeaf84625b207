from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import unipc
from samuel_gen.errors import SamuelError
from samuel_gen.training import validation_samples
from samuel_gen.training.validation_samples import ValidationSamples

SETTINGS = {"sampler": partial(unipc, num_steps=1), "guidance": partial(Guided, scale=1.0)}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The folder and the step of each set of samples, of which nothing is generated."""
    calls: list[tuple[str, int]] = []

    def record(stages, data, folder: Path, loggers, *, step: int, **_) -> None:
        calls.append((folder.name, step))

    monkeypatch.setattr(validation_samples, "write_samples", record)
    return calls


def test_samples_are_written_every_n_epochs(
    make_module, make_trainer, data, tmp_path: Path, quick, framed_codec, written
) -> None:
    samples = ValidationSamples(tmp_path / "samples", framed_codec, **SETTINGS, every_n_epochs=2)
    make_trainer(tmp_path, samples, epochs=4).fit(make_module(), data)
    assert written == [("epoch002", 4), ("epoch004", 8)]


def test_none_are_written_at_interval_zero_or_for_an_unknown_codec(
    make_module, make_trainer, make_data, tmp_path: Path, quick, framed_codec, written
) -> None:
    unknown = make_data()
    unknown.setup()
    identity = replace(unknown.codec_identity, name="unknown")
    unknown._opened = replace(unknown.latents, codec_identity=identity)
    for data, interval in ((make_data(), 0), (unknown, 1)):
        samples = ValidationSamples(tmp_path, framed_codec, **SETTINGS, every_n_epochs=interval)
        make_trainer(tmp_path, samples, epochs=1).fit(make_module(), data)
    assert written == []


def test_a_model_that_generates_silence_does_not_stop_the_training(
    make_module, make_trainer, data, tmp_path: Path, quick, framed_codec, monkeypatch
) -> None:
    def fail(*_, **__) -> None:
        raise SamuelError("the generated accompaniment is silent")

    monkeypatch.setattr(validation_samples, "write_samples", fail)
    trainer = make_trainer(
        tmp_path, ValidationSamples(tmp_path, framed_codec, **SETTINGS, every_n_epochs=1), epochs=2
    )
    trainer.fit(make_module(), data)
    assert trainer.current_epoch == 2


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"every_n_epochs": -1}, "every_n_epochs=-1; use 0"),
        ({"songs": 0}, "songs=0; use 1 or more"),
    ],
)
def test_settings_out_of_range_are_refused(setting, message: str, framed_codec) -> None:
    with pytest.raises(SamuelError, match=f"callbacks.samples.{message}"):
        ValidationSamples("folder", framed_codec, **SETTINGS, **setting)
