"""Figures of the linear models: sweeps, thresholds, repeated splits, slow descents and where to stop them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow.evaluation.thresholds import DEFAULT, Counts
from ferflow.plots.remedies import remedy_colour, remedy_marker
from ferflow.plots.style import (
    INK,
    MUTED,
    OKABE_ITO,
    add_title,
    make_figure,
    percent_axis,
    plain,
    styled,
)

_DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)))
_DIVERGENCE = "#b3261e"


@styled
def sweep(
    table: pd.DataFrame,
    *,
    current: float,
    chance: float,
    title: str,
    note: str = "",
    held_out: str = "validation",
) -> Figure:
    """Draw held-out loss and balanced accuracy by epoch, a line for each value of one hyperparameter.

    Parameters
    ----------
    table : DataFrame
        Rows of one key of :func:`ferflow.studies.sweep.sweep`.
    current : float
        The value that the experiment itself uses, drawn bold.
    chance : float
        Validation loss of a model that knows nothing: log loss, whatever loss is trained with.
    title, note : str
        What was varied, on what.
    held_out : str, default="validation"
        Name of the subset that the curves follow.
    """
    values = sorted(table["value"].unique())
    shades = colormaps["viridis"](np.linspace(0, 0.86, len(values)))
    highest = table.loc[~table["diverged"], "validation_loss"].max()
    top = 1.08 * min(max(highest, 1.5 * chance), 4 * chance) if highest > 0 else 4 * chance
    figure, (loss, score) = make_figure(9.6, 3.3, columns=2)
    for shade, value in zip(shades, values, strict=True):
        rows = table[table["value"] == value]
        is_divergent = bool(rows["diverged"].iloc[0])
        look = {
            "color": _DIVERGENCE if is_divergent else shade,
            "linestyle": (0, (2, 1)) if is_divergent else "-",
            "linewidth": 2.6 if value == current else 1.4,
        }
        lost = " (nothing learnt)" if np.isfinite(rows["train_loss"].iloc[-1]) else " (diverged)"
        label = f"{value:g}" + (lost if is_divergent else " (chosen)" if value == current else "")
        for axes, column in ((loss, "validation_loss"), (score, "validation_balanced_accuracy")):
            points = rows.dropna(subset=[column])
            # Matplotlib cannot lay out a line that leaves the panel by twenty orders of magnitude.
            axes.plot(points["epoch"], points[column].clip(upper=10 * top), label=label, **look)
    ends = table[table["diverged"]].dropna(subset=["validation_loss"]).groupby("value").last()
    loss.plot(ends["epoch"], ends["validation_loss"].clip(upper=0.97 * top), "x", color=_DIVERGENCE)
    loss.axhline(chance, color=MUTED, linewidth=0.9, linestyle=":", label="guessing")
    loss.set_ylim(0, top)
    guess = np.exp(-chance)  # one part in as many as there are classes
    score.axhline(guess, color=MUTED, linewidth=0.9, linestyle=":")
    score.set_ylim(min(0.8 * guess, table["validation_balanced_accuracy"].min() - 0.02), 1)
    percent_axis(score.yaxis)
    for axes, head in ((loss, "loss"), (score, "balanced accuracy")):
        axes.set(title=f"{held_out.capitalize()} {head}", xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*loss.get_legend_handles_labels(), loc="outside right center", title=table["key"].iloc[0])
    add_title(figure, title, note)
    return figure


@styled
def thresholds(
    counts: Sequence[Counts], *, best: float, positive: str, other: str, title: str, note: str = ""
) -> Figure:
    """Precision, recall and F1, and the counts behind them, as the threshold goes from 0 to 1.

    Parameters
    ----------
    counts : sequence of Counts
        At rising thresholds.
    best : float
        The threshold that is best on the validation subset.
    positive, other : str
        Names of the two classes.
    title, note : str
        What was tested, on what.
    """
    positive, other = plain(positive), plain(other)
    at = [entry.threshold for entry in counts]
    figure, (score, faces) = make_figure(7.6, 3.2, columns=2)
    for name, colour, dashes in zip(("precision", "recall", "F1"), (5, 6, 3), _DASHES[2::-1], strict=True):
        shares = [getattr(entry, name.lower()) for entry in counts]
        score.plot(at, shares, color=OKABE_ITO[colour], linestyle=dashes, label=name)
    score.set(ylim=(-0.01, 1.02), title=f"Of {positive}")
    percent_axis(score.yaxis)
    layers = {
        f"{positive}, found": ([entry.tp for entry in counts], OKABE_ITO[5]),
        f"{positive}, missed": ([entry.fn for entry in counts], OKABE_ITO[2]),
        f"{other}, called {positive}": ([entry.fp for entry in counts], OKABE_ITO[6]),
        f"{other}, left alone": ([entry.tn for entry in counts], "#e3d9c6"),
    }
    colours = [colour for _, colour in layers.values()]
    areas = faces.stackplot(at, *(values for values, _ in layers.values()), colors=colours, linewidth=0)
    faces.set(title="Test faces", ylim=(0, counts[0].tp + counts[0].fp + counts[0].fn + counts[0].tn))
    for axes in (score, faces):
        axes.set(xlim=(0, 1), xlabel=f"threshold on the probability of {positive}")
        axes.axvline(DEFAULT, color=MUTED, linewidth=1, linestyle=":")
        axes.axvline(best, color=INK, linewidth=1.2)
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "columnspacing": 1.2}
    score.legend(ncols=3, **place)
    # Told the names, as it otherwise leaves out what begins with an underscore.
    faces.legend(areas, layers.keys(), ncols=2, **place)
    add_title(figure, title, note)
    return figure


@styled
def repeated_splits(
    errors: Mapping[str, pd.DataFrame], remedies: Mapping[str, str], *, title: str, note: str = ""
) -> Figure:
    """Errors of two experiments on the same draws, each draw a pale line; bars are mean and deviation.

    Parameters
    ----------
    errors : mapping
        Heading of a panel -> errors, a row a draw, a column an experiment.
    remedies : mapping
        Experiment -> remedy.
    title, note : str
        What was compared, on what.
    """
    figure, panels = make_figure(7.6, 3.2, columns=len(errors), squeeze=False)
    for axes, (heading, table) in zip(panels[0], errors.items(), strict=True):
        place = np.arange(table.shape[1])
        axes.plot(place, table.to_numpy().T, color="#c4ccd5", linewidth=0.8, zorder=1)
        for x, (name, column) in zip(place, table.items(), strict=True):
            colour, marker = remedy_colour(remedies[str(name)]), remedy_marker(remedies[str(name)])
            axes.plot(np.full(len(column), x), column, marker, color=colour, markersize=4, alpha=0.7)
            beside = x + (0.34 if x else -0.34)
            axes.errorbar(
                beside, column.mean(), column.std(), fmt="_", color=colour, capsize=5, linewidth=1.6
            )
            axes.annotate(
                f"{100 * column.mean():.1f} ± {100 * column.std():.1f}",
                (beside, column.mean() + column.std()),
                (0, 7),
                textcoords="offset points",
                ha="center",
                size=8,
                color=INK,
            )
        axes.set_xticks(place, [str(name) for name in table], color=INK)
        axes.set(title=heading, xlim=(-0.75, 1.75))
        axes.margins(y=0.12)
        axes.grid(axis="x", visible=False)
        percent_axis(axes.yaxis)
    add_title(figure, title, note)
    return figure


@styled
def descents(histories: Mapping[str, pd.DataFrame], *, held_out: str, title: str, note: str = "") -> Figure:
    """Cost and error by iteration of slow descents: train pale, the held-out subset full.

    Parameters
    ----------
    histories : mapping
        Experiment -> history.csv.
    held_out : str
        Name of the subset that the curves follow.
    title, note : str
        What was trained, on what.
    """
    figure, (cost, error) = make_figure(9.6, 3.3, columns=2)
    for order, (name, history) in enumerate(histories.items()):
        look = {"color": OKABE_ITO[(5, 6, 3, 1, 7, 4)[order % 6]], "linestyle": _DASHES[order % len(_DASHES)]}
        cost.plot(history["epoch"], history["train_loss"], alpha=0.4, **look)
        cost.plot(history["epoch"], history["validation_loss"], label=name, **look)
        error.plot(history["epoch"], 1 - history["validation_accuracy"], **look)
    percent_axis(error.yaxis)
    for axes, head in ((cost, "Cost, mean over faces"), (error, f"Error on {held_out} faces")):
        axes.set(title=head, xlabel="iteration")
        _thousands(axes)
    figure.legend(*cost.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(histories), 3))
    add_title(figure, title, note)
    return figure


@styled
def stopping(
    errors: Mapping[str, tuple[NDArray[np.integer], NDArray[np.floating]]], *, title: str, note: str = ""
) -> Figure:
    """Held-out error by iteration on a log axis; a circle at the lowest of each line, a square at its last.

    Parameters
    ----------
    errors : mapping
        Name of a line -> iterations and the error at each.
    title, note : str
        What was trained, on what.
    """
    figure, axes = make_figure(7.6, 3.6)
    for order, (name, (iteration, error)) in enumerate(errors.items()):
        colour = OKABE_ITO[(6, 5, 3, 1, 7, 4)[order % 6]]
        axes.plot(iteration, error, color=colour, linestyle=_DASHES[order % len(_DASHES)], label=name)
        for row, marker, face, below in ((int(error.argmin()), "o", "white", -13), (-1, "s", colour, 7)):
            axes.plot(iteration[row], error[row], marker, color=colour, markersize=6, markerfacecolor=face)
            axes.annotate(
                f"{100 * error[row]:.1f}%",
                (iteration[row], error[row]),
                (0, below),
                textcoords="offset points",
                ha="center",
                size=7.5,
                color=colour,
            )
    axes.set(xscale="log", xlabel="iteration", title="Balanced error on faces held out")
    axes.margins(y=0.12)
    percent_axis(axes.yaxis)
    _thousands(axes)
    axes.legend(loc="best")
    add_title(figure, title, note)
    return figure


def _thousands(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
