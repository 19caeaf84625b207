"""The styles that a lead sheet can name and a network can be given."""

from samuel_gen.errors import SamuelError

STYLES = (
    *("pop", "rock_ballad", "disco", "synthpop", "rhythm_and_blues", "folk", "country", "gospel"),
    *("soul", "reggae", "waltz", "lullaby", "bossa_nova", "jazz_trio", "bolero", "rock", "punk"),
    *("metal", "rock_and_roll", "funk", "hip_hop", "house", "drum_and_bass", "swing", "samba"),
    *("cumbia", "jig", "sea_shanty", "slow_dance", "piano_ballad", "acoustic", "ambient"),
)
"""The styles by number. Checkpoints count on their order: add new ones at the end."""


def parse_style(text: str) -> str:
    """Parse the name of a style; spaces and hyphens count as underscores.

    Raises:
        SamuelError: there is no such style.
    """
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name not in STYLES:
        raise SamuelError(f"{text!r} is not a style; choose one of {', '.join(STYLES)}")
    return name


def style_number(style: str | None) -> int | None:
    """Return the number of a style; None for a style that networks do not know."""
    return STYLES.index(style) if style in STYLES else None
