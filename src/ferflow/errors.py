"""The one exception that means: the user's input is at fault."""


class InputError(Exception):
    """Bad input, said in one line: what is wrong, where, and what to do about it.

    A stage that meets it prints the line and ends with exit code 2 (see :mod:`ferflow.engines.script`).
    """
