import pytest

from samuel_gen.corpus.player import find_soundfont
from samuel_gen.corpus.soundfont import read_soundfont
from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.corpus.zones import ATTENUATION_SCALE
from samuel_gen.errors import SamuelError


def test_font_has_all_programs_and_kits_of_the_styles():
    font = read_soundfont(find_soundfont())
    for style in STYLES:
        for part in (style.bass, *style.chords, style.lead):
            for program in part.programs:
                assert (0, program) in font.presets
                for key in range(part.low, part.high + 13, 4):
                    assert font.find_zones(0, program, key, 90), (style.name, program, key)
        for kit in style.kits:
            assert (128, kit) in font.presets


def test_zones_lie_within_the_samples():
    font = read_soundfont(find_soundfont())
    for preset in ((0, 0), (0, 25), (0, 33), (0, 48), (0, 81), (128, 0), (128, 25)):
        for zone in font.presets[preset]:
            assert 0 <= zone.start < zone.end <= len(font.samples)
            assert zone.loop is None or zone.start <= zone.loop[0] < zone.loop[1] <= zone.end + 8
            assert 0 <= zone.attenuation_db <= 144 * ATTENUATION_SCALE
            assert -1 <= zone.pan <= 1 and 8000 <= zone.rate <= 48000


def test_hats_have_a_filter_envelope():
    font = read_soundfont(find_soundfont())
    hat = font.find_zones(128, 0, 42, 100)[0]
    assert hat.cutoff_cents < 10000 and hat.modulation_to_cutoff > 1000


def test_missing_and_wrong_files_are_refused(tmp_path):
    with pytest.raises(SamuelError, match="does not exist"):
        read_soundfont(tmp_path / "none.sf2")
    wrong = tmp_path / "wrong.sf2"
    wrong.write_bytes(b"RIFF\x04\x00\x00\x00WAVE")
    with pytest.raises(SamuelError, match="not a SoundFont 2"):
        read_soundfont(wrong)
