"""A vocal goes in, a fitting accompaniment comes out.

The names of this package load on first use: importing it costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samuel_gen.audio.files import read_audio, write_audio
    from samuel_gen.estimation.estimate import estimate_lead_sheet
    from samuel_gen.generation.accompanist import Accompanist
    from samuel_gen.lead_sheet.sheet import LeadSheet

    __version__: str

__all__ = [
    "Accompanist",
    "LeadSheet",
    "__version__",
    "estimate_lead_sheet",
    "read_audio",
    "write_audio",
]

_HOMES = {
    "Accompanist": "samuel_gen.generation.accompanist",
    "LeadSheet": "samuel_gen.lead_sheet.sheet",
    "estimate_lead_sheet": "samuel_gen.estimation.estimate",
    "read_audio": "samuel_gen.audio.files",
    "write_audio": "samuel_gen.audio.files",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("samuel-gen")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
