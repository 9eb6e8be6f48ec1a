"""Learning curves of one experiment."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from ferflow.plots.style import GRID, OKABE_ITO, add_title, make_figure, percent_axis, styled


@styled
def learning(
    histories: Sequence[pd.DataFrame], *, title: str, note: str = "", held_out: str = "validation"
) -> Figure:
    """Loss and held-out scores by epoch; one line per seed.

    Parameters
    ----------
    histories : sequence of DataFrame
        One table per seed, with the columns of history.csv.
    title, note : str
        What was trained, on what.
    held_out : str, default="validation"
        Name of the subset that the curves follow.
    """
    figure, (loss, score) = make_figure(5.2, 2.7, columns=2)
    lines = (
        (loss, "train_loss", "train", OKABE_ITO[5], "-"),
        (loss, "validation_loss", held_out, OKABE_ITO[6], "--"),
        (score, "validation_balanced_accuracy", "balanced accuracy", OKABE_ITO[5], "-"),
        (score, "validation_macro_f1", "macro-F1", OKABE_ITO[3], "--"),
        (score, "validation_accuracy", "accuracy", OKABE_ITO[1], "-."),
    )
    for axes, column, name, colour, dashes in lines:
        for number, history in enumerate(histories):
            axes.plot(
                history["epoch"],
                history[column],
                color=colour,
                linestyle=dashes,
                marker="o" if len(history) == 1 else "",
                alpha=1 if number == 0 else 0.45,
                label=name if number == 0 else None,
            )
    score.set_ylim(0, 1)
    percent_axis(score.yaxis)
    for axes, head in ((loss, "Loss"), (score, held_out.capitalize())):
        axes.set(title=head, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(handlelength=2.2, labelspacing=0.2)
        axes.grid(axis="x", color=GRID)
    add_title(figure, title, note)
    return figure
