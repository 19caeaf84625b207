"""The whole band and where its players sit."""

import numpy as np

from samuel_gen.corpus.bass import play_bass
from samuel_gen.corpus.comping import play_chords
from samuel_gen.corpus.drums import play_drums
from samuel_gen.corpus.lead import play_lead
from samuel_gen.corpus.musician import Seat
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note


def arrange(plan: Plan, melody: tuple[Note, ...], rng: np.random.Generator) -> tuple[Seat, ...]:
    """The whole band, seated left and right; at least bass and one chord part."""
    seats = [play_bass(plan, rng)]
    width = float(rng.uniform(0.2, 0.6))
    side = 1.0 if rng.random() < 0.5 else -1.0
    for i, part in enumerate(plan.style.chords):
        if i > 0 and rng.random() >= part.presence:
            continue
        seat = play_chords(plan, part, f"chords {i + 1}", rng)
        pan = side * width * (0.6, -1.0, 0.3)[i % 3]
        seats.append(Seat(seat.notes, seat.level_db + float(rng.normal(0, 1)), pan))
    lead = play_lead(plan, melody, rng)
    if lead is not None:
        seats.append(Seat(lead.notes, lead.level_db, -0.5 * side * width))
    drums = play_drums(plan, rng)
    if drums is not None:
        seats.append(Seat(drums, float(rng.uniform(-2, 1)), 0.0))
    return tuple(seat for seat in seats if seat.notes.notes)
