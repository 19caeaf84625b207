"""Styles in 6/8: jig, sea shanty, and the slow dance, whose beats are dotted quarters."""

from samuel_gen.corpus.styles.style import SIX_EIGHT, Groove, Part, Style

_HOLD = ("X-----",)

JIG = Style(
    name="jig",
    meter=SIX_EIGHT,
    tempo=(96.0, 132.0),
    major=("I I V V", "I IV V I", "I I IV V I IV V I", "I V IV V", "I bVII I V"),
    minor=("i i bVII bVII", "i bVII i v", "i bIII bVII i", "i bVI bVII i"),
    minor_share=0.4,
    calm_grooves=(Groove((("shaker", "x.ox.o"),)),),
    lively_grooves=(
        Groove((("kick", "X..x.."), ("tambourine", "x.xx.x"))),
        Groove((("kick", "X....."), ("side", "...x.x"), ("shaker", "xoxxox"))),
    ),
    bass=Part((32, 33), ("R-----",), ("R--5--", "R-.5-.", "R--5-a"), 28, 46, 0.0, 0.8, 0.3),
    chords=(
        Part((25, 24), ("b-hb-h", "X--h--"), ("X-hX-h", "X-xXxx", "b-hbhh"), 45, 67, 1.0),
        Part((21, 22), _HOLD, ("X-xX-x", "X-----"), 52, 74, -4.0, 0.6, 0.3),
        Part((105, 46), ("1-34-3",), ("134543", "135431"), 57, 81, -5.0, 0.5, 0.4),
    ),
    lead=Part((40, 110, 72, 73), (), (), 64, 88, -3.0, 0.8),
    drums_presence=0.6,
    has_fills=False,
    note_seconds=0.26,
    syncopation=0.1,
)

SEA_SHANTY = Style(
    name="sea_shanty",
    meter=SIX_EIGHT,
    tempo=(64.0, 100.0),
    major=("I I IV I", "I V I V", "I IV I V7", "I vi IV V"),
    minor=("i i bVII i", "i bVII i bVII", "i bIII bVII i", "i iv i V"),
    minor_share=0.55,
    calm_grooves=(Groove((("kick", "x....."), ("side", "...o.."))),),
    lively_grooves=(
        Groove((("kick", "X..X.."), ("tambourine", "...x.x"))),
        Groove((("kick", "X....x"), ("snare", "...x.o"), ("shaker", "x.xx.x"))),
    ),
    bass=Part((32, 43, 58), ("R-----", "R--5--"), ("R--5--", "R-RR-a"), 28, 46, 1.0),
    chords=(
        Part((21, 22), ("X-----", "X--x--"), ("X-xX-x", ".xx.xx"), 50, 72, 0.0),
        Part((25, 24), ("b-hb-h",), ("X-xX-x", "b-hbhh"), 45, 67, -1.0, 0.7),
        Part((52, 53), _HOLD, _HOLD, 52, 74, -7.0, 0.4, 0.5),
    ),
    lead=Part((40, 21, 72), (), (), 62, 84, -4.0, 0.6),
    drums_presence=0.7,
    note_seconds=0.34,
    syncopation=0.1,
    room=0.16,
)

SLOW_DANCE = Style(
    name="slow_dance",
    meter=SIX_EIGHT,
    tempo=(50.0, 72.0),
    major=("I vi IV V", "I V vi IV", "I iii IV iv", "Imaj7 vi7 ii7 V7", "IV V iii vi"),
    minor=("i bVI bIII bVII", "i iv bVII bIII", "i bVII bVI V7", "i i7 bVI iv"),
    minor_share=0.45,
    calm_grooves=(Groove((("kick", "X....."), ("rim", "...x.."), ("hat", "xxxxxx"))),),
    lively_grooves=(
        Groove((("kick", "X....x"), ("snare", "...X.."), ("hat", "xxxxxx"))),
        Groove(
            (
                ("kick", "X.x..x"),
                ("snare", "...X.."),
                ("ride", "x.xx.x"),
                ("crash", "x....." + "......" * 3),
            )
        ),
    ),
    bass=Part((33, 34), ("R-----", "R----5"), ("R--R-a", "R-RR-5", "R--5-a"), 28, 46, 1.0),
    chords=(
        Part((0, 4, 1), ("1-34-3", "134543"), ("X-hh-h", "134543", "XhhXhh"), 50, 76),
        Part((26, 27, 25), ("134543",), ("1-34-3", "X--x--"), 50, 72, -3.0, 0.7),
        Part((48, 50, 16), _HOLD, _HOLD, 55, 79, -6.0, 0.7, 0.4),
    ),
    lead=Part((29, 65, 48), (), (), 62, 84, -5.0, 0.5),
    kits=(0, 8, 16),
    note_seconds=0.42,
    syncopation=0.25,
    room=0.2,
)
