"""Checkpoints: the released file, the bundled one, the hub."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.checkpoint.loading import TrainedModel, load_model

__all__ = ["Checkpoint", "TrainedModel", "load_model"]

_HOMES = {
    "Checkpoint": "samuel_gen.checkpoint.checkpoint",
    "TrainedModel": "samuel_gen.checkpoint.loading",
    "load_model": "samuel_gen.checkpoint.loading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:  # commands import parts of this package before torch is needed
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
