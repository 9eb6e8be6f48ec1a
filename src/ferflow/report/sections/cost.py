"""What accuracy costs: counted training compute, and the time measured on this machine."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from ferflow import paths
from ferflow.plots.comparison import Point, cost
from ferflow.report.context import ReportContext
from ferflow.report.machines import machine
from ferflow.report.results import Result
from ferflow.report.section import Section
from ferflow.timings import read_timings


def section(context: ReportContext) -> Section:
    """Show balanced accuracy against training compute."""
    figure = draw_compute(context.groups, context.note)
    if figure is None:
        return Section("cost", "Cost", {}, "No experiment was trained.")
    content = {
        "figure_path": context.draw(figure, "accuracy-compute.png"),
        "machine": machine(context.results),
    }
    return Section("cost", "Cost", content)


def draw_compute(groups: Sequence[Sequence[Result]], note: str) -> Figure | None:
    """Balanced accuracy against training compute."""
    return _draw(
        groups,
        lambda result: result.cost.training_macs,
        ("training compute", ", multiply-accumulates"),
        note,
    )


def draw_times(groups: Sequence[Sequence[Result]], note: str) -> Figure | None:
    """Balanced accuracy against measured training time; None where nothing was measured here."""
    return _draw(groups, train_seconds, ("measured training time", ", seconds"), note)


def _draw(
    groups: Sequence[Sequence[Result]],
    cost_of: Callable[[Result], float | None],
    cost_name: tuple[str, str],
    note: str,
) -> Figure | None:
    panels = {}
    for group in groups:
        points = [_point(result, amount) for result in group if (amount := cost_of(result))]
        if points:
            panels[_heading(group)] = points
    if not panels:
        return None
    what, unit = cost_name
    return cost(
        panels,
        x_label=what + unit,
        y_label="balanced accuracy",
        title=f"Balanced accuracy against {what}",
        note=note,
    )


def train_seconds(result: Result) -> float | None:
    """Mean training time over the seeds that were timed on this machine."""
    times = [read_timings(paths.model(result.name, seed)).get("train_seconds") for seed in result.seeds]
    measured = [time for time in times if time is not None]
    return float(np.mean(measured)) if measured else None


def _heading(group: Sequence[Result]) -> str:
    classes = group[0].classes
    return f"{len(classes)} classes" if len(classes) > 2 else " or ".join(classes)


def _point(result: Result, amount: float) -> Point:
    score = result.interval("official", "balanced_accuracy")
    return Point(result.name, result.model, result.remedy, amount, score)
