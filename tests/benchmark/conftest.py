from pathlib import Path

import pytest

from samuel_gen.benchmark.material import write_untrained_checkpoint


@pytest.fixture
def checkpoint(tmp_path: Path, tiny_config: dict) -> Path:
    """A checkpoint of a tiny untrained network."""
    tiny_config.pop("_target_")
    path = tmp_path / "model.safetensors"
    write_untrained_checkpoint(tiny_config, path)
    return path
