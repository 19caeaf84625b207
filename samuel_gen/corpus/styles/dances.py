"""Waltz and lullaby in 3/4; jazz trio and swing in swung 4/4."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, THREE_FOUR, Groove, Part, Style

_HOLD_3 = ("X-----------",)

WALTZ = Style(
    name="waltz",
    meter=THREE_FOUR,
    tempo=(96.0, 168.0),
    major=(
        "I I V7 V7 ii7 V7 I I",
        "I vi ii V7",
        "I IV V7 I",
        "I I7 IV iv I V7 I I",
        "I VI7 ii7 V7",
    ),
    minor=("i i iv V7", "i iv V7 i", "i bVI iv V7", "i bVII bVI V7"),
    minor_share=0.4,
    calm_grooves=(
        Groove((("kick", "x..........."), ("hat", "....o...o..."))),
        Groove((("pedal", "....x...x..."),)),
    ),
    lively_grooves=(
        Groove((("kick", "X..........."), ("snare", "....x...x..."), ("hat", "x...x...x..."))),
        Groove((("kick", "X.......x..."), ("snare", "....o...o.o."), ("ride", "x...x.x.x..."))),
    ),
    bass=Part(
        (32, 43, 33),
        ("R-----------", "R-------...."),
        ("R-------a---", "R---....5---"),
        28,
        47,
        1.0,
    ),
    chords=(
        Part(
            (0, 21, 24), ("....X---X---", "....x...x..."), ("....X---X---", "....x.x.x..."), 53, 74
        ),
        Part((46, 24, 11), ("1---3---4---",), ("1-3-4-5-4-3-",), 52, 77, -4.0, 0.6, 0.3),
        Part((48, 49), _HOLD_3, _HOLD_3, 55, 79, -5.0, 0.8, 0.4),
    ),
    lead=Part((40, 73, 21, 71), (), (), 64, 86, -3.0, 0.8),
    kits=(0, 40, 48),
    drums_presence=0.7,
    note_seconds=0.42,
    syncopation=0.1,
    room=0.2,
)

LULLABY = Style(
    name="lullaby",
    meter=THREE_FOUR,
    tempo=(66.0, 92.0),
    major=("I IV I V", "I iii IV I", "Iadd9 vi IV V", "I V vi iii IV I ii7 V7"),
    minor=("i bVII bVI bVII", "i iv i v", "i bVI bIII bVII"),
    minor_share=0.25,
    calm_grooves=(Groove((("shaker", "o...o...o..."),)),),
    lively_grooves=(
        Groove(
            (
                (
                    "triangle",
                    "x...........",
                ),
                ("shaker", "o.o.o.o.o.o."),
            )
        ),
    ),
    bass=Part(
        (32, 43), ("R-----------",), ("R-------5---", "R-----------"), 31, 48, -2.0, 0.8, 0.3
    ),
    chords=(
        Part(
            (10, 8, 46, 24),
            ("1-3-4-5-4-3-", "b---h---h---"),
            ("1-345-431-34", "b-3-4-5-4-3-"),
            57,
            81,
            0.0,
        ),
        Part((0, 4, 24), ("b---h---h---",), ("b-h-h-h-h-h-", "X---h---h---"), 50, 72, -2.0, 0.6),
        Part((49, 48, 89, 52), _HOLD_3, _HOLD_3, 52, 74, -6.0, 0.8, 0.3),
    ),
    lead=Part((73, 8, 9, 68), (), (), 67, 88, -5.0, 0.7),
    drums_presence=0.25,
    has_fills=False,
    note_seconds=0.5,
    syncopation=0.08,
    room=0.28,
)

JAZZ_TRIO = Style(
    name="jazz_trio",
    meter=FOUR_FOUR,
    tempo=(96.0, 168.0),
    major=(
        "Imaj7 vi7 ii7 V7",
        "ii7 V7 Imaj7 VI7",
        "Imaj7,vi7 ii7,V7 iii7,VI7 ii7,V7",
        "I6 IV7 iii7,VI7 ii7,V7",
    ),
    minor=("i6 iim7b5,V7 i6 V7", "i7 iv7 iim7b5 V7", "iv7 bVII7 bIIImaj7 bVImaj7 iim7b5 V7 i6 i6"),
    minor_share=0.4,
    calm_grooves=(
        Groove((("ride", "x...x...x...x..."), ("pedal", "....x.......x..."))),
        Groove((("snare", "o...o...o...o..."), ("pedal", "....x.......x..."))),
    ),
    lively_grooves=(
        Groove(
            (
                ("ride", "x...x.x.x...x.x."),
                ("pedal", "....X.......X..."),
                ("snare", "..g...........g."),
            )
        ),
        Groove(
            (
                ("ride", "x...x.x.x...x.x."),
                ("pedal", "....X.......X..."),
                ("kick", "o...o...o...o..."),
                ("rim", "............x..."),
            )
        ),
    ),
    bass=Part(
        (32,),
        ("R-------5-----a-", "R-------w---a---"),
        ("R---w---w---a---", "R---w---5---a---"),
        28,
        50,
        2.0,
    ),
    chords=(
        Part(
            (0, 1),
            ("X-----..........", "......X---......"),
            ("X-----X---......", "..X-......X---..", "......x-....x-.."),
            53,
            74,
            0.0,
        ),
        Part(
            (26, 11),
            ("X---............",),
            ("x...x...x...x...", "..x-....x-......"),
            52,
            72,
            -5.0,
            0.5,
            0.4,
        ),
    ),
    lead=Part((66, 26, 11, 59, 71), (), (), 60, 84, -3.0, 0.8),
    kits=(32, 40, 0),
    swing=0.64,
    has_fills=False,
    note_seconds=0.33,
    syncopation=0.55,
    room=0.14,
)

SWING = Style(
    name="swing",
    meter=FOUR_FOUR,
    tempo=(120.0, 200.0),
    major=("I6 vi7 ii7 V7", "I6 I6 IV6 V7", "Imaj7 VI7 II7 V7", "I6 III7 VI7 V7", "ii7 V7 I6 I6"),
    minor=("i iv7 iim7b5 V7", "i bVI7 V7 i6", "iv7 bVII7 i6 i6"),
    minor_share=0.3,
    calm_grooves=(
        Groove((("hat", "x...x.x.x...x.x."), ("pedal", "....x.......x..."))),
        Groove((("snare", "o...o...o...o..."), ("kick", "o...o...o...o..."))),
    ),
    lively_grooves=(
        Groove(
            (
                ("ride", "x...x.x.x...x.x."),
                ("kick", "x...x...x...x..."),
                ("snare", "....X.......X..."),
            )
        ),
        Groove(
            (
                ("hat", "X...x.x.X...x.x."),
                ("kick", "x...x...x...x..."),
                ("snare", "......o.....X..o"),
            )
        ),
    ),
    bass=Part((32,), ("R-------5-------",), ("R---w---5---a---", "R---w---w---a---"), 28, 50, 2.0),
    chords=(
        Part((26, 24), ("x...x...x...x...",), ("x...X...x...X...",), 50, 70, 0.0),
        Part(
            (61, 65, 66),
            ("X---------------",),
            ("X-....x-..x-....", "..x-..x-....X-..", "X-X-......X---.."),
            55,
            77,
            -3.0,
            0.8,
            0.4,
        ),
        Part(
            (0,), ("X-----X-........",), ("..X-......X-..X-", "h-..h-..h-..h-.."), 55, 77, -3.0, 0.7
        ),
    ),
    lead=Part((56, 66, 71, 57), (), (), 60, 84, -3.0, 0.8),
    kits=(32, 0, 8),
    swing=0.64,
    note_seconds=0.3,
    syncopation=0.45,
    room=0.16,
)
