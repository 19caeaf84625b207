"""Ctrl-C and SIGTERM: one line, exit code 130 or 143, and no file is left half-written."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The user, or the system, has asked the command to stop.

    It is no KeyboardInterrupt, since Lightning would turn that into exit code 1 and switch Ctrl-C
    off.

    Args:
        number: the signal.

    Attributes:
        line: one line for the user.
        code: the exit code.
    """

    def __init__(self, number: int) -> None:
        self.line = "stopped by Ctrl-C" if number == signal.SIGINT else "stopped by SIGTERM"
        self.code = 128 + number
        super().__init__(self.line)


class _State:
    """The signal that has arrived; a second one ends the process at once.

    Attributes:
        interrupted: the signal.
        postpone: whether to leave it to the program when it is raised.
    """

    interrupted: Interrupted | None = None
    postpone: Callable[[Interrupted], bool] | None = None


def _stop(number: int, frame: Any) -> None:
    if _State.interrupted is not None:
        os._exit(128 + number)
    _State.interrupted = Interrupted(number)
    if _State.postpone is None or not _State.postpone(_State.interrupted):
        raise _State.interrupted


@contextmanager
def postpone_interrupted(postpone: Callable[[Interrupted], bool]) -> Iterator[None]:
    """Let the program raise the first signal within the block itself, when it suits.

    A signal that was postponed and never raised is raised at the end of the block.

    Args:
        postpone: receives the signal as it arrives; True if the program raises it later, False if
            it is to be raised at once.

    Raises:
        Interrupted: a signal has arrived.
    """
    _State.postpone = postpone
    try:
        yield
    finally:
        _State.postpone = None
    if _State.interrupted is not None:
        raise _State.interrupted


@contextmanager
def raise_interrupted() -> Iterator[None]:
    """Turn the first Ctrl-C or SIGTERM within the block into `Interrupted`.

    Whatever else is raised after a signal is its consequence, for example an import that broke off,
    and becomes `Interrupted` too. A signal that the parent process has switched off stays off.

    Raises:
        Interrupted: a signal has arrived.
    """
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    watched = [number for number in _SIGNALS if is_main and _is_default(before[number])]
    for number in watched:
        signal.signal(number, _stop)
    try:
        yield
    except KeyboardInterrupt:  # where another handler was installed
        raise Interrupted(signal.SIGINT) from None
    except BaseException as error:
        is_told = isinstance(error, SystemExit)  # by a block within this one
        if _State.interrupted is not None and not is_told:
            raise _State.interrupted from None
        raise
    finally:
        for number in watched:
            signal.signal(number, before[number])
        if watched:
            _State.interrupted = None


def _is_default(handler: Any) -> bool:
    return handler in (signal.SIG_DFL, signal.default_int_handler)
