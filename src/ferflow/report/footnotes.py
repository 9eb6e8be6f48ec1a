"""Cautions as numbered notes beneath a table, and as lines for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ferflow.evaluation.cautions import SUMMARIES, Caution

_MOST_NAMES = 3

Cautions = Mapping[str, Sequence[Caution]]


@dataclass(frozen=True)
class Footnote:
    """A caution with its number and the experiments that it is about."""

    number: int
    text: str
    names: tuple[str, ...]


def footnotes(names: Sequence[str], cautions: Cautions) -> list[Footnote]:
    """List the cautions of some experiments, the gravest first; what is true of several is said once."""
    about = _by_caution(names, cautions)
    gravest_first = sorted(about, key=lambda caution: list(SUMMARIES).index(caution.kind))
    return [
        Footnote(number, caution.text, tuple(about[caution]))
        for number, caution in enumerate(gravest_first, start=1)
    ]


def footnotes_of(name: str, notes: Sequence[Footnote]) -> list[Footnote]:
    """List the notes that are about an experiment."""
    return [note for note in notes if name in note.names]


def caution_lines(names: Sequence[str], cautions: Cautions) -> list[str]:
    """Put the cautions into one line a kind, the gravest first."""
    about = _by_caution(names, cautions)
    lines = []
    for kind, summary in SUMMARIES.items():
        of_kind = [caution for caution in about if caution.kind == kind]
        if of_kind:
            experiments = [name for name in names if any(name in about[caution] for caution in of_kind)]
            text = of_kind[0].text if len(of_kind) == 1 else summary
            lines.append(f"caution: {_list_of(experiments)}: {text}")
    return lines


def _by_caution(names: Sequence[str], cautions: Cautions) -> dict[Caution, list[str]]:
    about: dict[Caution, list[str]] = {}
    for name in names:
        for caution in cautions.get(name, ()):
            about.setdefault(caution, []).append(name)
    return about


def _list_of(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
