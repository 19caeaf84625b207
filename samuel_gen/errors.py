"""The error of a user's mistake."""

import re

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class SamuelError(Exception):
    """A user's mistake in one line: what is wrong, where, and how to fix it.

    Commands print the line and exit with 2. Any other exception is a defect of this package.

    Args:
        message: the line. Line breaks and other characters that cannot be printed, which come from
            names of files, are shown as Python writes them.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_UNPRINTABLE.sub(lambda match: repr(match[0])[1:-1], message))
