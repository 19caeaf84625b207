import json
from pathlib import Path

import pytest

from samuel_gen.codecs.autoencoder import Architecture
from samuel_gen.errors import SamuelError

CONFIG = {
    "_class_name": "AutoencoderOobleck",
    "_diffusers_version": "0.30",
    "encoder_hidden_size": 128,
    "downsampling_ratios": [2, 4, 4, 8, 8],
    "channel_multiples": [1, 2, 4, 8, 16],
    "decoder_channels": 128,
    "decoder_input_channels": 64,
    "audio_channels": 2,
    "sampling_rate": 44_100,
}


def write_config(folder: Path, config: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def test_hop_length_is_the_product_of_the_strides(tmp_path: Path) -> None:
    architecture = Architecture.read(write_config(tmp_path, CONFIG))
    assert architecture.hop_length == 2048
    assert architecture.decoder_input_channels == 64 and architecture.sampling_rate == 44_100


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ([], "describes something else"),
        ({**CONFIG, "_class_name": "AutoencoderKL"}, "describes AutoencoderKL"),
        ({"_class_name": "AutoencoderOobleck"}, "not a complete AutoencoderOobleck"),
        ({**CONFIG, "audio_channels": 1}, "audio_channels=1"),
        ({**CONFIG, "encoder_hidden_size": 64}, "encoder_hidden_size=64"),
        ({**CONFIG, "downsampling_ratios": [2, 3]}, "contain an odd one"),
    ],
    ids=["list", "class", "incomplete", "mono", "width", "odd"],
)
def test_unsuitable_configuration_is_an_error(tmp_path: Path, config: object, reason: str) -> None:
    with pytest.raises(SamuelError, match=reason):
        Architecture.read(write_config(tmp_path, config))


def test_unreadable_configuration_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="not readable as JSON"):
        Architecture.read(tmp_path / "config.json")
