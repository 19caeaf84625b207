"""Club styles in 4/4: disco and synthpop."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, Groove, Part, Style

_BACKBEAT = ("snare", "....X.......X...")
_PAD = ("X---------------",)

DISCO = Style(
    name="disco",
    meter=FOUR_FOUR,
    tempo=(112.0, 128.0),
    major=("Imaj7 vi7 ii7 V7", "IVmaj7 iii7 vi7 ii7", "I ii7 IV V", "vi7 ii7 V7 Imaj7"),
    minor=("i7 iv7 bVII7 bIIImaj7", "i7 bVII bVImaj7 V7", "i7 i7 iv7 V7sus4"),
    minor_share=0.55,
    calm_grooves=(Groove((("kick", "X...X...X...X..."), ("hat", "..x...x...x...x."))),),
    lively_grooves=(
        Groove(
            (
                ("kick", "X...X...X...X..."),
                _BACKBEAT,
                ("open", "..x...x...x...x."),
                ("hat", "xx.xxx.xxx.xxx.x"),
            )
        ),
        Groove(
            (
                ("kick", "X...X...X...X..."),
                ("clap", "....X.......X..."),
                ("open", "..X...X...X...X."),
                ("tambourine", "xoxoxoxoxoxoxoxo"),
            )
        ),
    ),
    bass=Part(
        (33, 36, 39),
        ("R---R---R---R---", "R-----R-5---8---"),
        ("R-8-R-8-R-8-R-8-", "R.8.R.8.5.8.a.a."),
        28,
        48,
        1.0,
    ),
    chords=(
        Part(
            (27, 28), ("..x.....x.....x.",), ("x.x..xx.x.x..xx.", "..x.x..x..x.x..x"), 55, 76, -2.0
        ),
        Part(
            (4, 0, 5),
            ("X-------X-------",),
            ("..X-..X-..X-..X-", "X-.X-.X-X-.X-.X-"),
            52,
            74,
            -2.0,
            0.8,
        ),
        Part((48, 50), _PAD, ("X-------X-X-----", "X---------------"), 60, 84, -5.0, 0.9, 0.5),
    ),
    lead=Part((61, 56, 48, 73), (), (), 65, 86, -4.0, 0.7),
    kits=(0, 24),
    note_seconds=0.3,
    syncopation=0.5,
)

SYNTHPOP = Style(
    name="synthpop",
    meter=FOUR_FOUR,
    tempo=(98.0, 132.0),
    major=("I V ii IV", "vi IV I V", "IV I V vi", "I I vi IV"),
    minor=("i bVI bIII bVII", "i bVII iv bVI", "i v bVI bVII", "bVI bVII i i"),
    minor_share=0.6,
    calm_grooves=(
        Groove((("kick", "X...X...X...X..."),)),
        Groove((("kick", "X.......X......."), ("clap", "....x.......x..."))),
    ),
    lively_grooves=(
        Groove(
            (
                ("kick", "X...X...X...X..."),
                ("snare", "....X.......X..."),
                ("hat", "..X...X...X...X."),
            )
        ),
        Groove(
            (
                ("kick", "X..X..X.X..X...."),
                ("clap", "....X.......X..."),
                ("hat", "x.xxx.xxx.xxx.xx"),
            )
        ),
    ),
    bass=Part(
        (38, 39, 87),
        ("R-------R-------", "R-R-R-R-R-R-R-R-"),
        ("RR8RRR8RRR8RRR8R", "R-RRR-RRR-RRR-aa"),
        28,
        48,
        0.0,
    ),
    chords=(
        Part(
            (81, 90, 80),
            ("1.3.4.5.1.3.4.5.",),
            ("1345134513451345", "1.34.3451.34.345"),
            57,
            81,
            -1.0,
        ),
        Part((89, 90, 95, 51), _PAD, _PAD, 52, 76, -2.0),
        Part((5, 62), ("X---------......",), ("X--X--X---X-X---",), 55, 76, -6.0, 0.5, 0.5),
    ),
    lead=Part((81, 80, 84, 87), (), (), 65, 88, -7.0, 0.8),
    kits=(24, 25),
    note_seconds=0.33,
    syncopation=0.4,
    room=0.18,
)
