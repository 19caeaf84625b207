import torch

from samuel_gen.models.precision import choose_precision, multiplies_bfloat16

CPU = torch.device("cpu")


def test_bfloat16_needs_instructions_for_it(in_precision) -> None:
    in_precision(True)
    assert multiplies_bfloat16(CPU)
    in_precision(False)
    assert not multiplies_bfloat16(CPU)
    assert not multiplies_bfloat16(torch.device("mps"))


def test_training_precision_follows_the_hardware(in_precision, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    in_precision(True)
    assert choose_precision("auto") == choose_precision("gpu") == "32-true"
    assert choose_precision("cpu_fastest") == choose_precision("fastest") == "bf16-mixed"
    in_precision(False)
    assert choose_precision("cpu_fastest") == choose_precision("fastest") == "32-true"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert choose_precision("gpu") == choose_precision("auto") == "bf16-mixed"
    assert choose_precision("cpu_fastest") == "32-true"
