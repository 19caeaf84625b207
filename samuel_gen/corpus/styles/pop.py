"""Studio styles in 4/4: pop, rock ballad, rhythm and blues."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, Groove, Part, Style

_EIGHTHS = "x-x-x-x-x-x-x-x-"
_BACKBEAT = ("snare", "....X.......X...")
_PAD = ("X---------------",)

POP = Style(
    name="pop",
    meter=FOUR_FOUR,
    tempo=(84.0, 122.0),
    major=("I V vi IV", "vi IV I V", "I vi IV V", "I iii IV V", "IV V vi I", "Iadd9 V vi7 IVadd9"),
    minor=("i bVI bIII bVII", "i iv bVI V", "i bVII bVI bVII", "i bIII bVII iv"),
    minor_share=0.35,
    calm_grooves=(
        Groove(
            (("kick", "X.......X......."), ("rim", "....x.......x..."), ("hat", "x.o.x.o.x.o.x.o."))
        ),
        Groove((("kick", "X.........x....."), _BACKBEAT, ("hat", "x...x...x...x..."))),
    ),
    lively_grooves=(
        Groove((("kick", "X..x..x.X.x....."), _BACKBEAT, ("hat", "xoxoxoxoxoxoxoxo"))),
        Groove((("kick", "X.....x.X.....x."), _BACKBEAT, ("hat", "X.x.X.x.X.x.X.x."))),
        Groove(
            (
                ("kick", "X.....X...x....."),
                ("clap", "....X.......X..."),
                ("hat", "x.xox.xox.xox.xX"),
            )
        ),
    ),
    bass=Part(
        programs=(33, 34, 38),
        calm=("R-------R-------", "R-----------R---"),
        lively=("R-R-R-R-R-R-R-a-", "R--R--R-R--R--a-", "R-----R-R---5-a-"),
        low=28,
        high=47,
        gain_db=1.0,
    ),
    chords=(
        Part(
            (0, 1, 4, 5),
            ("X-------X-------", "1-3-4-3-1-3-4-3-"),
            ("X--X--X-X--X--X-", "X---h---X---h---"),
            52,
            74,
        ),
        Part(
            (25, 27), ("1-2-3-4-3-2-3-2-",), (_EIGHTHS, "X--xX-x-X--xX-x-"), 50, 72, -4.0, 0.7, 0.5
        ),
        Part((48, 50, 89, 88), _PAD, _PAD, 55, 79, -7.0, 0.7, 0.4),
    ),
    lead=Part((73, 65, 11, 81, 40), (), (), 65, 86, -3.0, 0.6),
    kits=(0, 8, 16),
    note_seconds=0.33,
    syncopation=0.45,
)

ROCK_BALLAD = Style(
    name="rock_ballad",
    meter=FOUR_FOUR,
    tempo=(62.0, 82.0),
    major=("I V vi IV", "I iii IV iv", "I V,IV vi IV,V", "Isus2 V IV I", "I bVII IV I"),
    minor=("i bVI bIII bVII", "i bVII bVI V7", "i,bVII bVI i,bVII bVI", "i iv bVII bIII"),
    minor_share=0.45,
    calm_grooves=(
        Groove(
            (("kick", "X.........x....."), ("rim", "........x......."), ("hat", "x...x...x...x..."))
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X.....x.X.X....."), _BACKBEAT, ("hat", "x.x.x.x.x.x.x.x."))),
        Groove(
            (
                ("kick", "X..x....X.X..x.."),
                _BACKBEAT,
                ("crash", "x..............."),
                ("ride", "x.x.x.x.x.x.x.x."),
            )
        ),
    ),
    bass=Part(
        (33, 34),
        ("R---------------", "R-------5-------"),
        ("R-R-R-R-R-R-a-a-", "R-----R-R-R-5-a-"),
        28,
        46,
        1.0,
    ),
    chords=(
        Part(
            (0, 1),
            ("1-3-4-3-5-4-3-2-", "X---h---X---h---"),
            ("X---X---X---X---", "X-h-X-h-X-h-X-h-"),
            50,
            74,
        ),
        Part(
            (29, 30),
            ("X---------------",),
            ("X-------X-------", "X-X-X-X-X-X-X-X-"),
            45,
            64,
            -9.0,
            0.7,
            0.6,
            3,
        ),
        Part((48, 49, 18), _PAD, _PAD, 55, 79, -7.0, 0.7, 0.3),
    ),
    lead=Part((29, 27, 48), (), (), 62, 84, -5.0, 0.7),
    kits=(0, 8, 16),
    note_seconds=0.42,
    syncopation=0.3,
    room=0.2,
)

RHYTHM_AND_BLUES = Style(
    name="rhythm_and_blues",
    meter=FOUR_FOUR,
    tempo=(66.0, 92.0),
    major=(
        "Imaj7 iii7 vi7 V7sus4",
        "IVmaj9 iii7 ii7 V7sus4",
        "ii9 V9 Imaj9 vi7",
        "Imaj7 I7 IVmaj7 iv6",
    ),
    minor=("i9 iv9 bVII9 bIIImaj7", "i7 bVImaj7 iv7 V7", "bVImaj7 V7 i7 i7"),
    minor_share=0.5,
    calm_grooves=(
        Groove(
            (("kick", "X......x..x....."), ("rim", "....x.......x..."), ("hat", "x.x.x.x.x.x.x.x."))
        ),
    ),
    lively_grooves=(
        Groove(
            (
                ("kick", "X..x...x..xx...."),
                ("snare", "....X..g.g..X..g"),
                ("hat", "x.xxx.xxx.x.x.xo"),
            )
        ),
        Groove(
            (
                ("kick", "X.x....x..X....."),
                ("clap", "....X.......X..."),
                ("hat", "xoxoxoxoxoxxxoxo"),
            )
        ),
    ),
    bass=Part(
        (33, 35, 38),
        ("R--------R------", "R------R--5-----"),
        ("R--R...R-.5-R.a-", "R.R----R-.8-..aa"),
        28,
        47,
        2.0,
    ),
    chords=(
        Part(
            (4, 5),
            ("X---------x-----", "X------X--------"),
            ("X--x---X--x-----", "X-----x---X--x--"),
            52,
            76,
        ),
        Part(
            (27, 26),
            ("..........1-3-4-",),
            ("......x-......x.", "..1-3-4-....x..."),
            55,
            76,
            -5.0,
            0.7,
            0.4,
        ),
        Part((89, 49), _PAD, _PAD, 57, 80, -8.0, 0.6, 0.5),
    ),
    lead=Part((65, 66, 11, 4), (), (), 62, 84, -4.0, 0.6),
    kits=(0, 8, 25),
    swing=0.54,
    note_seconds=0.34,
    syncopation=0.6,
    room=0.16,
)
