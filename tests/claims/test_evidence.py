"""Figures are read where they stand."""

import math
from typing import Any

import numpy as np
import pytest

from ferflow.claims.evidence import Evidence, NotReachedError, leaves, read
from ferflow.content import Estimate
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import Evaluation, Subsets
from tests.claims.examples import ACCURACY, CLASSES, HISTORY, evidence_of, reading_of, run_of
from tests.cluster_figures import cluster_figures
from tests.evaluations import evaluation_of, subset_of


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({"read": "history", "experiment": "one", "figure": "error", "iteration": 400}, 0.337),
        ({"read": "history", "experiment": "one", "figure": "accuracy", "iteration": 0}, 0.5),
        ({"read": "history", "experiment": "one", "figure": "cost", "iteration": 400}, 62.0),
        ({"read": "history", "experiment": "one", "figure": "train_loss"}, 0.55),
        (ACCURACY, 0.7),
        (ACCURACY | {"metric": "balanced_error"}, 0.3),
        ({"read": "class", "experiment": "one", "of": "fear", "metric": "recall"}, 0.7),
        ({"read": "confusion", "experiment": "one", "label": "fear", "predicted": "happy"}, 20),
        ({"read": "cost", "experiment": "one", "cost": "parameters"}, 2501),
        ({"read": "clusters", "path": "kept.silhouette"}, 0.33),
        ({"read": "clusters", "path": "kept.accuracy.nearest"}, 0.17),
    ],
)
def test_figures_are_read_where_they_stand(keys: dict[str, Any], value: float) -> None:
    assert read(reading_of(**keys), evidence_of(one=0.7)).value == pytest.approx(value)


def test_deviation_is_over_seeds_and_an_error_turns_its_interval_round() -> None:
    figure = read(reading_of(**(ACCURACY | {"metric": "error"})), evidence_of(one=0.7))
    assert figure.deviation == pytest.approx(np.std([0.29, 0.31], ddof=1))
    assert (figure.low, figure.high) == pytest.approx((0.28, 0.32))


def test_cost_is_summed_over_the_side_that_the_curves_follow() -> None:
    reading = reading_of(read="history", experiment="one", figure="cost", iteration=400)
    evidence = Evidence({"one": [run_of(0.7, validation=40)]}, {"one": [HISTORY]})
    assert read(reading, evidence).value == pytest.approx(0.62 * 40)
    assert math.isnan(read(reading, evidence).deviation)


def test_what_is_not_there_is_named() -> None:
    evidence = evidence_of(one=0.7)
    with pytest.raises(NotReachedError, match=r"no figures of epoch 8,501; the last is 500"):
        read(reading_of(read="history", experiment="one", figure="error", iteration=8500), evidence)
    with pytest.raises(InputError, match="one has no class 'sad', but happy, fear"):
        read(reading_of(read="class", experiment="one", of="sad", metric="f1"), evidence)
    with pytest.raises(NotReachedError, match=r"clusters\.json holds no kept\.inertia"):
        read(reading_of(read="clusters", path="kept.inertia"), evidence)
    with pytest.raises(InputError, match="'silhouette' is no number"):
        read(reading_of(read="clusters", path="silhouette"), evidence)


def test_leaves_are_all_numbers_below_a_key() -> None:
    assert leaves(evidence_of().clusters, "silhouette.pca") == [0.34, 0.33, 0.25, 0.24]
    assert leaves(evidence_of().clusters, "kept.names") == []
    assert leaves(evidence_of().clusters, "kept.draws.accuracy.nearest") == [0.16, 0.01, 0.15, 0.17]
    without = Evidence({}, {}, cluster_figures({"2": {"5": math.nan, "6": 0.33}}, silhouette=None))
    assert math.isnan(read(reading_of(read="clusters", path="kept.silhouette"), without).value)
    assert leaves(without.clusters, "silhouette.pca") == [0.33]


def figure(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.01, high=value + 0.03)


def unlike(offset: float) -> Evaluation:
    """Evaluate a training whose subsets, metrics, classes and cells of the confusion matrix all differ."""
    subsets = {}
    for index, name in enumerate(("validation", "official", "clean")):
        value = offset + 0.1 * index
        subset = subset_of([[50, 10 + index], [20 + index, 30]], figure(value), CLASSES)
        metrics = {"balanced_accuracy": figure(value + 0.02), "macro_f1": figure(value + 0.03)}
        fear = {"precision": figure(value + 0.04), "f1": figure(value + 0.05)}
        subsets[name] = subset.model_copy(
            update={
                "metrics": subset.metrics.model_copy(update=metrics),
                "per_class": subset.per_class | {"fear": subset.per_class["fear"].model_copy(update=fear)},
            }
        )
    return evaluation_of(Subsets(**subsets), CLASSES)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (ACCURACY, 0.31),  # the mean over two seeds of the official subset
        (ACCURACY | {"subset": "clean"}, 0.41),
        (ACCURACY | {"subset": "validation", "metric": "error"}, 0.79),
        (ACCURACY | {"metric": "balanced_error"}, 0.67),
        (ACCURACY | {"metric": "macro_f1", "subset": "clean"}, 0.44),
        ({"read": "class", "experiment": "one", "of": "fear", "metric": "precision"}, 0.35),
        ({"read": "class", "experiment": "one", "of": "fear", "metric": "f1", "subset": "clean"}, 0.46),
        ({"read": "class", "experiment": "one", "of": "happy", "metric": "f1"}, 0.31),
        ({"read": "confusion", "experiment": "one", "label": "happy", "predicted": "fear"}, 11),
        (
            {
                "read": "confusion",
                "experiment": "one",
                "label": "fear",
                "predicted": "happy",
                "subset": "clean",
            },
            22,
        ),
    ],
)
def test_a_figure_is_that_of_its_subset_and_its_metric(keys: dict[str, Any], value: float) -> None:
    evidence = Evidence({"one": [unlike(0.2), unlike(0.22)]}, {})
    assert read(reading_of(**keys), evidence).value == pytest.approx(value)


def test_cells_and_intervals_are_means_over_seeds() -> None:
    more = unlike(0.22)
    official = more.subsets.official.model_copy(update={"confusion": [[50, 15], [21, 30]]})
    more = more.model_copy(update={"subsets": more.subsets.model_copy(update={"official": official})})
    evidence = Evidence({"one": [unlike(0.2), more]}, {})
    cell = reading_of(read="confusion", experiment="one", label="happy", predicted="fear")
    assert read(cell, evidence).value == 13
    measured = read(reading_of(**ACCURACY), evidence)
    assert (measured.low, measured.high) == pytest.approx((0.30, 0.34))
    turned = read(reading_of(**(ACCURACY | {"metric": "error"})), evidence)
    assert (turned.low, turned.high) == pytest.approx((0.66, 0.70))


def test_the_interval_of_clusters_is_read_with_their_figure() -> None:
    measured = read(reading_of(read="clusters", path="larger.gain.accuracy.nearest"), evidence_of())
    assert (measured.value, measured.low, measured.high) == (0.17, 0.16, 0.18)


def test_a_seed_without_a_figure_leaves_that_of_the_others() -> None:
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    without = unlike(0.22)
    official = without.subsets.official
    fear = official.per_class["fear"].model_copy(update={"precision": nothing})
    official = official.model_copy(update={"per_class": official.per_class | {"fear": fear}})
    without = without.model_copy(
        update={"subsets": without.subsets.model_copy(update={"official": official})}
    )
    reading = reading_of(read="class", experiment="one", of="fear", metric="precision")
    measured = read(reading, Evidence({"one": [unlike(0.2), without]}, {}))
    assert (measured.value, measured.low, measured.high) == pytest.approx((0.34, 0.33, 0.37))
    assert math.isnan(measured.deviation)
