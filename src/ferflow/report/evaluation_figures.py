"""The figures that the evaluate stage drew of each experiment."""

from dataclasses import dataclass

from ferflow import paths
from ferflow.report.context import ReportContext
from ferflow.report.results import Result


@dataclass(frozen=True)
class EvaluationFigure:
    """An experiment with the path of a figure of its first seed."""

    result: Result
    figure: str


def copy_figures(context: ReportContext, kind: str) -> list[EvaluationFigure]:
    """Copy one kind of figure of every experiment's first seed into the report.

    Parameters
    ----------
    context : ReportContext
        With the experiments.
    kind : str
        ``confusion`` or ``curves``.
    """
    return [
        EvaluationFigure(
            result,
            context.copy(
                paths.training(result.name, result.seeds[0]) / f"{kind}.png", f"{kind}-{result.name}.png"
            ),
        )
        for group in context.groups
        for result in group
    ]
