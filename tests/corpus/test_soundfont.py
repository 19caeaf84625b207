import pytest

from samuel_gen.corpus.player import soundfont_path
from samuel_gen.corpus.soundfont import read_soundfont
from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.corpus.zones import ATTENUATION_SCALE
from samuel_gen.errors import SamuelError


def test_the_font_has_what_the_styles_ask_for():
    font = read_soundfont(soundfont_path())
    for style in STYLES:
        for part in (style.bass, *style.chords, style.lead):
            for program in part.programs:
                assert (0, program) in font.presets
                for key in range(part.low, part.high + 13, 4):
                    assert font.zones(0, program, key, 90), (style.name, program, key)
        for kit in style.kits:
            assert (128, kit) in font.presets


def test_zones_are_sound():
    font = read_soundfont(soundfont_path())
    for preset in ((0, 0), (0, 25), (0, 33), (0, 48), (0, 81), (128, 0), (128, 25)):
        for zone in font.presets[preset]:
            assert 0 <= zone.start < zone.end <= len(font.samples)
            assert zone.loop is None or zone.start <= zone.loop[0] < zone.loop[1] <= zone.end + 8
            assert 0 <= zone.attenuation_db <= 144 * ATTENUATION_SCALE
            assert -1 <= zone.pan <= 1 and 8000 <= zone.rate <= 48000


def test_hats_open_their_filters_by_their_modulation_envelope():
    font = read_soundfont(soundfont_path())
    hat = font.zones(128, 0, 42, 100)[0]
    assert hat.cutoff_cents < 10000 and hat.modulation_to_cutoff > 1000


def test_bad_fonts_get_one_line(tmp_path):
    with pytest.raises(SamuelError, match="no such file"):
        read_soundfont(tmp_path / "none.sf2")
    wrong = tmp_path / "wrong.sf2"
    wrong.write_bytes(b"RIFF\x04\x00\x00\x00WAVE")
    with pytest.raises(SamuelError, match="not a SoundFont 2"):
        read_soundfont(wrong)
