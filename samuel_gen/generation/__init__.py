"""Generation: from a vocal to its accompaniments."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samuel_gen.generation.accompaniment import Accompaniment
    from samuel_gen.generation.accompanist import Accompanist

__all__ = ["Accompaniment", "Accompanist"]

_HOMES = {
    "Accompaniment": "samuel_gen.generation.accompaniment",
    "Accompanist": "samuel_gen.generation.accompanist",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:  # commands import parts of this package before torch is needed
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
