"""The model loads once, tells how far it is, and says in one line why it cannot be used."""

from pathlib import Path

import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.web.engine import Engine


def test_it_is_ready_after_loading_and_uses_the_threads_of_the_process(checkpoint: Path) -> None:
    engine = Engine(checkpoint, "cpu")
    assert engine.view()["state"] == "loading" and not engine.imported.is_set()
    engine.load()
    assert engine.view() == {"state": "ready", "progress": 1.0, "message": "ready"}
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    assert engine.accompanist() is engine.accompanist()
    assert torch.get_num_threads() == before


def test_a_checkpoint_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "missing.safetensors", "cpu")
    engine.load()
    assert engine.state == "failed" and "missing.safetensors" in engine.message
    assert engine.imported.is_set(), "lead sheets can be found all the same"
    with pytest.raises(SamuelError, match=r"missing\.safetensors"):
        engine.accompanist()


def test_jobs_of_a_server_without_a_model_fail_with_its_line(open_page, checkpoint: Path) -> None:
    checkpoint.write_bytes(b"nothing")
    with open_page() as page:
        session = page.record()
        job = page.wait(page.order(session), until="failed")
        assert job["error"] == page.get("status")["model"]["message"]
