"""The comparison as Markdown, for a README."""

import math
from collections.abc import Sequence

from ferflow.report.footnotes import Cautions, Footnote, footnotes, footnotes_of
from ferflow.report.results import Result
from ferflow.report.tables import MAIN, references
from ferflow.report.wording import NOTHING, interval, number, remedy_name

_HEAD = (
    "| experiment | protocol | remedy | balanced accuracy | macro-F1 | accuracy | balanced accuracy, clean |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def comparison_markdown(
    groups: Sequence[Sequence[Result]], cautions: Cautions, *, on_sample: bool, confidence: float
) -> str:
    """Write the main columns as Markdown, one table per set of classes.

    Parameters
    ----------
    groups : sequence of sequence of Result
        Experiments that were tested on the same faces.
    cautions : mapping of str to sequence of Caution
        By experiment; written beneath the table, with a mark beside the figure.
    on_sample : bool
        Whether the faces are the project's own drawings.
    confidence : float
        Share of the resamples that an interval holds.
    """
    lines = ["# Comparison" + (" (sample faces)" if on_sample else ""), ""]
    if on_sample:
        lines += ["Measured on sample faces, drawn by the project: they say nothing of real faces.", ""]
    lines += [f"Percent, with {confidence:.0%} bootstrap intervals over test faces.", ""]
    earlier: set[tuple[str, ...]] = set()
    for group in groups:
        notes = footnotes([result.name for result in group], cautions)
        lines += _heading(group, repeated=group[0].classes in earlier)
        lines += _HEAD
        lines += [_row(result, footnotes_of(result.name, notes)) for result in group]
        for line in references(group, human=False):
            cells = [line.values.get(metric, NOTHING) for metric in MAIN]
            lines.append(f"| *{line.name}* | {line.note} | | {' | '.join(cells)} | |")
        if notes:
            lines += ["", *(f"- [{note.number}] {', '.join(note.names)}: {note.text}." for note in notes)]
        lines.append("")
        earlier.add(group[0].classes)
    return "\n".join(lines)


def _heading(group: Sequence[Result], *, repeated: bool) -> list[str]:
    first = group[0]
    protocol = f", protocol {first.protocol}" if repeated else ""
    return [
        f"## {len(first.classes)} classes: {', '.join(first.classes)}{protocol}",
        "",
        f"{first.n('official'):,} test faces, {first.n('clean'):,} of them clean; seeds: {len(first.seeds)}.",
        "",
    ]


def _row(result: Result, notes: Sequence[Footnote]) -> str:
    cells = [markdown_cell(result, "official", metric) for metric in MAIN]
    cells[0] += "".join(f" [{note.number}]" for note in notes)
    cells.append(markdown_cell(result, "clean", "balanced_accuracy"))
    name = f"{result.name} (leaky)" if result.leaky else result.name
    return f"| {' | '.join([name, result.protocol, remedy_name(result.remedy), *cells])} |"


def markdown_cell(result: Result, side: str, metric: str) -> str:
    """Write a metric with its deviation over seeds, where there are several, and its interval."""
    entry, deviation = result.interval(side, metric), result.deviation(side, metric)
    spread = f" ± {number(deviation, metric)}" if math.isfinite(deviation) else ""
    return f"{number(entry[0], metric)}{spread} ({interval(entry, metric)})"
