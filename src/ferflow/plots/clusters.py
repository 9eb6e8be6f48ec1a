"""Figures of the k-means study."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ferflow.plots.style import (
    MUTED,
    OKABE_ITO,
    add_title,
    fit_texts,
    make_figure,
    percent_axis,
    plain,
    styled,
    text_width,
    without_frame,
    write_centred,
)

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f", "#4b5563")
_HEADING, _WIDEST = 8.0, 144.0  # of a row of faces: size of the letters, room for a line of them, in points
_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")


@styled
def silhouettes(
    panels: Mapping[str, Mapping[str, Mapping[str, float]]],
    *,
    kept: tuple[int, int],
    title: str,
    note: str = "",
    published: float | None = None,
) -> Figure:
    """Mean silhouette by number of clusters; a panel for each projection, a line per number of components.

    Parameters
    ----------
    panels : heading -> components -> clusters -> silhouette; NaN where it has no meaning
    kept : components and clusters to mark in the first panel
    title, note : what was clustered
    published : silhouette to draw a line at
    """
    figure, axes = make_figure(9.6, 3.9, columns=len(panels), sharey=True, squeeze=False)
    for index, (panel, (heading, lines)) in enumerate(zip(axes[0], panels.items(), strict=True)):
        for order, (components, silhouette) in enumerate(lines.items()):
            x = [int(clusters) for clusters in silhouette]
            y = list(silhouette.values())
            look = {"color": _COLOURS[order % len(_COLOURS)], "marker": _MARKERS[order % len(_MARKERS)]}
            label = f"{components} component{'s' if int(components) > 1 else ''}"
            panel.plot(x, y, markersize=4, linewidth=1.3, label=label, **look)
        panel.set(title=heading, xlabel="clusters")
        panel.xaxis.get_major_locator().set_params(integer=True)
        if index == 0:
            _mark(panel, lines, kept)
        if published is not None:
            panel.axhline(published, color=MUTED, linewidth=1, linestyle=":", zorder=0)
    if published is not None:
        axes[0, -1].annotate(
            f"published, about {published:g}",
            (1, published),
            (0, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            size=7.5,
            color=MUTED,
            ha="right",
        )
    axes[0, 0].set_ylabel("mean silhouette")
    axes[0, 0].set_ylim(bottom=min(0.0, axes[0, 0].get_ylim()[0]))  # of bad clusters it is negative
    axes[0, 0].margins(y=0.12)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    add_title(figure, title, note)
    return figure


@styled
def over_folds(
    panels: Mapping[str, Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]]],
    *,
    chance: float,
    title: str,
    note: str = "",
) -> Figure:
    """Figures of held-out folds by number of clusters, with deviations; a line per number of components.

    Parameters
    ----------
    panels : mapping
        Figure (a row; accuracies are shares) -> heading (a column) -> components -> clusters -> mean and
        deviation.
    chance : float
        Accuracy of naming at random.
    title, note : str
        What was clustered.
    """
    columns = len(next(iter(panels.values())))
    figure, axes = make_figure(
        9.6, 2.8 * len(panels) + 0.6, rows=len(panels), columns=columns, sharey="row", squeeze=False
    )
    for row, (name, of_methods) in zip(axes, panels.items(), strict=True):
        for panel, (heading, lines) in zip(row, of_methods.items(), strict=True):
            _draw_lines(panel, lines)
            panel.set(title=heading, xlabel="clusters")
            if "accuracy" in name:
                panel.axhline(chance, color=MUTED, linewidth=1, linestyle=":", zorder=0)
                percent_axis(panel.yaxis)
        row[0].set_ylabel(name)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    add_title(figure, title, note)
    return figure


def _draw_lines(panel: Axes, lines: Mapping[str, Mapping[str, tuple[float, float]]]) -> None:
    """Draw a line for each number of components, a little beside each other so that all bars can be seen."""
    for order, (components, entries) in enumerate(lines.items()):
        x = np.array([int(clusters) for clusters in entries]) + 0.12 * (order - (len(lines) - 1) / 2)
        mean, deviation = np.array(list(entries.values()), dtype=float).T
        look: dict[str, Any] = {
            "color": _COLOURS[order % len(_COLOURS)],
            "marker": _MARKERS[order % len(_MARKERS)],
        }
        label = f"{components} component{'s' if int(components) > 1 else ''}"
        panel.errorbar(
            x, mean, deviation, label=label, markersize=4, linewidth=1.3, elinewidth=0.8, capsize=1.5, **look
        )
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _mark(panel: Axes, lines: Mapping[str, Mapping[str, float]], kept: tuple[int, int]) -> None:
    value = lines.get(str(kept[0]), {}).get(str(kept[1]), np.nan)
    if np.isnan(value):  # it may be kept without being among those that were tried
        return
    panel.plot(kept[1], value, "o", markersize=11, markerfacecolor="none", color=MUTED)
    panel.annotate(
        "kept", (kept[1], value), (0, 9), textcoords="offset points", ha="center", size=7.5, color=MUTED
    )


@styled
def contact_sheet(
    faces: Sequence[NDArray[np.uint8]],
    captions: Sequence[Sequence[str]],
    rows: Sequence[str],
    *,
    columns: int,
    title: str,
    note: str = "",
) -> Figure:
    """Draw rows of faces, each with a caption beneath.

    Parameters
    ----------
    faces : sequence of uint8 array
        Per row, uint8 array of shape (some, H, W); at most ``columns`` are shown.
    captions : sequence of sequence of str
        Per row, as many captions.
    rows : sequence of str
        Headings of the rows.
    columns : int
        Faces in a full row.
    title, note : str
        Which faces.
    """
    height, width = faces[0].shape[1:]
    gap, foot = max(1, width // 16), max(3, round(height * 0.24))  # foot: room for the caption
    sheet = np.full((len(rows) * (height + foot), columns * (width + gap) - gap), np.nan, dtype=np.float32)
    cell = 0.6  # inches
    shown, size = fit_texts(
        [text for of_row in captions for text in of_row[:columns]], 0.9 * 72 * cell, size=6, smallest=4.5
    )
    texts = iter(shown)
    headings = [fit_texts(row.split("\n"), _WIDEST, size=_HEADING, smallest=_HEADING)[0] for row in rows]
    widest = max(text_width(line, _HEADING) for lines in headings for line in lines)
    margin = max(1.1, widest / 72 + 0.16)
    figure, axes = make_figure(
        columns * cell + margin, len(rows) * cell * (height + foot) / (width + gap) + 0.6
    )
    for row, of_row in enumerate(faces):
        for column, face in enumerate(of_row[:columns]):
            top, left = row * (height + foot), column * (width + gap)
            sheet[top : top + height, left : left + width] = face
            place = (left + width / 2, top + height + foot * 0.42)
            write_centred(axes, next(texts), place, size=size, color=MUTED)
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    middles = [row * (height + foot) + height / 2 for row in range(len(rows))]
    axes.set_yticks(middles, [plain("\n".join(lines)) for lines in headings])
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=_HEADING)
    axes.set_xticks([])
    axes.grid(visible=False)
    without_frame(axes)
    add_title(figure, title, note)
    return figure


@styled
def points(
    plane: NDArray[np.floating],
    groupings: Mapping[str, tuple[NDArray[np.integer], Sequence[str]]],
    *,
    title: str,
    note: str = "",
) -> Figure:
    """Scatter faces in the plane of two components, coloured by one grouping in each panel.

    A large mark shows where the mean of each group lies: far apart, the plane tells the groups apart.

    Parameters
    ----------
    plane : float array of shape (n, 2)
    groupings : mapping
        Heading -> group of each face (n,) and the names of the groups.
    title, note : str
        Which faces.
    """
    figure, axes = make_figure(9.6, 4.7, columns=len(groupings), squeeze=False)
    size = min(12.0, max(3.0, 12000 / len(plane)))
    for panel, (heading, (group, names)) in zip(axes[0], groupings.items(), strict=True):
        colours = np.array([_of_group(index) for index in range(len(names))])
        # In their own order, not group after group: the last group would cover the others.
        panel.scatter(*plane.T, c=colours[group], s=size, alpha=0.45, linewidths=0, rasterized=True)
        marks, texts = [], []  # told to the legend, which otherwise leaves out what begins with an underscore
        for index, name in enumerate(names):
            if (group == index).any():
                mean = plane[group == index].mean(axis=0)
                look = {
                    "s": 70,
                    "marker": _MARKERS[index % len(_MARKERS)],
                    "edgecolors": "white",
                    "linewidths": 1.2,
                }
                marks.append(panel.scatter(*mean, color=colours[index], zorder=3, **look))
                texts.append(plain(name))
        panel.set(title=heading, xlabel="component 1")
        panel.set_aspect("equal", adjustable="datalim")
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.14)}
        panel.legend(marks, texts, ncols=4, columnspacing=1.2, **place)
    axes[0, 0].set_ylabel("component 2")
    add_title(figure, title, note)
    return figure


def _of_group(index: int) -> str:
    """Eight colours; from the ninth group on they come again, and the marker tells."""
    return OKABE_ITO[(index + 1) % len(OKABE_ITO)]
