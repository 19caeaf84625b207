"""Tango, slow blues and ska: styles for testing, with progressions that no other style has."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, TWELVE_EIGHT, Groove, Part, Style

_HOLD_4 = ("X---------------",)
_HOLD_12 = ("X-----------",)

TANGO = Style(
    name="tango",
    meter=FOUR_FOUR,
    tempo=(104.0, 132.0),
    major=("I I6 II7 V7 V7 V7 I V7", "I VI7 ii V7 iv6 I V7 I"),
    minor=("i i V7 V7 iim7b5 V7 i i", "i I7 iv iv i II7 V7 i", "i bVI7 V7 V7 iv i V7 i"),
    minor_share=0.75,
    calm_grooves=(Groove((("side", "x.....x.x...x..."),)),),
    lively_grooves=(
        Groove((("kick", "x.......x......."), ("snare", "X.....o.x...x.oo"))),
        Groove((("kick", "x.....x.x...x..."), ("side", "....x.......x..."))),
    ),
    bass=Part(
        (32, 43), ("R-----..5-----..",), ("R-----R-5---R---", "R-.R..R-5-..a-.."), 28, 47, 1.0
    ),
    chords=(
        Part(
            (21, 23), ("X.x.X.x.X.x.X.x.", "X...x...X...x..."), ("X--X--X-X---X---",), 53, 75, 0.0
        ),
        Part((0,), ("....X-......X-..",), ("X-..X-..X-..X-..",), 52, 76, -3.0, 0.7),
        Part((48, 40), _HOLD_4, _HOLD_4, 57, 81, -6.0, 0.6, 0.5),
    ),
    lead=Part((40, 21), (), (), 64, 86, -3.0, 0.8),
    kits=(40, 48),
    drums_presence=0.6,
    has_fills=False,
    note_seconds=0.38,
    syncopation=0.4,
    room=0.16,
)

SLOW_BLUES = Style(
    name="slow_blues",
    meter=TWELVE_EIGHT,
    tempo=(52.0, 76.0),
    major=(
        "I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
        "I7 I7 I7 I7 IV7 IV7 I7 VI7 ii7 V7 I7 V7",
    ),
    minor=("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", "i7 iv7 i7 i7 iv7 iv7 i7 i7 iim7b5 V7 i7 V7"),
    minor_share=0.4,
    calm_grooves=(
        Groove((("kick", "x.....x....."), ("rim", "...x.....x.."), ("hat", "x.xx.xx.xx.x"))),
    ),
    lively_grooves=(
        Groove((("kick", "X.....X.x..."), ("snare", "...X.....X.."), ("ride", "x.xx.xx.xx.x"))),
        Groove((("kick", "X....xX....."), ("snare", "...X.....X.o"), ("hat", "xxxxxxxxxxxx"))),
    ),
    bass=Part((33, 32), ("R-....5-....",), ("R-.w-.w-.w-.", "R-.3-.5-.a-."), 28, 47, 1.0),
    chords=(
        Part((18, 16), _HOLD_12, ("X-----..x-..",), 54, 75, -2.0),
        Part((26, 27), ("...x-....x-.",), ("..xX-...xX-.",), 52, 74, -2.0, 0.8),
        Part((0, 4), ("X-....x-....",), ("x.xx.xx.xx.x",), 53, 76, -4.0, 0.7, 0.4),
    ),
    lead=Part((26, 66, 22), (), (), 60, 82, -3.0, 0.9),
    kits=(0, 8),
    note_seconds=0.42,
    syncopation=0.5,
    room=0.2,
)

SKA = Style(
    name="ska",
    meter=FOUR_FOUR,
    tempo=(132.0, 172.0),
    major=("I I IV IV ii V I I", "I bIII IV V", "I iii vi IV ii V I V"),
    minor=("i bIII iv V7", "i i bVI bIII iv iv V7 V7"),
    minor_share=0.35,
    calm_grooves=(Groove((("kick", "....x.......x..."), ("hat", "..x...x...x...x."))),),
    lively_grooves=(
        Groove(
            (
                ("kick", "x...x...x...x..."),
                ("side", "....x.......x..."),
                ("hat", "..x...x...x...x."),
            )
        ),
        Groove(
            (
                ("kick", "....X.......X..."),
                ("snare", "....x.......x.oo"),
                ("open", "..x...x...x...x."),
            )
        ),
    ),
    bass=Part(
        (33, 34), ("R---3---5---8---",), ("R---3---5---a---", "R-3-5-8-R-3-5-a-"), 28, 47, 1.0
    ),
    chords=(
        Part((27, 28), ("..x...x...x...x.",), ("..X...X...X...X.",), 55, 76, 0.0),
        Part((16, 17), ("..x...x...x...x.",), (".xx..xx..xx..xx.",), 55, 77, -3.0, 0.7),
        Part((61, 62), ("X-......X-......",), ("X-....x-..x-....",), 57, 79, -4.0, 0.6, 0.6),
    ),
    lead=Part((56, 57, 65), (), (), 60, 82, -3.0, 0.9),
    kits=(0, 16),
    note_seconds=0.3,
    syncopation=0.4,
    room=0.1,
)
