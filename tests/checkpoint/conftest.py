import pytest

from samuel_gen.checkpoint.checkpoint import Checkpoint


@pytest.fixture
def checkpoint(make_checkpoint) -> Checkpoint:
    return make_checkpoint(
        samuel_gen="0.1.0",
        epoch=3,
        step=40,
        metrics={"val/mse": 0.54321, "val/vocal_gain": 0.01},
        run={"epochs": 7, "steps": 70},
    )
