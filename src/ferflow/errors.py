"""The one exception that means: the user's input is at fault."""

import difflib
from collections.abc import Sequence


class InputError(Exception):
    """Bad input, said in one line: what is wrong, where, and what to do about it.

    A stage that meets it prints the line and ends with exit code 2 (see :mod:`ferflow.engines.script`).
    """


def nearest(name: str, known: Sequence[str]) -> str:
    """Name the known word nearest to ``name``, or all of them, as the end of a message."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(known)}"
