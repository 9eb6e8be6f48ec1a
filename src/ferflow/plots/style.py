"""How figures look, and how they are written so that the same data give the same bytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ferflow.atomic import atomic_path

INK, MUTED, GRID = "#1f2933", "#5f6b7a", "#e3e7ec"

# Okabe and Ito's palette ("Color Universal Design", 2008), its yellow replaced by a brown: it shows on white.
OKABE_ITO = ("#000000", "#e69f00", "#56b4e9", "#009e73", "#8c6d1f", "#0072b2", "#d55e00", "#cc79a7")

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9aa5b1",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8,
    "xtick.major.pad": 3.5,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "svg.hashsalt": "ferflow",
    "svg.fonttype": "none",
}

styled = mpl.rc_context(RC)  # type: ignore[arg-type]  # decorates every function that draws

_DPI = 144
_HALF_HEIGHT = 0.29  # from the middle of a line of text down to where its letters stand, in sizes of letters
_KEPT = 5  # letters at the end of a text that is shortened: a probability and its space


def plain(text: str) -> str:
    """Keep matplotlib from taking dollars in the name of a class or file for mathematics.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return text.replace("$", r"\$")


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Measure text as figures write it.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Of the letters, in points.
    weight : str, default="normal"

    Returns
    -------
    float
        Points.
    """
    font = FontProperties(family=RC["font.family"], size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def fit_texts(
    texts: Sequence[str], width: float, *, size: float, smallest: float, weight: str = "normal"
) -> tuple[list[str], float]:
    """Make lines of text fit a width: with smaller letters, all alike, then with letters left out.

    Parameters
    ----------
    texts : sequence of str
        A line each.
    width : float
        What there is, in points.
    size, smallest : float
        Of the letters, in points: at most, at least.
    weight : str, default="normal"

    Returns
    -------
    texts : list of str
        Those that are too long without their middle: names differ at their ends too, and figures
        stand there.
    size : float
    """
    widest = max((text_width(text, size, weight) for text in texts), default=0.0)
    size = size if widest <= width else max(smallest, size * width / widest)
    return [_shortened(text, width, size, weight) for text in texts], size


def _shortened(text: str, width: float, size: float, weight: str) -> str:
    short, end = text, len(text) - _KEPT
    while end > 1 and text_width(short, size, weight) > width * (1 + 1e-9):
        end -= 1
        short = f"{text[:end].rstrip()}\N{HORIZONTAL ELLIPSIS}{text[-_KEPT:]}"
    return short


def write_centred(axes: Axes, text: str, place: tuple[float, float], **look: Any) -> None:
    """Write a line of text around a place; letters with dots above them stand on the same line as others.

    Parameters
    ----------
    axes : Axes
    text : str
    place : tuple of float
        Of its middle, in data coordinates.
    **look : object
        As ``Axes.annotate`` takes it, ``size`` among it.
    """
    below = (0, -round(4 * _HALF_HEIGHT * look["size"]) / 4)  # whole steps, so that letters are sharp
    axes.annotate(plain(text), place, below, textcoords="offset points", ha="center", va="baseline", **look)


def add_title(figure: Figure, title: str, note: str = "") -> None:
    """Write a title and, smaller, what the figure was measured on.

    Parameters
    ----------
    figure : Figure
    title : str
    note : str, default=""
        What the figure was measured on.
    """
    width, height = figure.get_size_inches()
    figure.text(0.08 / width, 1 - 0.08 / height, plain(title), va="top", size=10.5, weight="bold")
    if note:
        figure.text(0.08 / width, 1 - 0.30 / height, plain(note), va="top", size=8, color=MUTED)


def make_figure(
    width: float, height: float, *, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """Make a figure whose axes keep clear of :func:`add_title`.

    Parameters
    ----------
    width, height : float
        Inches.
    rows, columns : int, default=1
        Of axes.
    **options : object
        As ``Figure.subplots`` takes them.

    Returns
    -------
    figure : Figure
    axes : Axes or array of Axes
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.48 / height))  # type: ignore[union-attr, call-arg]
    return figure, figure.subplots(rows, columns, **options)


def percent_axis(axis: Any) -> None:
    """Write shares of one as percentages.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    """
    axis.set_major_formatter(mpl.ticker.PercentFormatter(xmax=1, decimals=0))


def without_frame(axes: Axes, *, sides: Sequence[str] = ("left", "bottom")) -> None:
    """Take away the given spines and all tick marks.

    Parameters
    ----------
    axes : Axes
    sides : sequence of str, default=("left", "bottom")
        Of the spines.
    """
    for side in sides:
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)


@styled
def save(figure: Figure, path: Path) -> None:
    """Write PNG or SVG, without the date and version that differ between runs.

    Parameters
    ----------
    figure : Figure
    path : Path
        File to write; its suffix says which.
    """
    metadata = {"Date": None, "Creator": None} if path.suffix == ".svg" else {"Software": None}
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=_DPI, metadata=metadata, format=path.suffix.removeprefix("."))
