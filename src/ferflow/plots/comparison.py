"""Figures that set experiments side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, NullFormatter

from ferflow.evaluation.significance import RecallByExperiment
from ferflow.plots.remedies import remedy_colour, remedy_marker
from ferflow.plots.style import (
    INK,
    MUTED,
    add_title,
    make_figure,
    percent_axis,
    plain,
    styled,
)

Interval = tuple[float, float, float]  # value, low, high; NaN where there is none

_plain = FuncFormatter(lambda value, _: f"{value:,g}")
_MODEL_MARKERS = ("o", "s", "D", "^", "v", "P", "X")


@dataclass(frozen=True)
class Line:
    """One experiment of :func:`comparison`: metric -> interval, on all test faces and on the clean ones."""

    name: str
    remedy: str
    official: Mapping[str, Interval]
    clean: Mapping[str, Interval]


@dataclass(frozen=True)
class Reference:
    """A vertical line of :func:`comparison`: something no experiment measured, such as chance."""

    metric: str
    value: float
    label: str
    spread: float = 0.0


@styled
def comparison(
    lines: Sequence[Line],
    metrics: Mapping[str, str],
    references: Sequence[Reference],
    *,
    title: str,
    note: str = "",
) -> Figure:
    """Dot plot of several metrics: filled on all test faces, hollow on the clean ones, bars are intervals.

    Parameters
    ----------
    lines : sequence of Line
        Experiments, first on top.
    metrics : mapping
        Metric -> heading of its panel.
    references : sequence of Reference
        Vertical lines.
    title, note : str
        What is compared, on what.
    """
    figure, panels = make_figure(
        9.6, 1.7 + 0.36 * len(lines), columns=len(metrics), sharey=True, squeeze=False
    )
    place = np.arange(len(lines))
    marks = max((sum(r.metric == metric for r in references) for metric in metrics), default=0)
    for axes, (metric, heading) in zip(panels[0], metrics.items(), strict=True):
        for index, line in enumerate(lines):
            colour = remedy_colour(line.remedy)
            for offset, (value, low, high), face in (
                (-0.13, line.official[metric], colour),
                (0.17, line.clean[metric], "white"),
            ):
                axes.plot([low, high], [index + offset] * 2, color=colour, linewidth=1.4, alpha=0.75)
                axes.plot(value, index + offset, "o", color=colour, markerfacecolor=face, markersize=5)
        for order, reference in enumerate(r for r in references if r.metric == metric):
            _reference(axes, reference, len(lines) - 0.3 + 0.5 * order)
        percent_axis(axes.xaxis)
        axes.set(title=heading, ylim=(len(lines) - 0.5 + 0.5 * marks, -0.6))
        axes.margins(x=0.08)
        axes.grid(axis="y", visible=False)
    panels[0, 0].set_yticks(place, [line.name for line in lines])
    for axes in panels[0]:
        axes.tick_params(axis="y", length=0, labelsize=9, labelcolor=INK)
    add_title(figure, title, note)
    return figure


def _reference(axes: Axes, reference: Reference, row: float) -> None:
    """Draw a reference and write its name beneath the experiments, on the side where there is room."""
    if reference.spread:
        low, high = reference.value - reference.spread, reference.value + reference.spread
        axes.axvspan(low, high, color="#f1e8d4", zorder=0, linewidth=0)
    axes.axvline(reference.value, color=MUTED, linewidth=1, linestyle=":")
    left, right = axes.get_xlim()
    on_the_right = reference.value < (left + right) / 2
    axes.annotate(
        plain(reference.label),
        (reference.value, row),
        (3 if on_the_right else -3, 0),
        textcoords="offset points",
        size=7.5,
        color=MUTED,
        va="center",
        ha="left" if on_the_right else "right",
    )


@styled
def recall_by_remedy(
    result: RecallByExperiment,
    names: Sequence[str],
    remedies: Sequence[str],
    classes: Sequence[str],
    *,
    baseline: int,
    title: str,
    note: str = "",
) -> Figure:
    """Recall of each class under each remedy, and its difference to no remedy.

    Parameters
    ----------
    result : RecallByExperiment
        From :func:`ferflow.evaluation.significance.recall_by_experiment`.
    names, remedies : sequence of str
        Of the experiments.
    classes : sequence of str
        Class names with their number of faces; a last row, balanced accuracy, is added.
    baseline : int
        The experiment without remedy.
    title, note : str
        Which model, on what.
    """
    n = len(names)
    rows = [*map(plain, classes), "balanced\naccuracy"]
    figure, (left, right) = make_figure(
        9.6, 1.2 + len(rows) * (0.3 + 0.085 * n), columns=2, sharey=True, width_ratios=[1.1, 1]
    )
    offsets = (np.arange(n) - (n - 1) / 2) * min(0.22, 0.68 / max(n - 1, 1))
    place = np.arange(len(rows))
    for index, (name, remedy) in enumerate(zip(names, remedies, strict=True)):
        look = {"color": remedy_colour(remedy), "marker": remedy_marker(remedy), "linestyle": ""}
        for axes, value, low, high in (
            (left, result.value, result.low, result.high),
            (right, result.difference, result.difference_low, result.difference_high),
        ):
            if axes is right and index == baseline:
                continue
            y = place + offsets[index]
            axes.hlines(y, low[index], high[index], color=look["color"], linewidth=1.3, alpha=0.7)
            axes.plot(value[index], y, label=name, markersize=4.5, **look)
    for axes in (left, right):
        for edge in place[:-1] + 0.5:
            axes.axhline(edge, color="#d5dae1", linewidth=0.8)
        axes.axhspan(len(classes) - 0.5, len(classes) + 0.5, color="#f5f7f9", zorder=0, linewidth=0)
        axes.grid(axis="y", visible=False)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0, labelsize=9, labelcolor=INK)
    right.axvline(0, color=remedy_colour("none"), linewidth=1)
    left.set(title="Recall", xlim=(-0.02, 1.02))
    percent_axis(left.xaxis)
    right.set_title(f"Difference to {names[baseline]}, in points")
    right.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}" if abs(value) > 1e-9 else "0")
    left.set_yticks(place, rows)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=min(n, 6))
    add_title(figure, title, note)
    return figure


@dataclass(frozen=True)
class Point:
    """One experiment of :func:`cost`."""

    name: str
    model: str
    remedy: str
    cost: float
    score: Interval


@styled
def cost(
    groups: Mapping[str, Sequence[Point]], *, x_label: str, y_label: str, title: str, note: str = ""
) -> Figure:
    """Score against cost (logarithmic): shape tells the model, colour the remedy; one panel per group.

    Parameters
    ----------
    groups : mapping
        Heading -> experiments that may be compared.
    x_label, y_label : str
        What is on the axes.
    title, note : str
        What is compared, on what.
    """
    figure, panels = make_figure(9.6, 3.9, columns=len(groups), squeeze=False)
    models = list(dict.fromkeys(point.model for points in groups.values() for point in points))
    remedies = list(dict.fromkeys(point.remedy for points in groups.values() for point in points))
    marker = {model: _MODEL_MARKERS[index % len(_MODEL_MARKERS)] for index, model in enumerate(models)}
    for axes, (heading, points) in zip(panels[0], groups.items(), strict=True):
        places, limits = _side_by_side([point.cost for point in points])
        for x, point in zip(places, points, strict=True):
            value, low, high = point.score
            colour = remedy_colour(point.remedy)
            axes.plot([x, x], [low, high], color=colour, linewidth=1.2, alpha=0.7)
            axes.plot(x, value, marker[point.model], color=colour, markersize=6)
        axes.set(title=plain(heading), xlabel=x_label, xscale="log", xlim=limits)
        axes.xaxis.set_major_formatter(LogFormatterSciNotation() if max(places) > 1e5 else _plain)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(y=0.1)
        percent_axis(axes.yaxis)
        here = [model for model in models if model in {point.model for point in points}]
        shapes = [axes.plot([], [], marker[m], color=MUTED, markersize=5, label=m)[0] for m in here]
        axes.legend(handles=shapes, loc="best")
    panels[0, 0].set_ylabel(y_label)
    colours = [
        panels[0, 0].plot([], [], "s", color=remedy_colour(r), markersize=5, label=r)[0] for r in remedies
    ]
    figure.legend(handles=colours, loc="outside lower center", ncols=min(len(colours), 7), columnspacing=1.4)
    add_title(figure, title, note)
    return figure


def _side_by_side(costs: Sequence[float]) -> tuple[list[float], tuple[float, float]]:
    """Spread equal costs a little, so that their intervals can be told apart; the limits of the axis too."""
    logs = np.log10(costs)
    span = max(float(np.ptp(logs)), 1.0)
    middle = (logs.max() + logs.min()) / 2
    places = []
    for index, value in enumerate(logs):
        twins = np.flatnonzero(np.abs(logs - value) < 0.01).tolist()
        places.append(10.0 ** (value + 0.03 * span * (twins.index(index) - (len(twins) - 1) / 2)))
    return places, (10.0 ** (middle - 0.68 * span), 10.0 ** (middle + 0.68 * span))
