"""The list of all styles."""

from collections.abc import Sequence

from samuel_gen.corpus.styles.beats import DRUM_AND_BASS, FUNK, HIP_HOP, HOUSE
from samuel_gen.corpus.styles.clubs import DISCO, SYNTHPOP
from samuel_gen.corpus.styles.dances import JAZZ_TRIO, LULLABY, SWING, WALTZ
from samuel_gen.corpus.styles.latin import BOLERO, BOSSA, CUMBIA, SAMBA
from samuel_gen.corpus.styles.pop import POP, RHYTHM_AND_BLUES, ROCK_BALLAD
from samuel_gen.corpus.styles.quiet import ACOUSTIC, AMBIENT, PIANO_BALLAD
from samuel_gen.corpus.styles.rock import METAL, PUNK, ROCK, ROCK_AND_ROLL
from samuel_gen.corpus.styles.roots import COUNTRY, FOLK, GOSPEL, REGGAE, SOUL
from samuel_gen.corpus.styles.shanties import JIG, SEA_SHANTY, SLOW_DANCE
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.styles.unheard import SKA, SLOW_BLUES, TANGO
from samuel_gen.errors import SamuelError

CORE_STYLES: tuple[Style, ...] = (
    *(POP, ROCK_BALLAD, DISCO, SYNTHPOP, RHYTHM_AND_BLUES, FOLK, COUNTRY, GOSPEL, SOUL, REGGAE),
    *(WALTZ, LULLABY, BOSSA, JAZZ_TRIO, BOLERO),
)
"""The styles of songs that do not ask for others. All published figures are about them."""

STYLES: tuple[Style, ...] = (
    *CORE_STYLES,
    *(ROCK, PUNK, METAL, ROCK_AND_ROLL, FUNK, HIP_HOP, HOUSE, DRUM_AND_BASS, SWING, SAMBA, CUMBIA),
    *(JIG, SEA_SHANTY, SLOW_DANCE, PIANO_BALLAD, ACOUSTIC, AMBIENT),
)
"""All styles that a network may be trained on."""

UNHEARD_STYLES: tuple[Style, ...] = (TANGO, SLOW_BLUES, SKA)
"""Styles that only songs rendered with `unheard=True` have: a harder test for a network that was
trained on the others."""


def find_styles(names: object) -> tuple[Style, ...]:
    """Return the styles with these names.

    Args:
        names: "core", "all", or names of styles.

    Raises:
        SamuelError: if there is no such style, or if there is none at all.
    """
    if names in ("core", "all"):
        return CORE_STYLES if names == "core" else STYLES
    is_list = isinstance(names, Sequence) and not isinstance(names, str)
    wanted = [str(name) for name in names] if is_list else [str(names)]  # type: ignore[attr-defined]
    by_name = {style.name: style for style in STYLES}
    unknown = next((name for name in wanted if name not in by_name), None)
    if unknown is not None or not wanted:
        raise SamuelError(
            f"source.styles: {unknown or 'an empty list'} is not a style; choose core, all, or a "
            f"list of {', '.join(by_name)}"
        )
    return tuple(by_name[name] for name in wanted)
