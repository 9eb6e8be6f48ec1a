"""Figures of the linear models: sweeps, thresholds, repeated splits, slow descents and where to stop them."""

from collections.abc import Mapping, Sequence

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
    laid_out,
    percent_axis,
    styled,
    titled,
)

_DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)))
_DIVERGED = "#b3261e"


@styled
def sweep(table: pd.DataFrame, *, chosen: float, chance: float, title: str, note: str = "") -> Figure:
    """Draw validation loss and balanced accuracy by epoch, a line for each value of one hyperparameter.

    Parameters
    ----------
    table : rows of one key of :func:`ferflow.studies.sweep.sweep`
    chosen : the value that the experiment itself uses, drawn bold
    chance : loss of a model that knows nothing
    title, note : what was varied, on what
    """
    values = sorted(table["value"].unique())
    shades = colormaps["viridis"](np.linspace(0, 0.86, len(values)))
    highest = table.loc[~table["diverged"], "validation_loss"].max()
    top = 1.08 * min(max(highest, 1.5 * chance), 4 * chance) if highest > 0 else 4 * chance
    figure, (loss, score) = laid_out(9.6, 3.3, columns=2)
    for shade, value in zip(shades, values, strict=True):
        rows = table[table["value"] == value]
        diverged = bool(rows["diverged"].iloc[0])
        look = {
            "color": _DIVERGED if diverged else shade,
            "linestyle": (0, (2, 1)) if diverged else "-",
            "linewidth": 2.6 if value == chosen else 1.4,
        }
        label = f"{value:g}" + (" (diverged)" if diverged else " (chosen)" if value == chosen else "")
        for axes, column in ((loss, "validation_loss"), (score, "validation_balanced_accuracy")):
            known = rows.dropna(subset=[column])
            # Matplotlib cannot lay out a line that leaves the panel by twenty orders of magnitude.
            axes.plot(known["epoch"], known[column].clip(upper=10 * top), label=label, **look)
    ends = table[table["diverged"]].dropna(subset=["validation_loss"]).groupby("value").last()
    loss.plot(ends["epoch"], ends["validation_loss"].clip(upper=0.97 * top), "x", color=_DIVERGED)
    loss.axhline(chance, color=MUTED, linewidth=0.9, linestyle=":", label="knowing nothing")
    loss.set_ylim(0, top)
    score.axhline(0.5, color=MUTED, linewidth=0.9, linestyle=":")
    score.set_ylim(min(0.4, table["validation_balanced_accuracy"].min() - 0.02), 1)
    percent_axis(score.yaxis)
    for axes, head in ((loss, "Validation loss"), (score, "Validation balanced accuracy")):
        axes.set(title=head, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*loss.get_legend_handles_labels(), loc="outside right center", title=table["key"].iloc[0])
    titled(figure, title, note)
    return figure


@styled
def thresholds(
    counts: Sequence[Counts], *, chosen: float, positive: str, other: str, title: str, note: str = ""
) -> Figure:
    """Precision, recall and F1, and the counts behind them, as the threshold goes from 0 to 1.

    Parameters
    ----------
    counts : at rising thresholds
    chosen : the threshold that the validation side chose
    positive, other : names of the two classes
    title, note : what was tested, on what
    """
    at = [entry.threshold for entry in counts]
    figure, (score, faces) = laid_out(7.6, 3.2, columns=2)
    for name, colour, dashes in zip(("precision", "recall", "F1"), (5, 6, 3), _DASHES[2::-1], strict=True):
        shown = [getattr(entry, name.lower()) for entry in counts]
        score.plot(at, shown, color=OKABE_ITO[colour], linestyle=dashes, label=name)
    score.set(ylim=(-0.01, 1.02), title=f"Of {positive}")
    percent_axis(score.yaxis)
    stacked = {
        f"{positive}, found": ([entry.tp for entry in counts], OKABE_ITO[5]),
        f"{positive}, missed": ([entry.fn for entry in counts], OKABE_ITO[2]),
        f"{other}, called {positive}": ([entry.fp for entry in counts], OKABE_ITO[6]),
        f"{other}, left alone": ([entry.tn for entry in counts], "#e3d9c6"),
    }
    colours = [colour for _, colour in stacked.values()]
    faces.stackplot(
        at, *(values for values, _ in stacked.values()), colors=colours, labels=list(stacked), linewidth=0
    )
    faces.set(title="Test faces", ylim=(0, counts[0].tp + counts[0].fp + counts[0].fn + counts[0].tn))
    for axes in (score, faces):
        axes.set(xlim=(0, 1), xlabel=f"threshold on the probability of {positive}")
        axes.axvline(DEFAULT, color=MUTED, linewidth=1, linestyle=":")
        axes.axvline(chosen, color=INK, linewidth=1.2)
    for axes, columns in ((score, 3), (faces, 2)):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=columns, columnspacing=1.2)
    titled(figure, title, note)
    return figure


@styled
def repeated_splits(
    errors: Mapping[str, pd.DataFrame], remedies: Mapping[str, str], *, title: str, note: str = ""
) -> Figure:
    """Errors of two experiments on the same draws, each draw a pale line; bars are mean and deviation.

    Parameters
    ----------
    errors : heading of a panel -> errors, a row a draw, a column an experiment
    remedies : experiment -> remedy
    title, note : what was compared, on what
    """
    figure, panels = laid_out(7.6, 3.2, columns=len(errors), squeeze=False)
    for axes, (heading, drawn) in zip(panels[0], errors.items(), strict=True):
        place = np.arange(drawn.shape[1])
        axes.plot(place, drawn.to_numpy().T, color="#c4ccd5", linewidth=0.8, zorder=1)
        for x, (name, column) in zip(place, drawn.items(), strict=True):
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
        axes.set_xticks(place, [str(name) for name in drawn], color=INK)
        axes.set(title=heading, xlim=(-0.75, 1.75))
        axes.margins(y=0.12)
        axes.grid(axis="x", visible=False)
        percent_axis(axes.yaxis)
    titled(figure, title, note)
    return figure


@styled
def descents(histories: Mapping[str, pd.DataFrame], *, held_out: str, title: str, note: str = "") -> Figure:
    """Cost and error by iteration of slow descents: train pale, the held-out side full.

    Parameters
    ----------
    histories : experiment -> history.csv
    held_out : name of the side that the curves follow
    title, note : what was trained, on what
    """
    figure, (cost, error) = laid_out(9.6, 3.3, columns=2)
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
    titled(figure, title, note)
    return figure


@styled
def stopping(
    errors: Mapping[str, tuple[NDArray[np.integer], NDArray[np.floating]]], *, title: str, note: str = ""
) -> Figure:
    """Held-out error by iteration on a log axis; a circle at the lowest of each line, a square at its last.

    Parameters
    ----------
    errors : name of a line -> iterations and the error at each
    title, note : what was trained, on what
    """
    figure, axes = laid_out(7.6, 3.6)
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
    titled(figure, title, note)
    return figure


def _thousands(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
