"""From the words of the command line to recipes and folders."""

from pathlib import Path

import pytest

from samuel_gen.cli.generate import _parser
from samuel_gen.cli.generate_options import choose_folders, parse_recipes
from samuel_gen.errors import SamuelError
from samuel_gen.generation.recipe import Recipe


def parse(*words: str) -> list[Recipe]:
    parser = _parser()
    recipes, _ = parse_recipes(
        parser.parse_intermixed_args(words), parser.parse_intermixed_args([])
    )
    return recipes


def test_overrides_change_the_settings() -> None:
    (plain,) = parse("take.wav")
    assert plain.settings["sampler"]["num_steps"] == 16
    (changed,) = parse("take.wav", "sampler=fast", "guidance.scale=2")
    assert changed.settings["sampler"]["num_steps"] == 8
    assert changed.settings["guidance"]["scale"] == 2


def test_candidates_are_for_each_result() -> None:
    assert parse("take.wav")[0].candidates == 1
    (several,) = parse("take.wav", "--results", "3", "--seed", "5")
    assert (several.candidates, several.seeds) == (1, [5, 6, 7])
    assert parse("take.wav", "--results", "3", "--candidates", "2")[0].candidates == 2


def test_segments_count_their_seeds_up_unless_given() -> None:
    (recipe,) = parse("take.wav", "--seed", "7", "--redo", "1-2.5", "--redo", "3-4:99")
    assert recipe.redo == [(1.0, 2.5, 8), (3.0, 4.0, 99)]
    for wrong in ("1", "2-", "a-b", "1-2:x"):
        with pytest.raises(SamuelError, match=f"--redo {wrong}: write START-STOP"):
            parse("take.wav", "--redo", wrong)


def test_a_folder_gives_its_recordings_in_order(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.flac", "notes.txt"):
        (tmp_path / name).touch()
    assert [recipe.vocal.name for recipe in parse(str(tmp_path))] == ["a.flac", "b.WAV"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SamuelError, match="no recording in this folder"):
        parse(str(tmp_path / "empty"))


def test_each_recording_has_a_folder_of_its_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert choose_folders([Path("x/take.wav")], None, False) == [Path("take_accompaniment")]
    assert choose_folders([Path("take.wav")], Path("out"), False) == [Path("out")]
    same = [Path("take.wav"), Path("take.mp3"), Path("other.wav")]
    assert choose_folders(same, Path("out"), False) == [
        Path("out/take_wav"),
        Path("out/take_mp3"),
        Path("out/other"),
    ]
    with pytest.raises(SamuelError, match="the folder of two recordings"):
        choose_folders([Path("a/take.wav"), Path("b/take.wav")], None, False)


def test_files_are_replaced_only_on_request(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").touch()
    with pytest.raises(SamuelError, match="--overwrite"):
        choose_folders([Path("take.wav")], tmp_path, False)
    assert choose_folders([Path("take.wav")], tmp_path, True) == [tmp_path]
