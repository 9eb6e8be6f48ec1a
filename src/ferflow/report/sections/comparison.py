"""The comparison of everything that was tested on the same faces."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferflow.data.faces import FER_CLASSES
from ferflow.plots.comparison import Line, comparison
from ferflow.plots.comparison import Reference as Mark
from ferflow.report import wording
from ferflow.report.context import ReportContext
from ferflow.report.footnotes import Footnote, footnotes, footnotes_of
from ferflow.report.published import published_rows
from ferflow.report.results import Result
from ferflow.report.section import Section
from ferflow.report.tables import MAIN, Cell, Reference, comparison_cells, references

FER_PRIVATE_TEST = 3589  # faces of the real PrivateTest, which published results are about


@dataclass(frozen=True)
class Row:
    """An experiment in the table, with the notes that are about it."""

    result: Result
    cells: dict[str, Cell]
    notes: Sequence[Footnote]


@dataclass(frozen=True)
class Table:
    """Experiments on the same faces.

    Attributes
    ----------
    classes : tuple of str
        What is told apart.
    protocol : str
        Named where an earlier table has the same classes; else empty.
    figure : str
        Path of the figure.
    rows : sequence of Row
        One an experiment.
    references : sequence of Reference
        Lines that no experiment measured.
    n : sequence of tuple of int
        Numbers of official and of clean test faces.
    notes : sequence of Footnote
        Cautions.
    """

    classes: tuple[str, ...]
    protocol: str
    figure: str
    rows: Sequence[Row]
    references: Sequence[Reference]
    n: Sequence[tuple[int, int]]
    notes: Sequence[Footnote]


def section(context: ReportContext) -> Section:
    """Compare all experiments, a table for each set of test faces."""
    tables: list[Table] = []
    for group in context.tested_alike:
        repeated = group[0].classes in {table.classes for table in tables}
        tables.append(_table(context, group, repeated=repeated))
    return Section(
        "comparison",
        "Comparison",
        {"tables": tables, "main_metrics": MAIN, "metric_names": wording.METRIC_NAMES},
    )


def _table(context: ReportContext, group: Sequence[Result], *, repeated: bool) -> Table:
    first = group[0]
    is_fer = set(first.classes) == set(FER_CLASSES)
    is_private_test = is_fer and first.n("official") == FER_PRIVATE_TEST
    notes = footnotes([result.name for result in group], context.cautions)
    return Table(
        classes=first.classes,
        protocol=first.protocol if repeated else "",
        figure=_draw(context, group, human=is_fer and not context.on_sample),
        rows=[Row(result, comparison_cells(result), footnotes_of(result.name, notes)) for result in group],
        references=references(group, human=is_fer)
        + (published_rows(context.claims.references) if is_private_test else []),
        n=sorted({(result.n("official"), result.n("clean")) for result in group}),
        notes=notes,
    )


def _draw(context: ReportContext, group: Sequence[Result], *, human: bool) -> str:
    """Draw balanced accuracy, macro-F1 and accuracy of every experiment."""
    lines = [
        Line(
            result.name,
            result.remedy,
            {metric: result.interval("official", metric) for metric in MAIN},
            {metric: result.interval("clean", metric) for metric in MAIN},
        )
        for result in group
    ]
    heads = {m: wording.METRIC_NAMES[m][0].upper() + wording.METRIC_NAMES[m][1:] for m in MAIN}
    k = len(group[0].classes)
    figure = comparison(
        lines,
        heads,
        _marks(references(group, human=human)),
        title=f"{k} classes",
        note=f"{context.note} · {group[0].n('official'):,} test faces",
    )
    return context.draw(figure, f"comparison-{k}-{group[0].protocol}.png")


def _marks(lines: Sequence[Reference]) -> list[Mark]:
    """Lines to draw; of the majority class only its accuracy, as it differs from chance in nothing else."""
    marks: dict[tuple[str, str], Mark] = {}
    for line in lines:
        for metric, value in line.numbers.items():
            if metric in MAIN and (line.name != "majority class" or metric == "accuracy"):
                spread = 0.05 if line.name == "human" else 0.0
                key = metric, f"{line.name} {value:.3f}"
                marks.setdefault(key, Mark(metric, value, line.name, spread))
    return list(marks.values())
