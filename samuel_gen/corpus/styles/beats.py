"""Styles in 4/4 that live from their beat: funk, hip-hop, house, drum and bass."""

from samuel_gen.corpus.styles.style import FOUR_FOUR, Groove, Part, Style

_BACKBEAT = ("snare", "....X.......X...")
_CLAP = ("clap", "....X.......X...")
_FOUR = ("kick", "X...X...X...X...")
_HOLD = ("X---------------",)

FUNK = Style(
    name="funk",
    meter=FOUR_FOUR,
    tempo=(92.0, 118.0),
    major=("I I7 IV I", "I IV I V7sus4", "I I bVII IV", "I9 I IV V"),
    minor=("i7 i7 IV9 IV9", "i9 i9 iv9 iv9", "i7 bIII7 IV7 i7", "i7 i7 bVI9 V9"),
    minor_share=0.6,
    calm_grooves=(
        Groove(
            (("kick", "X.....x...x....."), ("rim", "....x.......x..."), ("hat", "xoxoxoxoxoxoxoxo"))
        ),
    ),
    lively_grooves=(
        Groove(
            (
                ("kick", "X.x....x..X....."),
                ("snare", "....X..g.g..X..g"),
                ("hat", "xxxxxxxxxxxxxxxx"),
            )
        ),
        Groove(
            (
                ("kick", "X..X..X...X..x.."),
                ("snare", "....X..o.o..X.o."),
                ("open", "..............x."),
                ("hat", "x.xxx.xxx.xxx.x."),
            )
        ),
    ),
    bass=Part(
        (36, 33, 37),
        ("R-....R-..5-....", "R-......R-.8...."),
        ("R-.R..8.R.-R.a.a", "R.R..8..5-R..a..", "RR.8..R...R.8.a."),
        28,
        48,
        2.0,
    ),
    chords=(
        Part(
            (27, 28),
            ("..x...x...x...x.",),
            ("xxx.xx.xx.xx.xx.", "..xx..x...xx..x.", "x..x..x.x..x..x."),
            57,
            78,
            -2.0,
        ),
        Part(
            (4, 7, 16),
            ("X-------........",),
            ("X..X......X..X..", "..X.X-....X.X-.."),
            53,
            75,
            -3.0,
            0.8,
        ),
        Part(
            (61, 62),
            ("........X-......",),
            ("X.X.......X.....", "......X-..X.X..."),
            57,
            79,
            -5.0,
            0.5,
            0.6,
        ),
    ),
    lead=Part((65, 61, 4), (), (), 62, 84, -5.0, 0.5),
    kits=(0, 8),
    note_seconds=0.28,
    syncopation=0.65,
    room=0.08,
)

HIP_HOP = Style(
    name="hip_hop",
    meter=FOUR_FOUR,
    tempo=(70.0, 98.0),
    major=("Imaj7 iii7 vi7 vi7", "ii7 V7 Imaj7 Imaj7", "I vi I vi"),
    minor=("i i bVI bVI", "i7 iv7 i7 V7", "i bVII bVI bVII", "i9 i9 iv9 iv9"),
    minor_share=0.75,
    calm_grooves=(Groove((("kick", "X.........X....."), _CLAP, ("hat", "x.x.x.x.x.x.x.x."))),),
    lively_grooves=(
        Groove((("kick", "X.....X..XX....."), _BACKBEAT, ("hat", "x.x.x.x.x.x.x.x."))),
        Groove((("kick", "X..X......X..X.."), _CLAP, ("hat", "xoxoxoxxxoxoxoxx"))),
        Groove(
            (("kick", "X......X..X....."), ("rim", "........X......."), ("hat", "x.xx.xx.x.xx.xxx"))
        ),
    ),
    bass=Part(
        (38, 33, 39),
        ("R---------R-----", "R---------------"),
        ("R-----R--RR-----", "R--R------R--a--", "R-------....R-a-"),
        28,
        45,
        3.0,
    ),
    chords=(
        Part(
            (4, 0, 5),
            ("X---------------", "X-------X-------"),
            ("X-----X---------", "..X-....X---....", "1-3-4-..1-3-4-.."),
            53,
            76,
        ),
        Part((48, 46, 11), _HOLD, ("1...3...4...3...", "X---------------"), 57, 81, -6.0, 0.6, 0.3),
        Part((89, 91), _HOLD, _HOLD, 52, 74, -8.0, 0.5),
    ),
    lead=Part((73, 80, 11, 4), (), (), 62, 86, -6.0, 0.4),
    kits=(25, 24, 8),
    swing=0.56,
    note_seconds=0.26,
    syncopation=0.6,
    room=0.1,
)

HOUSE = Style(
    name="house",
    meter=FOUR_FOUR,
    tempo=(118.0, 132.0),
    major=("I vi IV V", "IVmaj7 iii7 vi7 vi7", "vi IV I V", "ii7 ii7 Imaj7 Imaj7"),
    minor=("i bVII bVI bVII", "i7 i7 iv7 v7", "i bVI bIII bVII", "i i iv bVI"),
    minor_share=0.65,
    calm_grooves=(
        Groove((_FOUR, ("hat", "..x...x...x...x."))),
        Groove((("hat", "x.x.x.x.x.x.x.x."), _CLAP)),
    ),
    lively_grooves=(
        Groove((_FOUR, _CLAP, ("open", "..X...X...X...X."))),
        Groove((_FOUR, _CLAP, ("open", "..x...x...x...x."), ("hat", "xxoxxxoxxxoxxxox"))),
    ),
    bass=Part(
        (38, 39, 87),
        ("R-------R-------", "..R-..R-..R-..R-"),
        ("..R-..R-..R-..R-", "R..R..R.R..R..a.", "..RR..8R..RR..8R"),
        28,
        48,
        1.0,
    ),
    chords=(
        Part(
            (0, 4, 90),
            ("X---------------",),
            ("X..X..X...X..X..", "..X-..X-..X-..X-", "X..X..X.X..X..X."),
            55,
            78,
        ),
        Part((89, 90, 50), _HOLD, _HOLD, 55, 79, -5.0, 0.8),
        Part(
            (81, 80, 84),
            ("1...3...4...5...",),
            ("1345134513451345", "5.43.5.43.5.43.1"),
            60,
            84,
            -6.0,
            0.6,
            0.5,
        ),
    ),
    lead=Part((81, 62, 80), (), (), 65, 88, -8.0, 0.4),
    kits=(25, 24),
    note_seconds=0.34,
    syncopation=0.45,
    room=0.16,
)

DRUM_AND_BASS = Style(
    name="drum_and_bass",
    meter=FOUR_FOUR,
    tempo=(164.0, 180.0),
    major=("Imaj7 Imaj7 vi7 vi7", "IV IV I V", "IVmaj7 IVmaj7 iii7 vi7"),
    minor=("i i bVI bVI", "i9 i9 iv9 iv9", "i bVII bVI bVI", "i7 i7 bIIImaj7 bVII"),
    minor_share=0.7,
    calm_grooves=(
        Groove((("hat", "x.x.x.x.x.x.x.x."),)),
        Groove(
            (("kick", "X.........X....."), ("rim", "....x.......x..."), ("hat", "x...x...x...x..."))
        ),
    ),
    lively_grooves=(
        Groove((("kick", "X.........X....."), _BACKBEAT, ("hat", "x.x.x.x.x.x.x.x."))),
        Groove(
            (
                ("kick", "X.X.......XX...."),
                ("snare", "....X..o.o..X..o"),
                ("hat", "xxxxxxxxxxxxxxxx"),
            )
        ),
    ),
    bass=Part(
        (38, 39, 87),
        ("R---------------",),
        ("R-----R---R-----", "R--R--R-----8-a-", "R-------8---R-a-"),
        26,
        46,
        3.0,
    ),
    chords=(
        Part((89, 4, 95), _HOLD, ("X---------------", "X-----X---------"), 55, 79),
        Part((81, 90, 88), _HOLD, ("X--X--X---------", "1.3.4.5.4.3.1.3."), 57, 81, -5.0, 0.7, 0.4),
    ),
    lead=Part((80, 81, 73), (), (), 65, 88, -7.0, 0.4),
    kits=(25, 24),
    note_seconds=0.34,
    syncopation=0.4,
    room=0.18,
)
