"""Folders of accompaniments, lead sheets and withheld views, as `samuel-evaluate` sets them up."""

import os
from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch

from samuel_gen.cli.evaluate_systems import (
    FolderSystem,
    build_systems,
    describe_differences,
    make_sheet_giver,
)
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.songs import EvaluationSong
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

RATE = 8000
SHEET = LeadSheet(steady_beats(90, 0, 9))


def make_song(name: str = "one", sheet: LeadSheet | None = SHEET) -> EvaluationSong:
    return EvaluationSong(name, torch.zeros(2, RATE), torch.zeros(2, RATE), RATE, sheet)


def write(folder: Path, name: str, samples: int, rate: int = RATE) -> Path:
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / name, torch.full((samples,), 0.5).numpy(), rate)
    return folder


def settings(**changed: Any) -> dict[str, Any]:
    codec = {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"}
    plain = {"checkpoint": None, "generated": [], "codec": codec, "lead_sheet": "none"}
    return plain | changed


def test_a_short_accompaniment_is_padded_and_a_long_one_cut(tmp_path: Path) -> None:
    write(tmp_path / "theirs", "one.wav", RATE - 7)
    write(tmp_path / "theirs", "two.wav", RATE + 800)
    system = FolderSystem(tmp_path / "theirs")
    (short,), (long,) = (system(make_song(name), None) for name in ("one", "two"))
    assert short.shape == long.shape == (2, RATE)
    assert not short[:, -7:].any() and short[:, : RATE - 7].min() > 0.49 and long.min() > 0.49
    line = describe_differences(system)
    assert line is not None and line.startswith(f"{tmp_path / 'theirs'}: 2 of 2 files differ")
    assert "100 ms at most" in line and "\n" not in line


def test_a_file_of_another_length_is_that_of_another_song(tmp_path: Path) -> None:
    write(tmp_path / "theirs", "one.wav", 3 * RATE)
    (excerpt,) = FolderSystem(tmp_path / "theirs", 1.0)(make_song("one"), None)
    assert excerpt.shape == (2, RATE), "the file goes on where the song was cut"
    with pytest.raises(SamuelError, match="one.wav: 2.0 s longer than song one"):
        FolderSystem(tmp_path / "theirs")(make_song("one"), None)


def test_nothing_is_said_of_files_of_the_right_length(tmp_path: Path) -> None:
    system = FolderSystem(write(tmp_path / "theirs", "one-seed0.wav", 2 * RATE, 2 * RATE))
    write(tmp_path / "theirs", "one-seed1.wav", RATE)
    assert len(system(make_song(), None)) == 2
    assert describe_differences(system) is None
    assert describe_differences(lambda song, sheet: []) is None


def test_several_folders_are_several_systems(tmp_path: Path) -> None:
    folders = [write(tmp_path / name, "one.wav", RATE) for name in ("ours", "theirs", "others")]
    _, systems, about = build_systems(settings(generated=[str(folder) for folder in folders]))
    assert list(systems) == ["generated", "theirs", "others"] and about == {}
    assert [system.folder for system in systems.values()] == folders  # type: ignore[attr-defined]
    with pytest.raises(SamuelError, match="a system is already called theirs"):
        build_systems(settings(generated=[str(folders[at]) for at in (0, 1, 1)]))
    with pytest.raises(SamuelError, match="a system is already called silence"):
        silence = write(tmp_path / "silence", "one.wav", RATE)
        build_systems(settings(generated=[str(folders[0]), str(silence)]))


def test_the_sheet_is_the_songs_own_or_none(tmp_path: Path) -> None:
    assert make_sheet_giver(settings(checkpoint="a"))(make_song()) is None
    give = make_sheet_giver(settings(checkpoint="a", lead_sheet="true"))
    assert give(make_song()) == SHEET
    with pytest.raises(SamuelError, match="lead_sheet=true: the sheet of song one is not known"):
        give(make_song(sheet=None))


def test_the_music_of_another_system_is_compared_with_the_true_sheet_if_there_is_one() -> None:
    for kind in ("true", "estimated"):
        give = make_sheet_giver(settings(generated=["theirs"], lead_sheet=kind))
        assert give(make_song()) == SHEET and give(make_song(sheet=None)) is None


def test_files_are_found_by_names_of_any_bytes(tmp_path: Path) -> None:
    system = FolderSystem(write(tmp_path / "theirs", "b.wav", RATE))
    (system.folder / "b.wav").rename(system.folder / os.fsdecode(b"b\xe9.wav"))
    assert len(system(make_song("b\\udce9"), None)) == 1, "as the songs of a data set are called"
