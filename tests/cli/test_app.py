import errno
import os
import signal
import sys

import pytest

from samuel_gen.cli.app import quote_name, report_errors, run_hydra
from samuel_gen.errors import SamuelError


def run(task, *arguments: str) -> int:
    """Run a task as `samuel-encode` and return the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["samuel-encode", *arguments])
        try:
            run_hydra(task, "encode")
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def test_an_error_of_the_user_is_one_line_and_exit_code_2(capsys) -> None:
    with pytest.raises(SystemExit) as end, report_errors():
        raise SamuelError("take.wav is empty")
    assert end.value.code == 2
    assert capsys.readouterr().err == "take.wav is empty\n"


def test_an_error_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), report_errors():
        1 / 0  # noqa: B018


def test_a_setting_without_a_value_is_named(capsys) -> None:
    assert run(lambda config: print(config.output)) == 2
    assert capsys.readouterr().err == "output is missing: add output=...\n"


def test_the_task_receives_the_composed_configuration() -> None:
    seen = []
    assert run(lambda config: seen.append((config.output, config.workers)), "output=x") == 0
    assert seen == [("x", None)]


@pytest.mark.parametrize("argument", ["--frobnicate", "outptu=x", "codec=none"])
def test_an_unknown_argument_is_exit_code_2(argument: str, capsys) -> None:
    assert run(lambda config: None, argument) == 2


def test_in_a_sweep_the_other_runs_go_on_after_an_error(tmp_path, capsys) -> None:
    done = []

    def task(config) -> None:
        if config.workers == 1:
            raise SamuelError("one worker is too few")
        done.append(config.workers)

    sweep = (f"hydra.sweep.dir={tmp_path}", "hydra.output_subdir=null")
    assert run(task, "-m", "output=x", "workers=1,2,3", *sweep) == 1
    assert done == [2, 3]
    assert "one worker is too few" in capsys.readouterr().err


def test_an_error_of_a_resolver_is_its_own_line(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SAMUEL_CACHE", "/proc/none")
    monkeypatch.setattr(sys, "argv", ["samuel-train", f"hydra.run.dir={tmp_path}"])
    with pytest.raises(SystemExit):
        run_hydra(lambda config: print(config.cache), "train")
    refusal = capsys.readouterr().err
    assert refusal.startswith("/proc/none: cannot be written") and "SAMUEL_CACHE" in refusal


def test_a_full_disk_is_one_line(capsys) -> None:
    def task(config) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "curves.csv")

    assert run(task, "output=x") == 2
    line = "curves.csv: no space left on device; make room, or write elsewhere\n"
    assert capsys.readouterr().err == line


def test_a_sweep_that_is_stopped_says_how_to_go_on(tmp_path, capsys) -> None:
    done = []

    def task(config) -> None:
        done.append(config.workers)
        if config.workers == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    sweep = (f"hydra.sweep.dir={tmp_path}", "hydra.output_subdir=null")
    assert run(task, "-m", "output=x", "workers=1,2,3", *sweep) == 143
    assert done == [1, 2]
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("stopped by SIGTERM; the sweep ends with run 1; samuel-report")


@pytest.mark.parametrize("name", [os.fsdecode(b"b\xe9"), "é", "Beyoncé (live) 🎵", "a b"])
def test_a_name_need_not_be_of_hydras_letters(name: str, tmp_path) -> None:
    seen = []
    folder = tmp_path / name
    words = (f"output={name}", "hydra.output_subdir=.hydra", f"hydra.run.dir={folder}")
    assert run(lambda config: seen.append(config.output), *words) == 0
    assert seen == [name] and (folder / ".hydra/overrides.yaml").exists()


@pytest.mark.parametrize("word", ["é", "a=é,ü", "a=[é]", "a='é'", "a=b", "--config-dir"])
def test_only_names_are_quoted(word: str) -> None:
    assert quote_name(word) == word
    assert quote_name("a=é") == "a='é'"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys) -> None:
    (tmp_path / "file").touch()
    assert run(lambda config: None, "output=x", f"hydra.run.dir={tmp_path}/file/run") == 2
    said = capsys.readouterr().err
    assert f"{tmp_path}/file" in said and said.count("\n") == 1


@pytest.mark.parametrize("text", [b"a: 'b", b"a: \xe9", b"defaults: 3"])
def test_a_yaml_file_that_cannot_be_read_is_one_line(text: bytes, tmp_path, capsys) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "mine.yaml").write_bytes(text)
    assert run(lambda config: None, f"--config-dir={tmp_path}", "source=mine", "output=x") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("text", ["- a\n- b", "a: 1", "[]", "# @package other\na: 1"])
def test_a_yaml_file_that_describes_no_object_is_named(text: str, tmp_path, capsys) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "mine.yaml").write_text(text)
    assert run(lambda config: None, f"--config-dir={tmp_path}", "source=mine", "output=x") == 2
    said = capsys.readouterr().err
    assert said.startswith("source=mine: its YAML file") and said.count("\n") == 1


def test_an_error_of_the_task_keeps_its_traceback_under_hydra() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda config: 1 // 0, "output=x")
    assert "HYDRA_FULL_ERROR" not in os.environ
