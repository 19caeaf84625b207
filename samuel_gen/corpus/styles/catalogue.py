"""Every style that a rendered song may have."""

from samuel_gen.corpus.styles.clubs import DISCO, SYNTHPOP
from samuel_gen.corpus.styles.dances import JAZZ_TRIO, LULLABY, WALTZ
from samuel_gen.corpus.styles.latin import BOLERO, BOSSA
from samuel_gen.corpus.styles.pop import POP, RHYTHM_AND_BLUES, ROCK_BALLAD
from samuel_gen.corpus.styles.roots import COUNTRY, FOLK, GOSPEL, REGGAE, SOUL
from samuel_gen.corpus.styles.style import Style

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
