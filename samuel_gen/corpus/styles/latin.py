"""Latin styles in 4/4: bossa nova, bolero, samba and cumbia."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, Groove, Part, Style

_HOLD_4 = ("X---------------",)

BOSSA = Style(
    name="bossa_nova",
    meter=FOUR_FOUR,
    tempo=(112.0, 144.0),
    major=(
        "Imaj7 Imaj7 ii7 V7",
        "Imaj7 vi7 ii7 V9",
        "Imaj7 Imaj7 II7 II7 ii7 V7 Imaj7 V7",
        "ii7 V7 iii7 VI7",
    ),
    minor=("i7 i7 iim7b5 V7", "i7 iv7 iim7b5 V7", "i6 bVII7 bVImaj7 V7"),
    minor_share=0.45,
    calm_grooves=(Groove((("shaker", "xoxoxoxoxoxoxoxo"), ("rim", "x.....x.....x..."))),),
    lively_grooves=(
        Groove(
            (("kick", "X.....xxX.....xx"), ("rim", "x.....x.....x..."), ("hat", "xoxoxoxoxoxoxoxo"))
        ),
        Groove(
            (
                ("kick", "x.....x.x.....x."),
                ("rim", "x..x..x...x..x.."),
                ("shaker", "xoxoxoxoxoxoxoxo"),
            )
        ),
    ),
    bass=Part(
        (32, 35), ("R-----5-5-----R-",), ("R-----R-5-----a-", "R-----5-5-----5a"), 28, 47, 1.0
    ),
    chords=(
        Part((24,), ("x-..x-..x-...x-.",), ("x-.x-..x-..x-.x-", "x-..x-..x..x-.x-"), 52, 72, 1.0),
        Part(
            (0, 4, 11),
            ("....X-----......",),
            ("...X-...X-....X-", "X-----....X-----"),
            55,
            77,
            -4.0,
            0.6,
            0.4,
        ),
        Part((49,), _HOLD_4, _HOLD_4, 57, 79, -8.0, 0.5, 0.5),
    ),
    lead=Part((73, 66, 11, 71), (), (), 62, 84, -3.0, 0.8),
    kits=(0, 32, 40),
    has_fills=False,
    note_seconds=0.34,
    syncopation=0.6,
)

BOLERO = Style(
    name="bolero",
    meter=FOUR_FOUR,
    tempo=(84.0, 112.0),
    major=("I6 vi7 ii7 V7", "Imaj7 ii7 V7 I6", "I,iii ii7 V7 I", "I I7 IV iv6 I V7 I V7"),
    minor=("i iv7 V7 i", "i bVI iim7b5 V7", "iv7 i iim7b5,V7 i", "i bVII bVI V7"),
    minor_share=0.55,
    calm_grooves=(Groove((("maracas", "x.o.x.o.x.o.x.o."), ("conga", "............x.x."))),),
    lively_grooves=(
        Groove(
            (
                ("maracas", "xoxxxoxxxoxxxoxx"),
                ("conga", "....o.......x.x."),
                ("bongo", "x.xxx.x.x.xxx.x."),
            )
        ),
        Groove(
            (
                ("claves", "x..x..x...x.x..."),
                ("maracas", "x.x.x.x.x.x.x.x."),
                ("conga", "..o.x.......X.X."),
            )
        ),
    ),
    bass=Part(
        (32, 33), ("R-------5---5---",), ("R-------5---a---", "R-----..3---5---"), 28, 47, 1.0
    ),
    chords=(
        Part((24,), ("b-3-4-3-5-4-3-2-",), ("b-3x4-3-5-4x3-2-", "b-h-h-hhb-h-h-hh"), 50, 74, 1.0),
        Part(
            (0,), ("X-------h---h---",), ("..X-..X-..X-..X-", "X---h-h-X---h-h-"), 53, 76, -3.0, 0.7
        ),
        Part((48, 49), _HOLD_4, _HOLD_4, 57, 81, -6.0, 0.7, 0.5),
    ),
    lead=Part((56, 59, 40, 24), (), (), 62, 84, -5.0, 0.7),
    note_seconds=0.4,
    syncopation=0.3,
    room=0.18,
)

SAMBA = Style(
    name="samba",
    meter=FOUR_FOUR,
    tempo=(88.0, 116.0),
    major=("I6 VI7 ii7 V7", "Imaj7 Imaj7 ii7 V7", "I I7 IV iv6", "ii7 V7 I6 VI7"),
    minor=("i7 iv7 V7 i7", "i6 i6 iim7b5 V7", "i I7 iv7 V7"),
    minor_share=0.4,
    calm_grooves=(Groove((("shaker", "xoxxxoxxxoxxxoxx"), ("kick", "x...X...x...X..."))),),
    lively_grooves=(
        Groove(
            (
                ("kick", "x...X..xx...X..x"),
                ("tambourine", "xoxxxoxxxoxxxoxx"),
                ("agogo", "x.x..x.x.x..x.x."),
            )
        ),
        Groove(
            (
                ("tom_low", "....X.......X..x"),
                ("snare", "xoxxoxxoxoxxoxxo"),
                ("shaker", "xoxxxoxxxoxxxoxx"),
            )
        ),
    ),
    bass=Part((32, 33), ("R--R5--5R--R5--5",), ("R--R5--5R--R5-a-",), 28, 47, 1.0),
    chords=(
        Part(
            (24, 25), ("x-.x..x-.x-..x..",), ("x.xx.x.xx.xx.x.x", "xx.x.xx.x.xx.x.x"), 52, 74, 1.0
        ),
        Part(
            (0, 16),
            ("....X---....X---",),
            ("..X-..X..X-..X..", "X--x--x-..x--x.."),
            55,
            77,
            -4.0,
            0.5,
            0.4,
        ),
        Part((15, 24), ("1.3.4.3.1.3.4.3.",), ("1345.345134.5345",), 60, 82, -5.0, 0.5, 0.4),
    ),
    lead=Part((73, 72, 57), (), (), 64, 86, -4.0, 0.6),
    note_seconds=0.3,
    syncopation=0.65,
)

CUMBIA = Style(
    name="cumbia",
    meter=FOUR_FOUR,
    tempo=(82.0, 108.0),
    major=("I I V V", "I IV V7 I", "I V7 V7 I", "vi V IV V"),
    minor=("i i V7 V7", "i bVII bVI V7", "iv i V7 i", "i bIII bVII i"),
    minor_share=0.6,
    calm_grooves=(Groove((("guiro", "x.ooX.oox.ooX.oo"), ("conga", "......x.......x."))),),
    lively_grooves=(
        Groove(
            (
                ("kick", "X...X...X...X..."),
                ("guiro", "X.xxX.xxX.xxX.xx"),
                ("conga", "..x...xx..x...xx"),
                ("cowbell", "x...x...x...x..."),
            )
        ),
        Groove(
            (
                ("kick", "X.......X......."),
                ("maracas", "x.xxx.xxx.xxx.xx"),
                ("bongo", "..xx..x...xx..x."),
            )
        ),
    ),
    bass=Part(
        (33, 32), ("R-----..5-----..",), ("R---..3-5---..3-", "R-....5-R-..5-a-"), 28, 47, 2.0
    ),
    chords=(
        Part((21, 23), ("..X-..X-..X-..X-",), ("..X...X...X...X.", "..Xx..Xx..Xx..Xx"), 53, 75),
        Part(
            (24, 27, 0),
            ("X-------X-------",),
            ("..x...x...x...x.", "1-3-4-3-1-3-4-3-"),
            52,
            74,
            -3.0,
            0.7,
        ),
        Part((61, 57), _HOLD_4, ("X-....X-..X-....",), 57, 79, -6.0, 0.4, 0.6),
    ),
    lead=Part((21, 56, 73), (), (), 62, 84, -4.0, 0.8),
    note_seconds=0.3,
    syncopation=0.4,
)
