"""Loud styles in 4/4: rock, punk, metal, rock and roll."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, Groove, Part, Style

_BACKBEAT = ("snare", "....X.......X...")
_HOLD = ("X---------------",)
_EIGHTHS = ("X-x-x-x-X-x-x-x-",)

ROCK = Style(
    name="rock",
    meter=FOUR_FOUR,
    tempo=(104.0, 152.0),
    major=(
        "I IV I V",
        "I bVII IV IV",
        "vi IV I V",
        "I V IV IV",
        "I bIII bVII IV",
        "I5 IV5 bVII5 IV5",
    ),
    minor=("i bVII bVI bVII", "i bIII bVII IV", "I5 bVI5 bVII5 I5", "i iv bVI bVII"),
    minor_share=0.45,
    calm_grooves=(
        Groove((("kick", "X.......X......."), _BACKBEAT, ("hat", "x.x.x.x.x.x.x.x."))),
        Groove(
            (("kick", "X.......X.x....."), ("rim", "....x.......x..."), ("hat", "x.x.x.x.x.x.x.x."))
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X.x...x.X.x....."), _BACKBEAT, ("hat", "X.x.X.x.X.x.X.x."))),
        Groove((("kick", "X.....X...X...x."), _BACKBEAT, ("ride", "X.x.X.x.X.x.X.x."))),
        Groove((("kick", "X.X...X.X.....X."), _BACKBEAT, ("crash", "X...X...X...X..."))),
    ),
    bass=Part(
        (33, 34),
        ("R-------R-------", "R-R-R-R-R-R-R-R-"),
        ("R-R-R-R-R-R-R-a-", "R--R--R-R-R-5-a-"),
        28,
        47,
        1.0,
    ),
    chords=(
        Part(
            (29, 30, 28),
            ("X-------X-------", "X-x-x-x-X-x-x-x-"),
            ("X--X--X-X--X--X-", "X---x-x-X---x-x-", "X-------X-X-X---"),
            45,
            66,
            -4.0,
            voices=3,
        ),
        Part(
            (27, 25),
            ("1-3-4-3-1-3-4-3-",),
            ("X---x---X---x---", "1-3-4-5-4-3-4-3-"),
            50,
            74,
            -5.0,
            0.6,
        ),
        Part((16, 18, 0), _HOLD, ("X---------------", "X-------X-------"), 52, 76, -7.0, 0.4, 0.4),
    ),
    lead=Part((29, 30, 27), (), (), 62, 86, -6.0, 0.6),
    kits=(16, 8, 0),
    note_seconds=0.31,
    syncopation=0.35,
)

PUNK = Style(
    name="punk",
    meter=FOUR_FOUR,
    tempo=(158.0, 200.0),
    major=("I5 V5 VI5 IV5", "I IV V V", "I5 IV5 I5 V5", "I V bVII IV"),
    minor=("I5 bIII5 bVII5 bVI5", "i bVI bVII bVII", "I5 IV5 bVI5 V5"),
    minor_share=0.4,
    calm_grooves=(
        Groove(
            (
                ("kick", "X.......X......."),
                ("snare", "........X......."),
                ("hat", "x...x...x...x..."),
            )
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X...x...X.x....."), _BACKBEAT, ("hat", "X.x.X.x.X.x.X.x."))),
        Groove((("kick", "X.....x.X.....x."), _BACKBEAT, ("ride", "X...X...X...X..."))),
    ),
    bass=Part((34, 33), ("R---R---R---R---",), ("R-R-R-R-R-R-R-R-",), 28, 46, 1.0),
    chords=(
        Part((30, 29), ("X-------X-------", *_HOLD), _EIGHTHS, 43, 62, -3.0, voices=3),
        Part((29, 30), _HOLD, ("X---X---X---X---", "X-x-x-x-x-x-x-x-"), 52, 72, -7.0, 0.6, 0.5, 3),
    ),
    lead=Part((30, 29), (), (), 64, 84, -8.0, 0.3),
    kits=(16, 0),
    note_seconds=0.27,
    syncopation=0.2,
    room=0.08,
)

METAL = Style(
    name="metal",
    meter=FOUR_FOUR,
    tempo=(84.0, 176.0),
    major=("I5 IV5 I5 V5", "I5 bVII5 IV5 I5"),
    minor=(
        "I5 bVI5 bVII5 I5",
        "I5 I5 bII5 bVII5",
        "I5 bIII5 IV5 bVI5",
        "i bVI iv V",
        "I5 IV5 bVI5,V5 I5",
    ),
    minor_share=0.9,
    calm_grooves=(
        Groove(
            (
                ("kick", "X.......X......."),
                ("snare", "........X......."),
                ("ride", "x...x...x...x..."),
            )
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X.X.X.X.X.X.X.X."), _BACKBEAT, ("crash", "X.......X......."))),
        Groove((("kick", "XxX.XxX.XxX.XxX."), _BACKBEAT, ("ride", "X...X...X...X..."))),
        Groove(
            (
                ("kick", "X..X..X.X..X..X."),
                ("snare", "........X......."),
                ("hat", "X...X...X...X..."),
            )
        ),
    ),
    bass=Part(
        (34, 33),
        ("R---------------", "R-------R-------"),
        ("R-R-R-R-R-R-R-R-", "RR.RR.R.RR.RR.R.", "R-RRR-RRR-RRR-RR"),
        28,
        45,
        1.0,
    ),
    chords=(
        Part(
            (30,),
            ("X---------------", "1-3-4-3-1-3-4-3-"),
            ("XX.XX.X.XX.XX.X.", "X-xxX-xxX-xxX-xx", "X-x-x-x-X-x-x-x-"),
            40,
            60,
            -2.0,
            voices=3,
        ),
        Part((30, 29), _HOLD, ("X-------X-------", "X---------------"), 50, 70, -6.0, 0.7, 0.4, 3),
        Part((48, 52), _HOLD, _HOLD, 55, 79, -9.0, 0.3, 0.5),
    ),
    lead=Part((30, 29), (), (), 64, 88, -6.0, 0.6),
    kits=(16,),
    note_seconds=0.34,
    syncopation=0.25,
    room=0.1,
)

ROCK_AND_ROLL = Style(
    name="rock_and_roll",
    meter=FOUR_FOUR,
    tempo=(136.0, 184.0),
    major=("I I IV I", "I IV V IV", "I6 I6 IV6 V7", "I vi IV V7", "I I7 IV7 V7"),
    minor=("i i iv V7", "i bVII bVI V7"),
    minor_share=0.15,
    calm_grooves=(
        Groove(
            (
                ("kick", "X...x...X...x..."),
                ("rim", "....x.......x..."),
                ("ride", "x...x.x.x...x.x."),
            )
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X...X...X...X..."), _BACKBEAT, ("ride", "x.x.x.x.x.x.x.x."))),
        Groove(
            (
                ("kick", "X.....X.X......."),
                ("snare", "....X.x.....X..."),
                ("hat", "x.x.x.x.x.x.x.x."),
            )
        ),
    ),
    bass=Part(
        (32, 33),
        ("R---3---5---3---", "R---5---R---5---"),
        ("R-R-3-3-5-5-3-3-", "R---3---5---a---", "R---w---5---w---"),
        28,
        48,
        1.0,
    ),
    chords=(
        Part((0, 3), ("X-------X-------",), ("hhhhhhhhhhhhhhhh", "h-h-h-h-h-h-h-h-"), 53, 77),
        Part(
            (27, 26),
            ("....X-......X-..",),
            ("X-x-X-x-X-x-X-x-", "..x...x...x...x."),
            48,
            70,
            -3.0,
            0.9,
        ),
        Part(
            (65, 66, 61),
            _HOLD,
            (
                "X-....x-..x-....",
                "X---X-..........",
            ),
            55,
            76,
            -6.0,
            0.5,
            0.6,
        ),
    ),
    lead=Part((66, 26, 0), (), (), 60, 84, -4.0, 0.7),
    kits=(0, 8),
    swing=0.58,
    note_seconds=0.28,
    syncopation=0.3,
    room=0.14,
)
