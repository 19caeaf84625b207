"""Latin styles in 4/4: bossa nova and bolero."""

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
