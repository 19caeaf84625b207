"""Somebody at a terminal: a folder of their own, and commands as they type them."""

import contextlib
import importlib
import io
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import jaxtyping
import pytest


@dataclass
class Ended:
    returncode: int
    stdout: str
    stderr: str


class Folder:
    """A working folder with a cache of its own, where commands run in this process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *command: str | Path) -> Ended:
        name, *words = (str(word) for word in command)
        main = importlib.import_module(f"samuel_gen.cli.{name.removeprefix('samuel-')}").main
        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.chdir(self.path)
            patch.setenv("SAMUEL_CACHE", str(self.path / "cache"))
            patch.delenv("SAMUEL_RUNS", raising=False)
            patch.setattr(sys, "argv", [name, *words])
            patch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as users run it
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
            except Exception:
                traceback.print_exc()
                code = 1
        return Ended(code, out.getvalue(), err.getvalue())

    def does(self, *command: str | Path) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuses(self, *command: str | Path) -> str:
        done = self.run(*command)
        assert done.returncode == 2, done.stderr or done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr.strip()
