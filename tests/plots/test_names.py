"""Names of classes and files in figures: whatever they are, they are drawn as they stand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from ferflow.evaluation.thresholds import Counts
from ferflow.plots import clusters, comparison, data, evaluation, explain, labels, linear, style

NAMES = ["$x$", r"$\frac$", "a$b"]  # the second is no mathematics that matplotlib can read
RNG = np.random.default_rng(0)
FACES = RNG.integers(0, 256, (3, 8, 8), dtype=np.uint8)
TITLES = {"title": "$x$", "note": r"$\frac$"}
PROBABILITIES = RNG.dirichlet(np.ones(3), 40)
SCORE = {"accuracy": (0.6, 0.5, 0.7)}

FIGURES: dict[str, Callable[[], Figure]] = {
    "confusion": lambda: evaluation.confusion(np.eye(3, dtype=int), NAMES, **TITLES),
    "curves": lambda: evaluation.curves(RNG.integers(0, 3, 40), PROBABILITIES, NAMES, **TITLES),
    "class_counts": lambda: data.class_counts([1, 2, 3], [3, 3, 3], NAMES, remedy="none", **TITLES),
    "faces_by_class": lambda: data.faces_by_class([FACES] * 3, NAMES, columns=3, **TITLES),
    "contact_sheet": lambda: clusters.contact_sheet([FACES] * 3, [NAMES] * 3, NAMES, columns=3, **TITLES),
    "points": lambda: clusters.points(
        PROBABILITIES[:, :2], {"label": (RNG.integers(0, 3, 40), NAMES)}, **TITLES
    ),
    "labelled_faces": lambda: labels.labelled_faces(FACES, [NAMES] * 3, **TITLES),
    "saliency": lambda: explain.saliency([(None, None)] * 3, [np.full((8, 8), np.nan)] * 3, NAMES, **TITLES),
    "thresholds": lambda: linear.thresholds(
        [Counts(t / 5, 5 - t, t, t, 5 - t) for t in range(5)],
        best=0.4,
        positive=NAMES[0],
        other=NAMES[1],
        **TITLES,
    ),
    "comparison": lambda: comparison.comparison(
        [comparison.Line("cnn", "none", SCORE, SCORE)],
        {"accuracy": "Accuracy"},
        [comparison.Reference("accuracy", 0.3, NAMES[1])],
        **TITLES,
    ),
    "cost": lambda: comparison.cost(
        {f"{NAMES[0]} or {NAMES[1]}": [comparison.Point("cnn", "CNN", "none", 1e6, SCORE["accuracy"])]},
        x_label="compute",
        y_label="accuracy",
        **TITLES,
    ),
}


UNDERSCORED = ["_a", "b", "_c"]  # matplotlib leaves such labels out of legends
LEGENDS: dict[str, Callable[[], Figure]] = {
    "curves": lambda: evaluation.curves(np.arange(40) % 3, PROBABILITIES, UNDERSCORED, **TITLES),
    "points": lambda: clusters.points(
        PROBABILITIES[:, :2], {"label": (np.arange(40) % 3, UNDERSCORED)}, **TITLES
    ),
    "thresholds": lambda: linear.thresholds(
        [Counts(t / 5, 5 - t, t, t, 5 - t) for t in range(5)], best=0.4, positive="_a", other="_c", **TITLES
    ),
}


@pytest.mark.parametrize("name", LEGENDS)
def test_names_that_begin_with_an_underscore_are_in_the_legend(name: str) -> None:
    figure = LEGENDS[name]()
    legends = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    told = {text.get_text().split()[0].rstrip(",") for legend in legends for text in legend.get_texts()}
    assert told >= ({"_a", "_c"} if name == "thresholds" else set(UNDERSCORED))


@pytest.mark.parametrize("name", FIGURES)
def test_dollars_are_dollars(name: str, tmp_path: Path) -> None:
    style.save(FIGURES[name](), tmp_path / "figure.svg")
    content = (tmp_path / "figure.svg").read_text()
    assert r">$\frac$<" in content  # the note, as every figure has one
    assert content.count("frac") == content.count(r"$\frac$")
