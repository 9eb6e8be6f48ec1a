"""Figures of one experiment."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow.plots.style import (
    MUTED,
    OKABE_ITO,
    RC,
    add_title,
    fit_texts,
    make_figure,
    plain,
    styled,
    text_width,
    without_frame,
)

_WIDEST = 108.0  # name of a class, in points
_LONGEST = 22  # letters of a name in the legend of the curves, which has two columns
_BESIDE = 0.25  # what is left and right of a confusion matrix and the names of its rows, in inches
_DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (5, 1, 1, 1, 1, 1)))


@styled
def confusion(counts: NDArray[np.integer], classes: Sequence[str], *, title: str, note: str = "") -> Figure:
    """Confusion matrix: each row's shares, and the faces behind them.

    Parameters
    ----------
    counts : integer array of shape (k, k)
        Rows true, columns predicted.
    classes : sequence of str
        The k class names.
    title, note : str
        What was measured, on what.
    """
    counts = np.asarray(counts)
    k = len(classes)
    side = max(3.4, 0.9 + 0.43 * k)
    figure, axes = make_figure(side + 0.2, side + 0.4)
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(k, k):
        ink = "white" if share[row, column] > 0.55 else "#1f2933"
        for text, size, up in ((f"{share[row, column]:.0%}", 8.5, 3), (f"{counts[row, column]:,}", 6.5, -7)):
            look = {"color": ink, "size": size, "ha": "center", "va": "center"}
            axes.annotate(text, (column, row), (0, up), textcoords="offset points", **look)
    texts, size = fit_texts(classes, _WIDEST, size=8, smallest=6)
    names, widest = [plain(text) for text in texts], max(text_width(text, size) for text in texts)
    column = (72 * (side - _BESIDE) - widest) / k
    axes.tick_params(labelsize=size)
    if k > 4 or widest > column:
        axes.set_xticks(range(k), names, rotation=45, ha="right")
    else:  # on one baseline, whether or not a letter has dots above it
        axes.set_xticks(range(k), names, va="baseline")
        axes.tick_params(axis="x", pad=RC["xtick.major.pad"] + 0.75 * size)
    axes.set_yticks(range(k), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.grid(visible=False)
    without_frame(axes)
    add_title(figure, title, note)
    return figure


@styled
def curves(
    labels: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    classes: Sequence[str],
    *,
    title: str,
    note: str = "",
) -> Figure:
    """ROC and precision-recall curves, each class against the rest.

    With two classes only the second is drawn, the positive one: the first's ROC curve is its mirror image.
    A class that all or none of the faces have has no curve.

    Parameters
    ----------
    labels : integer array of shape (n,)
    probabilities : float array of shape (n, k)
    classes : sequence of str
        The k class names.
    title, note : str
        What was measured, on what.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

    figure, (roc, recall) = make_figure(6.8, 3.5 + 0.16 * -(-len(classes) // 2), columns=2)
    roc.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=":")
    names = [_shortened(name) for name in classes]
    series = list(enumerate(names))[1:] if len(names) == 2 else list(enumerate(names))
    width = max(len(name) for name in names)
    lines, texts = [], []  # told to the legend, which otherwise leaves out what begins with an underscore
    for order, (index, name) in enumerate(series):
        is_class = np.asarray(labels) == index
        if not is_class.any() or is_class.all():
            continue
        score = probabilities[:, index]
        colour, dashes = OKABE_ITO[order % len(OKABE_ITO)], _DASHES[order % len(_DASHES)]
        false, true, _ = roc_curve(is_class, score)
        roc.plot(false, true, color=colour, linestyle=dashes)
        precision, sensitivity, _ = precision_recall_curve(is_class, score)
        area, average = roc_auc_score(is_class, score), average_precision_score(is_class, score)
        label = f"{name:<{width}}  {area:.2f}  {average:.2f} ({is_class.mean():.2f})"
        lines += recall.plot(sensitivity, precision, color=colour, linestyle=dashes)
        texts.append(plain(label))
    for axes, x, y, head in (
        (roc, "false positive rate", "true positive rate", "ROC"),
        (recall, "recall", "precision", "Precision and recall"),
    ):
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), xlabel=x, ylabel=y, title=head)
    mono = {"family": "DejaVu Sans Mono", "size": 8}
    figure.legend(
        lines,
        texts,
        loc="outside lower center",
        title="area under ROC, average precision (chance)",
        ncols=2,
        handlelength=2.6,
        prop=mono,
        title_fontsize=8,
    )
    add_title(figure, title, note)
    return figure


def _shortened(name: str) -> str:
    """Leave out the middle of a long name: others may begin or end like it."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 6]}\N{HORIZONTAL ELLIPSIS}{name[-5:]}"
