from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from ferflow.evaluation.significance import recall_by_experiment
from ferflow.plots import clusters, data, evaluation, linear, style
from ferflow.plots import comparison as comparisons
from ferflow.plots import learning as learning_curves
from ferflow.plots.comparison import Line, Point, Reference
from ferflow.plots.remedies import remedy_colour, remedy_marker

CLASSES = ["angry", "disgust", "fear"]
RNG = np.random.default_rng(0)
FOLLOWED = ("loss", "balanced_accuracy", "macro_f1", "accuracy")
COLUMNS = ("epoch", "train_loss", *(f"validation_{name}" for name in FOLLOWED))
HISTORY = pd.DataFrame({name: np.arange(1, 5) / 5 for name in COLUMNS})
SCORE = {"accuracy": (0.6, 0.5, 0.7), "macro_f1": (0.4, 0.3, 0.5)}


def confusion() -> Figure:
    return evaluation.confusion(np.array([[5, 1, 0], [0, 0, 0], [2, 2, 8]]), CLASSES, title="t", note="n")


def curves() -> Figure:
    labels = np.repeat([0, 2], 20)  # no face of the second class
    return evaluation.curves(labels, RNG.dirichlet(np.ones(3), 40).astype(np.float32), CLASSES, title="t")


def curves_of_two() -> Figure:
    return evaluation.curves(np.repeat([0, 1], 20), RNG.dirichlet(np.ones(2), 40), CLASSES[:2], title="t")


def curves_of_long_names() -> Figure:
    names = [f"{name}: an expression that nobody would name so" for name in CLASSES]
    return evaluation.curves(np.arange(40) % 3, RNG.dirichlet(np.ones(3), 40), names, title="t")


def learning() -> Figure:
    return learning_curves.learning([HISTORY, HISTORY], title="t")


def class_counts() -> Figure:
    return data.class_counts([10, 2, 30], [30, 30, 30], CLASSES, remedy="oversample", title="t")


def faces_by_class() -> Figure:
    faces = [RNG.integers(0, 256, (count, 24, 24), dtype=np.uint8) for count in (2, 5, 9)]
    return data.faces_by_class(faces, CLASSES, title="t", columns=5)


def comparison() -> Figure:
    lines = [Line("cnn", "none", SCORE, SCORE), Line("cnn-focal", "focal loss", SCORE, SCORE)]
    marks = [Reference("accuracy", 0.65, "human", 0.05), Reference("accuracy", 0.33, "chance")]
    return comparisons.comparison(lines, {"accuracy": "Accuracy", "macro_f1": "Macro-F1"}, marks, title="t")


def recall_by_remedy() -> Figure:
    result = recall_by_experiment(
        np.repeat([0, 1, 2], 10),
        RNG.integers(0, 2, (30, 2)),
        np.array([1, 1]),
        3,
        baseline=0,
        resamples=100,
        confidence=0.95,
        seed=0,
    )
    names = ["no remedy", "oversampling"]
    return comparisons.recall_by_remedy(result, names, ["none", "oversample"], CLASSES, baseline=0, title="t")


def cost() -> Figure:
    points = [
        Point("cnn", "CNN", "none", 1e9, SCORE["accuracy"]),
        Point("cnn-weighted", "CNN", "class weights", 1e9, SCORE["accuracy"]),
        Point("softmax", "softmax", "none", 1e6, SCORE["accuracy"]),
    ]
    return comparisons.cost({"7 classes": points}, x_label="x", y_label="y", title="t")


FIGURES = [
    confusion,
    curves,
    curves_of_two,
    curves_of_long_names,
    learning,
    class_counts,
    faces_by_class,
    comparison,
    recall_by_remedy,
    cost,
]


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_a_figure_is_written_and_nothing_is_cut_off(draw: object, tmp_path: Path) -> None:
    figure = draw()  # type: ignore[operator]
    style.save(figure, tmp_path / "figure.png")
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 > -0.01
    assert box.y0 > -0.01
    assert box.x1 < width + 0.01
    assert box.y1 < height + 0.01
    with Image.open(tmp_path / "figure.png") as image:
        assert image.size == pytest.approx((width * 144, height * 144), abs=1)


def test_curves_that_follow_the_test_faces_say_so() -> None:
    loss, score = learning_curves.learning([HISTORY], title="t", held_out="test").axes
    assert loss.get_legend_handles_labels()[1] == ["train", "test"]
    assert score.get_title(loc="left") == "Test"
    rows = HISTORY.assign(key="l2", value=0.1, diverged=False)
    figure = linear.sweep(rows, current=0.1, chance=0.7, title="t", held_out="test")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Test loss", "Test balanced accuracy"]


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_data_give_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        style.save(comparison(), tmp_path / f"{name}{suffix}")
    first, second = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert b"Matplotlib v" not in first


def test_each_remedy_has_a_colour_and_a_marker_of_its_own() -> None:
    remedies = [
        "none",
        "undersample",
        "oversample",
        "augment",
        "class weights",
        "focal loss",
        "augment + class weights",
    ]
    assert len({remedy_colour(remedy) for remedy in remedies}) == len(remedies)
    assert len({remedy_marker(remedy) for remedy in remedies}) == len(remedies)


def test_equal_costs_are_drawn_side_by_side() -> None:
    places = [np.asarray(line.get_xdata()) for line in cost().axes[0].lines]
    assert len({place[0] for place in places if len(place) == 1}) == 3


def test_a_negative_silhouette_is_in_the_picture() -> None:
    lines = {"2": {"3": 0.4, "6": -0.2}}
    figure = clusters.silhouettes({"PCA": lines}, kept=(2, 3), title="t")
    assert figure.axes[0].get_ylim()[0] < -0.2
    figure = clusters.silhouettes({"PCA": {"2": {"3": 0.4, "6": 0.2}}}, kept=(2, 3), title="t")
    assert figure.axes[0].get_ylim()[0] == 0
