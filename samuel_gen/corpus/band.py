"""The band: all parts of the accompaniment, composed and placed from left to right."""

import numpy as np

from samuel_gen.corpus.bass import play_bass
from samuel_gen.corpus.comping import play_chords
from samuel_gen.corpus.drums import play_drums
from samuel_gen.corpus.lead import play_lead
from samuel_gen.corpus.musician import PlacedPart
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note


def arrange(
    plan: Plan, melody: tuple[Note, ...], rng: np.random.Generator
) -> tuple[PlacedPart, ...]:
    """Write all parts of the accompaniment: chords at least, in most styles a bass too.

    Args:
        plan: the plan of the song.
        melody: the sung melody, which the lead instrument makes room for.
        rng: the source of all random choices.
    """
    parts = [play_bass(plan, rng)]
    width = float(rng.uniform(0.2, 0.6))
    side = 1.0 if rng.random() < 0.5 else -1.0
    for i, role in enumerate(plan.style.chords):
        if i > 0 and rng.random() >= role.presence:
            continue
        chords = play_chords(plan, role, f"chords {i + 1}", rng)
        pan = side * width * (0.6, -1.0, 0.3)[i % 3]
        parts.append(PlacedPart(chords.part, chords.gain_db + float(rng.normal(0, 1)), pan))
    lead = play_lead(plan, melody, rng)
    if lead is not None:
        parts.append(PlacedPart(lead.part, lead.gain_db, -0.5 * side * width))
    drums = play_drums(plan, rng)
    if drums is not None:
        parts.append(PlacedPart(drums, float(rng.uniform(-2, 1)), 0.0))
    return tuple(placed for placed in parts if placed.part.notes)
