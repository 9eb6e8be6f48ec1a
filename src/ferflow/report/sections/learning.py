"""Loss and scores by epoch."""

from dataclasses import dataclass

from ferflow.plots.learning import learning
from ferflow.report.context import ReportContext
from ferflow.report.results import Result
from ferflow.report.section import Section


@dataclass(frozen=True)
class Curve:
    """An experiment with the path of its figure."""

    result: Result
    figure: str


def section(context: ReportContext) -> Section:
    """Show the learning curves of every experiment that has epochs."""
    curves = [
        Curve(result, _draw(context, result))
        for group in context.groups
        for result in group
        if max(len(history) for history in result.histories) > 1
    ]
    empty = "" if curves else "No model here has epochs, so none has a curve."
    return Section("learning", "Learning curves", {"curves": curves}, empty)


def _draw(context: ReportContext, result: Result) -> str:
    note = f"{context.note} · protocol {result.protocol}"
    figure = learning(result.histories, title=result.name, note=note)
    return context.draw(figure, f"learning-{result.name}.png")
