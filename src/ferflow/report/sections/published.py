"""Results that others published on FER-2013's seven classes, as lines of the comparison."""

from collections.abc import Sequence

from ferflow.claims import PublishedResult
from ferflow.report.tables import Reference
from ferflow.report.wording import number, percent


def published_rows(results: Sequence[PublishedResult]) -> list[Reference]:
    """Make the lines to read a seven-class comparison against, each marked as published, not measured here.

    Parameters
    ----------
    results : sequence of PublishedResult

    Returns
    -------
    list of Reference
    """
    return [_row(result) for result in results]


def _row(result: PublishedResult) -> Reference:
    numbers = {"accuracy": result.accuracy}
    if result.macro_f1 is not None:
        numbers["macro_f1"] = result.macro_f1
    note = f"published, not measured here; {result.note}"
    if result.disgust_f1 is not None:
        note += f"; F1 of disgust {percent(result.disgust_f1)}%"
    return Reference(result.name, note, {name: number(v, name) for name, v in numbers.items()}, numbers)
