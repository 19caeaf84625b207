import re

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class SamuelError(Exception):
    """A user's mistake, told in one line: what was found, what was expected, how to mend it.

    Commands print the line and exit with 2; anything else that is raised is a defect of ours.

    Args:
        message: line breaks and other signs that cannot be printed, from names of files, are
            shown as Python writes them.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], message))
