"""Sparse styles: piano ballad, acoustic guitars, ambient pads. Two parts or three, drums rarely."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, Groove, Part, Style

_HOLD = ("X---------------",)

PIANO_BALLAD = Style(
    name="piano_ballad",
    meter=FOUR_FOUR,
    tempo=(50.0, 78.0),
    major=(
        "I V vi IV",
        "I iii IV V",
        "I V,IV vi IV",
        "Iadd9 V vi7 IVadd9",
        "I vi ii7 V7",
        "I I7 IV iv",
    ),
    minor=("i bVI bIII bVII", "i iv bVII bIII", "i v bVI bVII", "i bVII bVI V7"),
    minor_share=0.4,
    calm_grooves=(Groove((("shaker", "o...o...o...o..."),)),),
    lively_grooves=(
        Groove(
            (("kick", "X.........x....."), ("rim", "....x.......x..."), ("hat", "o...o...o...o..."))
        ),
    ),
    bass=Part(
        (32, 33, 43), _HOLD, ("R---------------", "R-------5-------"), 28, 46, -2.0, 0.4, 0.5
    ),
    chords=(
        Part(
            (0, 1),
            ("b-3-4-3-5-4-3-4-", "X---h---b---h---", "X---------------"),
            ("X-h-b-h-X-h-b-h-", "134543541345435-", "X---X---X---X---"),
            45,
            74,
            2.0,
        ),
        Part((48, 49), _HOLD, _HOLD, 55, 79, -7.0, 0.5, 0.5),
    ),
    lead=Part((42, 40, 73), (), (), 60, 82, -6.0, 0.3),
    drums_presence=0.15,
    has_fills=False,
    note_seconds=0.45,
    syncopation=0.25,
    room=0.24,
)

ACOUSTIC = Style(
    name="acoustic",
    meter=FOUR_FOUR,
    tempo=(66.0, 132.0),
    major=(
        "I IV I V",
        "I V vi IV",
        "Iadd9 IVmaj7 Iadd9 V",
        "I iii IV IV",
        "I vi IV V",
        "Isus2 V vi7 IV",
    ),
    minor=("i bVII bVI bVII", "i iv i V", "i bIII bVII iv", "i7 iv7 bVII bIIImaj7"),
    minor_share=0.35,
    calm_grooves=(Groove((("shaker", "o...o...o...o..."),)),),
    lively_grooves=(
        Groove((("kick", "x...x...x...x..."), ("tambourine", "....x.......x..."))),
        Groove((("side", "....o.......o..."), ("shaker", "x.o.x.o.x.o.x.o."))),
    ),
    bass=Part((32, 33), _HOLD, ("R-------5-------", "R-----R-5---a---"), 28, 46, -2.0, 0.35, 0.4),
    chords=(
        Part(
            (25, 24),
            ("b-3-2-4-b-3-2-4-", "b-243-42b-243-42", "b---h---b---h---"),
            ("X---x-xx-xx-x-x-", "X-x-xxx-X-x-xxx-", "b-3x4-3-b-3x4-3-"),
            43,
            67,
            2.0,
        ),
        Part(
            (24, 25),
            ("..3.4.5...3.4.5.",),
            ("1-3-4-3-5-3-4-3-", "X-------X-------"),
            55,
            77,
            -4.0,
            0.5,
            0.4,
        ),
    ),
    lead=Part((24, 73, 22, 40), (), (), 62, 84, -4.0, 0.4),
    drums_presence=0.3,
    has_fills=False,
    note_seconds=0.34,
    syncopation=0.3,
    room=0.14,
)

AMBIENT = Style(
    name="ambient",
    meter=FOUR_FOUR,
    tempo=(50.0, 88.0),
    major=(
        "Imaj7 IVmaj7 Imaj7 IVmaj7",
        "Iadd9 vi7 IVmaj7 IVmaj7",
        "I Isus2 IV IVsus2",
        "vi7 IVmaj7 Imaj7 V",
    ),
    minor=("i9 bVImaj7 i9 bVImaj7", "i bVII bVI bVI", "i7 iv9 bVImaj7 bVII"),
    minor_share=0.5,
    calm_grooves=(Groove((("shaker", "o.......o......."),)),),
    lively_grooves=(
        Groove((("kick", "x.......x......."), ("shaker", "o.o.o.o.o.o.o.o."))),
        Groove(
            (("kick", "x.........x....."), ("rim", "........o......."), ("hat", "o...o...o...o..."))
        ),
    ),
    bass=Part((38, 39, 35), _HOLD, ("R---------------", "R-----------R---"), 26, 46, -1.0, 0.8),
    chords=(
        Part((89, 95, 91, 92), _HOLD, _HOLD, 50, 74, 1.0),
        Part(
            (88, 98, 11, 46),
            ("1-------4-------", "..3...4...5...4."),
            ("1---3---4---5---", "1.3.4.5.4.3.4.5."),
            60,
            86,
            -4.0,
            0.8,
        ),
        Part((52, 49), _HOLD, _HOLD, 55, 79, -7.0, 0.5, 0.4),
    ),
    lead=Part((73, 99, 11), (), (), 65, 88, -8.0, 0.4),
    kits=(24, 25),
    drums_presence=0.3,
    has_fills=False,
    note_seconds=0.6,
    syncopation=0.15,
    room=0.4,
)
