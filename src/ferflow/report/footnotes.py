"""Cautions as numbered notes beneath a table, and as lines for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ferflow.evaluation.cautions import Caution

_MOST_LINES = 5
_MOST_NAMES = 3

Cautions = Mapping[str, Sequence[Caution]]


@dataclass(frozen=True)
class Footnote:
    """A caution with its number and the experiments that it is about."""

    number: int
    text: str
    names: tuple[str, ...]


def footnotes(names: Sequence[str], cautions: Cautions) -> list[Footnote]:
    """List the cautions of some experiments, numbered; what is true of several is said once."""
    about: dict[str, list[str]] = {}
    for name in names:
        for caution in cautions.get(name, ()):
            about.setdefault(caution.text, []).append(name)
    return [Footnote(index, text, tuple(about[text])) for index, text in enumerate(about, start=1)]


def footnotes_of(name: str, notes: Sequence[Footnote]) -> list[Footnote]:
    """List the notes that are about an experiment."""
    return [note for note in notes if name in note.names]


def caution_lines(names: Sequence[str], cautions: Cautions) -> list[str]:
    """Put the cautions into a handful of lines, each said once."""
    notes = footnotes(names, cautions)
    lines = [f"caution: {_list_of(note.names)}: {note.text}" for note in notes]
    if len(lines) <= _MOST_LINES:
        return lines
    most = _MOST_LINES - 1
    return [*lines[:most], f"caution: {len(lines) - most} more are in the report, below the comparison"]


def _list_of(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
