"""Tables and other people's words in Markdown."""

import re
from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table; bars in its cells become slashes.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequence of str
        As long as the head.

    Returns
    -------
    str
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def plain_markdown(text: str) -> str:
    """Escape what Markdown would take for markup, tags of HTML among it.

    Parameters
    ----------
    text : str
        The name of a class or of a file, which may be anything.

    Returns
    -------
    str
    """
    return re.sub(r"([\\`*_\[\]<>&~$#|!])", r"\\\1", text)
