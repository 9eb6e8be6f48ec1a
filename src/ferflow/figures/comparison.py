"""Figures that set experiments side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ferflow.figures.style import (
    MUTED,
    laid_out,
    percent_axis,
    remedy_colour,
    remedy_marker,
    styled,
    titled,
)
from ferflow.significance import RecallByExperiment

Interval = tuple[float, float, float]  # value, low, high; NaN where there is none

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
    lines : experiments, first on top
    metrics : metric -> heading of its panel
    references : vertical lines
    title, note : what is compared, on what
    """
    figure, panels = laid_out(9.6, 1.35 + 0.36 * len(lines), columns=len(metrics), sharey=True, squeeze=False)
    place = np.arange(len(lines))
    for axes, (metric, heading) in zip(panels[0], metrics.items(), strict=True):
        for reference in (r for r in references if r.metric == metric):
            _reference(axes, reference, place)
        for index, line in enumerate(lines):
            colour = remedy_colour(line.remedy)
            for offset, (value, low, high), face in (
                (-0.13, line.official[metric], colour),
                (0.17, line.clean[metric], "white"),
            ):
                axes.plot([low, high], [index + offset] * 2, color=colour, linewidth=1.4, alpha=0.75)
                axes.plot(value, index + offset, "o", color=colour, markerfacecolor=face, markersize=5)
        percent_axis(axes.xaxis)
        axes.set(title=heading, ylim=(len(lines) - 0.45, -0.75))
        axes.margins(x=0.08)
        axes.grid(axis="y", visible=False)
    panels[0, 0].set_yticks(place, [line.name for line in lines])
    panels[0, 0].tick_params(axis="y", length=0, labelsize=9, labelcolor="#1f2933")
    titled(figure, title, note)
    return figure


def _reference(axes: Axes, reference: Reference, place: np.ndarray) -> None:
    if reference.spread:
        low, high = reference.value - reference.spread, reference.value + reference.spread
        axes.axvspan(low, high, color="#f1e8d4", zorder=0, linewidth=0)
    axes.axvline(reference.value, color=MUTED, linewidth=1, linestyle=":")
    axes.annotate(
        reference.label,
        (reference.value, len(place) - 0.5),
        (2, 1),
        textcoords="offset points",
        size=7,
        color=MUTED,
        rotation=90,
        va="bottom",
        ha="left",
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
    result : from :func:`ferflow.significance.recall_by_experiment`
    names, remedies : of the experiments
    classes : class names with their number of faces; a last row, balanced accuracy, is added
    baseline : the experiment without remedy
    title, note : which model, on what
    """
    n = len(names)
    rows = [*classes, "balanced\naccuracy"]
    figure, (left, right) = laid_out(
        9.6, 1.2 + len(rows) * (0.3 + 0.085 * n), columns=2, sharey=True, width_ratios=[1.1, 1]
    )
    offsets = np.linspace(-0.34, 0.34, n) if n > 1 else np.zeros(1)
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
    right.axvline(0, color=remedy_colour("none"), linewidth=1)
    left.set(title="Recall", xlim=(-0.02, 1.02))
    percent_axis(left.xaxis)
    right.set_title(f"Difference to {names[baseline]}, in points")
    right.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}" if abs(value) > 1e-9 else "0")
    left.set_yticks(place, rows)
    left.tick_params(axis="y", length=0, labelsize=9, labelcolor="#1f2933")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=min(n, 6))
    titled(figure, title, note)
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
    groups : heading -> experiments that may be compared
    x_label, y_label : what is on the axes
    title, note : what is compared, on what
    """
    figure, panels = laid_out(9.6, 3.9, columns=len(groups), squeeze=False)
    models = list(dict.fromkeys(point.model for points in groups.values() for point in points))
    remedies = list(dict.fromkeys(point.remedy for points in groups.values() for point in points))
    marker = {model: _MODEL_MARKERS[index % len(_MODEL_MARKERS)] for index, model in enumerate(models)}
    for axes, (heading, points) in zip(panels[0], groups.items(), strict=True):
        axes.set_xscale("log")
        for x, point in zip(_side_by_side([p.cost for p in points]), points, strict=True):
            value, low, high = point.score
            colour = remedy_colour(point.remedy)
            axes.plot([x, x], [low, high], color=colour, linewidth=1.2, alpha=0.7)
            axes.plot(x, value, marker[point.model], color=colour, markersize=6.5)
        axes.set(title=heading, xlabel=x_label)
        axes.margins(x=0.12, y=0.1)
        percent_axis(axes.yaxis)
    panels[0, 0].set_ylabel(y_label)
    handles = [
        *(axes.plot([], [], marker[m], color="#1f2933", label=m)[0] for m in models),
        *(axes.plot([], [], "o", color=remedy_colour(r), markersize=4, label=r)[0] for r in remedies),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 9), columnspacing=1.2)
    titled(figure, title, note)
    return figure


def _side_by_side(costs: Sequence[float]) -> list[float]:
    """Spread equal costs a little (3% a step) so that their intervals can be told apart."""
    placed = []
    for index, value in enumerate(costs):
        twins = [other for other, cost in enumerate(costs) if np.isclose(cost, value, rtol=0.02)]
        placed.append(value * 1.03 ** (2 * twins.index(index) - (len(twins) - 1)))
    return placed
