class SamuelError(Exception):
    """A user's mistake, told in one line: what was found, what was expected, how to mend it.

    Commands print the line and exit with 2; anything else that is raised is a defect of ours.
    """
