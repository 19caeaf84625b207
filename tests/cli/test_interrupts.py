"""Ctrl-C and SIGTERM end a command in one line, at any moment."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from samuel_gen.cli.interrupts import Interrupted, postpone_interrupted, raise_interrupted

SCRIPT = """
import os, signal, sys
from samuel_gen.cli.app import report_errors
with report_errors():
    {body}
"""


def run(body: str) -> subprocess.CompletedProcess:
    script = SCRIPT.format(body=textwrap.indent(textwrap.dedent(body), "    ").strip())
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_is_one_line_and_its_exit_code(number, code):
    ended = run(f"os.kill(os.getpid(), signal.{number})")
    assert ended.returncode == code
    assert len(ended.stderr.strip().splitlines()) == 1 and "stopped by" in ended.stderr


def test_a_second_signal_ends_the_command_at_once():
    ended = run(
        """
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            print("this is never reached")
        """
    )
    assert ended.returncode == 130 and ended.stdout == ""


def test_what_a_signal_breaks_is_no_error_of_its_own():
    ended = run(
        """
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except BaseException:
            raise ImportError("half imported")
        """
    )
    assert ended.returncode == 130 and "half imported" not in ended.stderr


def test_the_handlers_of_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted), raise_interrupted():
        assert signal.getsignal(signal.SIGTERM) != before
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before
    with raise_interrupted():
        pass


def test_a_signal_that_was_switched_off_stays_off():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with raise_interrupted():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_nested_blocks_tell_it_once():
    ended = run(
        """
        with report_errors():
            os.kill(os.getpid(), signal.SIGINT)
        """
    )
    assert ended.returncode == 130 and ended.stderr.count("stopped by") == 1


def test_a_postponed_signal_is_raised_at_the_end_of_its_block():
    arrived, done = [], []
    with pytest.raises(Interrupted), raise_interrupted():
        with postpone_interrupted(lambda stop: not arrived.append(stop)):
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the block went on")
        done.append("this is never reached")
    assert len(arrived) == 1 and arrived[0].code == 143
    assert done == ["the block went on"]


def test_a_signal_that_is_not_postponed_is_raised_at_once():
    done = []
    with pytest.raises(Interrupted), raise_interrupted(), postpone_interrupted(lambda stop: False):
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("this is never reached")
    assert not done


def test_a_second_signal_ends_a_postponed_one_at_once():
    ended = run(
        """
        from samuel_gen.cli.interrupts import postpone_interrupted
        with postpone_interrupted(lambda stop: True):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            print("this is never reached")
        """
    )
    assert ended.returncode == 130 and ended.stdout == ""
