import re
import sys
from typing import Any

import pytest
import soundfile
import yaml

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.model_card import is_generated_card, write_model_card
from samuel_gen.checkpoint.weights import count_parameters_by_part
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec


def rows(card: str, heading: str) -> dict[str, str]:
    (section,) = re.findall(rf"^## {heading}$(.*?)^## ", card, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| ([^|]+?) \| (.*) \|$", section, re.MULTILINE))


def test_the_card_says_what_the_checkpoint_holds(checkpoint: Checkpoint) -> None:
    card = write_model_card(checkpoint, "ann/band")
    front = yaml.safe_load(card.split("---\n")[1])
    assert (front["license"], front["library_name"]) == ("mit", "samuel_gen")
    assert front["pipeline_tag"] == "audio-to-audio" and "accompaniment" in front["tags"]
    assert rows(card, "Metrics at export") == {"val/mse": "0.5432", "val/vocal_gain": "0.01"}
    codec = {name: str(value) for name, value in checkpoint.codec_identity.to_dict().items()}
    assert rows(card, "Codec") == codec
    counted = {k: int(n.replace(",", "")) for k, n in rows(card, "Parameters").items()}
    assert counted == count_parameters_by_part(checkpoint.weights)
    assert f"{sum(counted.values()):,} parameters" in card
    training = rows(card, "Training")
    assert training["samuel_gen"] == "0.1.0" and training["step of these weights"] == "40"
    assert training["epoch of these weights (the first is 0)"] == "3"
    assert training["whole run"] == "7 epochs, 70 steps" and training["songs"] == "not recorded"
    assert training["initial weights"] == "not recorded"


def test_the_card_invents_nothing(checkpoint: Checkpoint) -> None:
    card = write_model_card(Checkpoint(**{**vars(checkpoint), "provenance": {}}), "ann/band")
    assert set(rows(card, "Training").values()) == {"not recorded"}
    assert rows(card, "Metrics at export") == {} and "Not recorded." in card


def test_the_cards_python_plays(checkpoint, sound, tmp_path, monkeypatch) -> None:
    latents = SpectralCodec().encode(sound.repeat(2, 1))
    loud = LatentNormaliser(latents.mean(1), latents.std(1) + 1e-3)
    released = tmp_path / "loud.safetensors"
    Checkpoint(**{**vars(checkpoint), "accompaniment_normaliser": loud}).save(released)
    card = write_model_card(checkpoint, "ann/band")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert len(code.splitlines()) == 3 and "ann/band" in code
    soundfile.write(tmp_path / "take.wav", sound[0].numpy(), 44100)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code.replace("ann/band", str(released)), names)
    assert names["result"].mix.shape == (2, sound.shape[1])


def test_the_cards_command_is_one(checkpoint, monkeypatch, capsys, tmp_path) -> None:
    from samuel_gen.cli.generate import main

    card = write_model_card(checkpoint, "ann/band")
    (command,) = re.findall(r"```bash\n(.*?)\n```", card, re.DOTALL)
    assert "--checkpoint ann/band" in command
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit):
        main()
    assert "take.wav" in capsys.readouterr().err  # it lacks only the recording


def test_an_edited_card_is_no_longer_generated(checkpoint: Checkpoint) -> None:
    card = write_model_card(checkpoint, "ann/band")
    assert is_generated_card(card)
    assert not is_generated_card(card.replace("## Limits", "Thanks to Bob."))
    assert not is_generated_card(card + "Thanks to Bob.")
    assert not is_generated_card("# A card by hand")
