"""Figures are read where they stand."""

import math
from typing import Any

import numpy as np
import pytest

from ferflow.claims.evidence import Evidence, NotReachedError, leaves, read
from ferflow.errors import InputError
from tests.claims.examples import ACCURACY, HISTORY, evidence_of, reading_of, run_of
from tests.cluster_figures import cluster_figures


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
