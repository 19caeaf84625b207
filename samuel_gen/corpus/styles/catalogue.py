"""The list of all styles."""

from samuel_gen.corpus.styles.clubs import DISCO, SYNTHPOP
from samuel_gen.corpus.styles.dances import JAZZ_TRIO, LULLABY, WALTZ
from samuel_gen.corpus.styles.latin import BOLERO, BOSSA
from samuel_gen.corpus.styles.pop import POP, RHYTHM_AND_BLUES, ROCK_BALLAD
from samuel_gen.corpus.styles.roots import COUNTRY, FOLK, GOSPEL, REGGAE, SOUL
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.styles.unheard import SKA, SLOW_BLUES, TANGO

STYLES: tuple[Style, ...] = (
    POP,
    ROCK_BALLAD,
    DISCO,
    SYNTHPOP,
    RHYTHM_AND_BLUES,
    FOLK,
    COUNTRY,
    GOSPEL,
    SOUL,
    REGGAE,
    WALTZ,
    LULLABY,
    BOSSA,
    JAZZ_TRIO,
    BOLERO,
)

UNHEARD_STYLES: tuple[Style, ...] = (TANGO, SLOW_BLUES, SKA)
"""Styles that only songs rendered with `unheard=True` have: a harder test for a network that was
trained on the others."""
