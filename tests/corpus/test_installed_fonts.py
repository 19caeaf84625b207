import shutil
from pathlib import Path

import pytest

from samuel_gen.corpus import installed_fonts
from samuel_gen.corpus.installed_fonts import DEFAULT_FONT, find_installed, find_soundfont
from samuel_gen.errors import SamuelError


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder of installed fonts with one font."""
    monkeypatch.setattr(installed_fonts, "FONT_FOLDERS", (tmp_path,))
    shutil.copy(find_soundfont(DEFAULT_FONT), tmp_path / "Other.sf2")
    return tmp_path


def test_fonts_are_found_by_name_and_by_path(folder):
    assert find_soundfont("Other") == folder / "Other.sf2"
    assert find_soundfont(str(folder / "Other.sf2")) == folder / "Other.sf2"
    with pytest.raises(SamuelError, match="soundfont None is not installed; on Debian"):
        find_soundfont("None")


def test_missing_fonts_are_left_out_with_a_warning(folder, caplog):
    assert find_installed([DEFAULT_FONT, "Other"]) == [None, folder / "Other.sf2"]
    assert not caplog.records
    assert find_installed(["Other", "None"]) == [folder / "Other.sf2"]
    assert "None is not installed" in caplog.text
    assert find_installed(["None"]) == [None] and "TimGM6mb plays all songs" in caplog.text
    assert find_installed(3) == find_installed([3]) == [None]
    assert "soundfont 3 is not installed" in caplog.text
    with pytest.raises(SamuelError, match="no such file"):
        find_installed([str(folder / "gone.sf3")])
