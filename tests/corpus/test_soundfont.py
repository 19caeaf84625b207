import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samuel_gen.corpus.installed_fonts import DEFAULT_FONT, find_soundfont
from samuel_gen.corpus.soundfont import read_soundfont
from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.corpus.zones import ATTENUATION_SCALE
from samuel_gen.errors import SamuelError


def test_font_has_all_programs_and_kits_of_the_styles():
    font = read_soundfont(find_soundfont(DEFAULT_FONT))
    for style in STYLES:
        for part in (style.bass, *style.chords, style.lead):
            for program in part.programs:
                assert (0, program) in font.presets
                for key in range(part.low, part.high + 13, 4):
                    assert font.find_zones(0, program, key, 90), (style.name, program, key)
        for kit in style.kits:
            assert (128, kit) in font.presets


def test_zones_lie_within_the_samples():
    font = read_soundfont(find_soundfont(DEFAULT_FONT))
    for preset in ((0, 0), (0, 25), (0, 33), (0, 48), (0, 81), (128, 0), (128, 25)):
        for zone in font.presets[preset]:
            assert 0 <= zone.start < zone.end <= len(zone.samples)
            assert zone.loop is None or zone.start <= zone.loop[0] < zone.loop[1] <= zone.end + 8
            assert 0 <= zone.attenuation_db <= 144 * ATTENUATION_SCALE
            assert -1 <= zone.pan <= 1 and 8000 <= zone.rate <= 48000


def test_hats_have_a_filter_envelope():
    font = read_soundfont(find_soundfont(DEFAULT_FONT))
    hat = font.find_zones(128, 0, 42, 100)[0]
    assert hat.cutoff_cents < 10000 and hat.modulation_to_cutoff > 1000


def test_missing_and_wrong_files_are_refused(tmp_path):
    with pytest.raises(SamuelError, match="does not exist"):
        read_soundfont(tmp_path / "none.sf2")
    wrong = tmp_path / "wrong.sf2"
    wrong.write_bytes(b"RIFF\x04\x00\x00\x00WAVE")
    with pytest.raises(SamuelError, match="not a SoundFont 2"):
        read_soundfont(wrong)


def test_compressed_samples_are_read_like_plain_ones(tmp_path):
    plain, packed = (read_soundfont(_write_font(tmp_path / f"{p}.sf2", p)) for p in (False, True))
    for font in (plain, packed):
        [zone] = font.find_zones(0, 0, 60, 100)
        sample = zone.samples[zone.start : zone.end]
        assert len(sample) == len(TONE) and zone.rate == 22050
        assert np.corrcoef(sample, TONE)[0, 1] > 0.99
        assert [point - zone.start for point in zone.loop] == [1000, 3000]


def test_preset_splits_velocities(tmp_path):
    font = read_soundfont(_write_font(tmp_path / "font.sf2", packed=False))
    assert font.find_zones(0, 0, 60, 64) and not font.find_zones(0, 0, 60, 63)


def test_font_that_was_cut_short_is_refused(tmp_path):
    path = _write_font(tmp_path / "font.sf2", packed=False)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SamuelError, match="cut short or damaged"):
        read_soundfont(path)


TONE = np.round(9000 * np.sin(np.arange(4001) * 0.13)).astype(np.int16)


def _write_font(path: Path, packed: bool) -> Path:
    """Write a font of one looped tone for velocities from 64 on, compressed or not."""
    file = io.BytesIO()
    soundfile.write(file, TONE, 22050, format="OGG", subtype="VORBIS")
    padding = bytes(8) if packed else bytes(16)
    points = padding + (file.getvalue() if packed else TONE.tobytes())
    start, stop = (8, len(points)) if packed else (8, 8 + len(TONE))
    loop = (1000, 3000) if packed else (1008, 3008)

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body

    def zones(*amounts: tuple[int, int]) -> bytes:
        return b"".join(struct.pack("<HH", *pair) for pair in (*amounts, (0, 0)))

    bags = struct.pack("<HHHH", 0, 0, 2, 0)
    header = struct.pack("<20s5IBbHH", b"tone", start, stop, *loop, 22050, 60, 0, 0, 17 * packed)
    tables = {
        b"phdr": struct.pack("<20sHHH12x", b"p", 0, 0, 0) + struct.pack("<20sHHH12x", b"", 0, 0, 1),
        b"pbag": bags,
        b"pmod": bytes(10),
        b"pgen": zones((44, 64 | 127 << 8), (41, 0)),
        b"inst": struct.pack("<20sH", b"i", 0) + struct.pack("<20sH", b"", 1),
        b"ibag": bags,
        b"imod": bytes(10),
        b"igen": zones((54, 1), (53, 0)),
        b"shdr": header + bytes(46),
    }
    lists = chunk(b"LIST", b"sdta" + chunk(b"smpl", points))  # without padding, as MuseScore has it
    lists += chunk(b"LIST", b"pdta" + b"".join(chunk(k, v) for k, v in tables.items()))
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(lists)) + b"sfbk" + lists)
    return path
