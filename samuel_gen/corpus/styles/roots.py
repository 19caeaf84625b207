"""Roots styles: folk, country, gospel, soul and reggae."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, TWELVE_EIGHT, Groove, Part, Style

_BACKBEAT = ("snare", "....X.......X...")
_TRIPLET_BACKBEAT = ("snare", "...X.....X..")
_HOLD_12 = ("X-----------",)

FOLK = Style(
    name="folk",
    meter=FOUR_FOUR,
    tempo=(76.0, 116.0),
    major=("I IV I V", "I V vi IV", "I,V vi,iii IV,I V", "Iadd9 IV I Vsus4,V"),
    minor=("i bVII i v", "i bIII bVII i", "i iv bVII bIII", "i bVI bIII bVII"),
    minor_share=0.35,
    calm_grooves=(Groove((("shaker", "x.o.x.o.x.o.x.o."),)),),
    lively_grooves=(
        Groove(
            (
                ("kick", "X.......X......."),
                ("shaker", "xoxoxoxoxoxoxoxo"),
                ("tambourine", "....x.......x..."),
            )
        ),
        Groove((("kick", "x...x...x...x..."), ("side", "....x.......x..."))),
    ),
    bass=Part(
        (32, 33),
        ("R-------5-------",),
        ("R---5---R---5---", "R-----5-R---a---"),
        28,
        46,
        0.0,
        0.8,
        0.3,
    ),
    chords=(
        Part(
            (24, 25),
            ("b-3-2-4-b-3-2-4-", "b-2-3-4-3-2-3-2-"),
            ("X---h-hx-hX-h-hx", "b-h-b-hhb-h-b-hh"),
            45,
            67,
            1.0,
        ),
        Part((105, 24, 46), ("..3.4.5...3.4.5.",), ("13451345134513.4",), 57, 79, -6.0, 0.45, 0.5),
        Part((21, 49, 42), ("X---------------",), ("X---------------",), 52, 74, -7.0, 0.5, 0.5, 3),
    ),
    lead=Part((73, 40, 110, 22, 74), (), (), 64, 86, -3.0, 0.7),
    drums_presence=0.55,
    has_fills=False,
    note_seconds=0.34,
    syncopation=0.15,
)

COUNTRY = Style(
    name="country",
    meter=FOUR_FOUR,
    tempo=(92.0, 132.0),
    major=("I IV V I", "I I IV I", "I V V I", "I vi ii V7", "I I7 IV V"),
    minor=("i iv V7 i", "i bVII bVI V", "i bIII bVII i"),
    minor_share=0.15,
    calm_grooves=(
        Groove(
            (("kick", "X.......X......."), ("rim", "....x.......x..."), ("hat", "x.o.x.o.x.o.x.o."))
        ),
    ),
    lively_grooves=(
        Groove(
            (
                ("kick", "X.......X......."),
                ("snare", "o.ooXooo.oooXooo"),
                ("hat", "....x.......x..."),
            )
        ),
        Groove((("kick", "X.......X.....x."), _BACKBEAT, ("hat", "x.x.x.x.x.x.x.x."))),
    ),
    bass=Part(
        (32, 33), ("R-------5-------",), ("R---....5---....", "R---5---R---a-a-"), 28, 47, 1.0
    ),
    chords=(
        Part(
            (25, 24), ("b---h---b---h---",), ("b---h-h-b---h-h-", "b.h.b.hhb.h.b.hh"), 48, 69, 0.0
        ),
        Part(
            (105, 27),
            ("....1.3.....1.3.",),
            ("1345143514351435", "1.34.3451.34.345"),
            57,
            81,
            -5.0,
            0.6,
            0.4,
        ),
        Part(
            (0, 3),
            ("X-------X-------",),
            ("....X-......X-..", "X---h---X---h---"),
            55,
            76,
            -4.0,
            0.5,
            0.5,
        ),
    ),
    lead=Part((110, 40, 27, 22), (), (), 64, 86, -4.0, 0.7),
    note_seconds=0.31,
    syncopation=0.2,
)

GOSPEL = Style(
    name="gospel",
    meter=TWELVE_EIGHT,
    tempo=(52.0, 74.0),
    major=(
        "I I7 IV iv6",
        "I,I7 IV I V7sus4",
        "I iii7,VI7 ii7 V7",
        "IV I,vi7 ii7,V7 I",
        "I III7 vi,I7 IV,V7",
    ),
    minor=("i iv i V7", "i,bVII bVI iv V7", "i iv7 bVII7 bIII,V7"),
    minor_share=0.2,
    calm_grooves=(
        Groove(
            (("rim", "...x.....x.."), ("ride", "x..x..x..x..")),
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X....xX....."), _TRIPLET_BACKBEAT, ("hat", "xoxxoxxoxxox"))),
        Groove(
            (
                ("kick", "X..x..X..x.."),
                _TRIPLET_BACKBEAT,
                ("tambourine", "xoxxoxxoxxox"),
                ("ride", "x.xx.xx.xx.x"),
            )
        ),
    ),
    bass=Part(
        (33, 35), ("R-----R-----", "R--------a--"), ("R--R-5R--R-a", "R--w--w--a--"), 28, 47, 1.0
    ),
    chords=(
        Part((0, 1), ("X--h--X--h--", "1-34-31-34-3"), ("X-hh-hX-hh-h", "X--X-hX--X-h"), 50, 76),
        Part((16, 17, 18), _HOLD_12, ("X-----X-----", "X-----------"), 52, 76, -5.0),
        Part((52, 53), _HOLD_12, _HOLD_12, 57, 79, -8.0, 0.5, 0.6),
    ),
    lead=Part((16, 0, 65), (), (), 62, 86, -4.0, 0.6),
    note_seconds=0.4,
    syncopation=0.3,
    room=0.2,
)

SOUL = Style(
    name="soul",
    meter=TWELVE_EIGHT,
    tempo=(58.0, 82.0),
    major=("I vi ii7 V7", "I I7 IV V7", "I iii7 IV V", "Imaj7 vi7 IVmaj7 V7sus4", "I vi IV V"),
    minor=("i bVI iv V7", "i iv bVII bIII", "i bVII bVI V7"),
    minor_share=0.35,
    calm_grooves=(
        Groove((("kick", "X.....x....."), ("rim", "...x.....x.."), ("hat", "x.xx.xx.xx.x"))),
    ),
    lively_grooves=(
        Groove((("kick", "X....xX....."), _TRIPLET_BACKBEAT, ("hat", "xxxxxxxxxxxx"))),
        Groove((("kick", "X.x..xX..x.."), _TRIPLET_BACKBEAT, ("ride", "xxxxxxxxxxxx"))),
    ),
    bass=Part(
        (33, 32), ("R-----5-----", "R--------a--"), ("R--R-35--5-a", "R-RR--5-5a--"), 28, 47, 1.0
    ),
    chords=(
        Part(
            (0, 2), ("h--h--h--h--", "X-----X-----"), ("hhhhhhhhhhhh", "X-hX-hX-hX-h"), 55, 76, -1.0
        ),
        Part((26, 27), ("1-34-31-34-3",), ("134543134543", "...x.....x.."), 52, 74, -3.0, 0.9),
        Part((61, 62, 48), _HOLD_12, ("X-----...X-.", "X--------X--"), 57, 79, -7.0, 0.7, 0.6),
    ),
    lead=Part((65, 66, 61, 48), (), (), 62, 84, -4.0, 0.7),
    kits=(0, 8),
    note_seconds=0.38,
    syncopation=0.3,
    room=0.16,
)

REGGAE = Style(
    name="reggae",
    meter=FOUR_FOUR,
    tempo=(66.0, 88.0),
    major=("I V vi IV", "I IV I IV", "I ii I ii", "I vi IV V"),
    minor=("i iv i iv", "i bVII i bVII", "i bVI bVII i", "i iv bVII i"),
    minor_share=0.45,
    calm_grooves=(
        Groove(
            (("kick", "........X......."), ("rim", "........x......."), ("hat", "x.o.x.o.x.o.x.o."))
        ),
    ),
    lively_grooves=(
        Groove(
            (
                ("kick", "........X......."),
                ("snare", "........X......."),
                ("hat", "xoxoxoxoxoxoxoxo"),
            )
        ),
        Groove(
            (
                ("kick", "X...X...X...X..."),
                ("rim", "...x..x........."),
                ("snare", "........X......."),
                ("hat", "x.x.x.x.x.x.x.x."),
            )
        ),
    ),
    bass=Part(
        (33, 35),
        ("R---..R-..5---..", "....R-R-..3-5-.."),
        ("R-..R-3-5-..R-..", "..R-R-..5-3-R-a-"),
        28,
        46,
        3.0,
    ),
    chords=(
        Part(
            (28, 27), ("....x.......x...",), ("....x.......x...", "....x.x.....x.x."), 57, 76, 0.0
        ),
        Part(
            (16, 17),
            ("..x-..x-..x-..x-",),
            ("..x-..x-..x-..x-", ".xx-.xx-.xx-.xx-"),
            55,
            74,
            -4.0,
            0.85,
        ),
        Part((0,), ("....x.......x...",), ("....x.......x...",), 52, 72, -3.0, 0.6),
    ),
    lead=Part((22, 57, 66, 16), (), (), 62, 82, -5.0, 0.6),
    kits=(0, 8),
    swing=0.55,
    note_seconds=0.36,
    syncopation=0.45,
    room=0.2,
)
