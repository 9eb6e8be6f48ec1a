"""The one exception that means: the user's input is at fault."""

import difflib
from collections.abc import Iterable, Sequence

_MOST_NAMES = 16  # in a message


class InputError(Exception):
    """Bad input, said in one line: what is wrong, where, and what to do about it.

    A stage that meets it prints the line and ends with exit code 2 (see :mod:`ferflow.engines.script`).
    """


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """Say that nothing of a kind has a name, and which is the nearest that something has."""
    return f"no {kind} is called '{shown(name)}'{nearest(name, list(names))}"


def nearest(name: str, names: Sequence[str]) -> str:
    """Name the nearest of the names that there are, or those that there are, as the end of a message.

    Parameters
    ----------
    name : str
        One that there is not.
    names : sequence of str
        Those that there are.

    Returns
    -------
    str
        Begins with a semicolon.
    """
    close = difflib.get_close_matches(name[:100], names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {some(names, _MOST_NAMES)}"


def some(names: Sequence[str], most: int = 3) -> str:
    """List the first of many names, and say how many more there are.

    Parameters
    ----------
    names : sequence of str
    most : int, default=3
        Of the names that are listed.

    Returns
    -------
    str
        "a, b, c and 2 more".
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shown(text: str, longest: int = 80) -> str:
    """Write what a stranger chose, for a message: in one line, nothing that a terminal obeys, not for ever.

    Parameters
    ----------
    text : str
        Of any length; bytes that are no UTF-8 may stand in it as surrogates.
    longest : int, default=80
        Characters; of a longer one the middle is left out.

    Returns
    -------
    str
    """
    return _cut("".join(map(_printable, _cut(text, longest))), longest)  # which may be longer than it was


def counted(number: int, noun: str) -> str:
    """Say a number of things: "1 face", "1,200 faces"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def reason_of(error: BaseException, longest: int = 80) -> str:
    """Write why a library failed, for a message: its words in one line, or its kind where it has none.

    Parameters
    ----------
    error : BaseException
    longest : int, default=80
        Characters, as of :func:`shown`.

    Returns
    -------
    str
    """
    return shown(" ".join(str(error).split()) or type(error).__name__, longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]}...{text[3 - longest // 2 :]}"


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()
