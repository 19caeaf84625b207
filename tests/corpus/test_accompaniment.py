from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.accompaniment import render_accompaniment
from samuel_gen.corpus.drums import DRUMS
from samuel_gen.corpus.musician import PlacedPart
from samuel_gen.corpus.player import get_shared_player
from samuel_gen.corpus.score import Note, PartNotes

PIANO = PlacedPart(
    PartNotes("chords 1", 0, False, (Note(0.1, 0.5, 60), Note(0.5, 0.9, 64))), 0.0, 0.0
)
DRUM = PlacedPart(PartNotes("drums", 0, True, (Note(0.1, 0.2, DRUMS["snare"]),)), 0.0, 0.0)


def _render(*parts: PlacedPart, room: float = 0.0) -> np.ndarray:
    return render_accompaniment(parts, get_shared_player(), SAMPLE_RATE, room)


def test_parts_add_up():
    assert np.allclose(_render(PIANO, DRUM), _render(PIANO) + _render(DRUM), atol=1e-6)
    assert not _render().any()


def test_gain_of_a_part_is_in_decibels():
    assert np.allclose(_render(replace(PIANO, gain_db=-6.0)), 10**-0.3 * _render(PIANO), atol=1e-6)


def test_pan_moves_a_part_to_one_side():
    left = _render(replace(PIANO, pan=-0.9)).std(axis=1)
    right = _render(replace(PIANO, pan=0.9)).std(axis=1)
    assert left[0] > 2 * left[1] and right[1] > 2 * right[0]


def test_bass_alone_has_no_reverb():
    bass = replace(PIANO, part=replace(PIANO.part, name="bass"))
    assert np.array_equal(_render(bass, room=0.5), _render(bass))
    assert not np.allclose(_render(PIANO, room=0.5), _render(PIANO))


def test_melodic_programs_are_about_equally_loud():
    levels = []
    for program in (0, 16, 25, 48, 81, 87):
        part = replace(PIANO.part, program=program)
        levels.append(20 * np.log10(_render(replace(PIANO, part=part)).std()))
    assert np.ptp(levels) < 9


@pytest.mark.parametrize("kit", [0, 8, 16, 24, 25, 32, 40, 48])
def test_percussion_sounds_the_same_in_all_kits(kit):
    shaker = PartNotes("drums", kit, True, (Note(0.1, 0.2, DRUMS["shaker"]),))
    assert np.array_equal(
        _render(PlacedPart(shaker, 0.0, 0.0)),
        _render(PlacedPart(replace(shaker, program=0), 0.0, 0.0)),
    )
