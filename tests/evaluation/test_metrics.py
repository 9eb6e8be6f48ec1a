from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn import metrics as reference

from ferflow.evaluation.metrics import percentile_interval, resample_counts, subset_metrics
from ferflow.evaluation.predictions import measure_subsets, prediction_table
from ferflow.evaluation.statistics import Statistics
from ferflow.params import Evaluate

CLASSES = ["angry", "disgust", "fear", "happy"]
measure = partial(subset_metrics, resamples=200, confidence=0.95, seed=0)


def predictions(n: int = 400, k: int = 4, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    labels = rng.choice(k, n, p=np.arange(1, k + 1) / sum(range(k + 1)))
    probabilities = rng.dirichlet(np.ones(k), n)
    probabilities[np.arange(n), labels] += 0.4
    # few distinct values, so that the ranking metrics meet ties
    probabilities = np.round(probabilities / probabilities.sum(axis=1, keepdims=True), 1) + 0.01
    return labels, (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)


def test_values_are_those_of_scikit_learn() -> None:
    labels, probabilities = predictions()
    got = measure(labels, probabilities, CLASSES)
    guess = probabilities.argmax(axis=1)
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    one_hot = np.eye(4)[labels]
    expected = {
        "accuracy": reference.accuracy_score(labels, guess),
        "balanced_accuracy": reference.balanced_accuracy_score(labels, guess),
        "macro_f1": reference.f1_score(labels, guess, average="macro"),
        "log_loss": reference.log_loss(labels, exact),
        "roc_auc": reference.roc_auc_score(one_hot, probabilities, average="macro"),
        "average_precision": reference.average_precision_score(one_hot, probabilities, average="macro"),
    }
    for name, value in expected.items():
        assert got.metrics[name].value == pytest.approx(value, abs=1e-9), name
    precision, recall, f1, support = reference.precision_recall_fscore_support(labels, guess)
    for index, cls in enumerate(CLASSES):
        of_class = got.per_class[cls]
        assert of_class.precision.value == pytest.approx(precision[index])
        assert of_class.recall.value == pytest.approx(recall[index])
        assert of_class.f1.value == pytest.approx(f1[index])
        assert of_class.support == support[index]
        assert of_class.roc_auc == pytest.approx(
            reference.roc_auc_score(labels == index, probabilities[:, index])
        )
        assert of_class.average_precision == pytest.approx(
            reference.average_precision_score(labels == index, probabilities[:, index])
        )
    assert len({figures.average_precision for figures in got.per_class.values()}) == len(CLASSES)
    assert got.confusion == reference.confusion_matrix(labels, guess).tolist()


def test_a_resample_scores_as_scikit_learn_scores_the_repeated_faces() -> None:
    labels, probabilities = predictions(60)
    counts = next(resample_counts(60, 1, seed=3))
    repeated = np.repeat(np.arange(60), counts[0].astype(int))
    low_high = subset_metrics(labels, probabilities, CLASSES, resamples=1, confidence=0.95, seed=3).metrics
    assert low_high.roc_auc.low == pytest.approx(
        reference.roc_auc_score(np.eye(4)[labels[repeated]], probabilities[repeated], average="macro")
    )
    assert low_high.average_precision.high == pytest.approx(
        reference.average_precision_score(np.eye(4)[labels[repeated]], probabilities[repeated])
    )
    guess = probabilities.argmax(axis=1)
    assert low_high.macro_f1.low == pytest.approx(
        reference.f1_score(labels[repeated], guess[repeated], average="macro")
    )


def test_interval_of_accuracy_is_near_the_binomial_one() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 1000)
    right = rng.random(1000) < 0.7
    probabilities = np.eye(2)[np.where(right, labels, 1 - labels)]
    got = subset_metrics(labels, probabilities, ["a", "b"], resamples=2000, confidence=0.95, seed=0)
    accuracy = got.metrics.accuracy
    half = 1.96 * np.sqrt(accuracy.value * (1 - accuracy.value) / 1000)
    assert accuracy.low == pytest.approx(accuracy.value - half, abs=0.004)
    assert accuracy.high == pytest.approx(accuracy.value + half, abs=0.004)


def test_same_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    labels, probabilities = predictions()
    first, again = (measure(labels, probabilities, CLASSES) for _ in range(2))
    other = measure(labels, probabilities, CLASSES, seed=1)
    assert first == again
    assert first.metrics.accuracy.value == other.metrics.accuracy.value
    assert first.metrics.accuracy.low != other.metrics.accuracy.low


def test_resamples_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(resample_counts(50, 40, seed=0)))
    monkeypatch.setattr("ferflow.evaluation.metrics._CELLS_AT_ONCE", 150)
    pieces = list(resample_counts(50, 40, seed=0))
    assert len(pieces) > 1
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    assert (whole.sum(axis=1) == 50).all()


def test_an_absent_class_is_null_and_left_out_of_the_means() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]])
    got = measure(labels, probabilities, ["a", "b", "c"])
    assert np.isnan([got.per_class["c"].recall.value, got.per_class["c"].recall.low]).all()
    assert np.isnan(got.per_class["c"].f1.value)
    assert np.isnan(got.per_class["c"].roc_auc)
    assert got.per_class["c"].support == 0
    assert got.metrics.balanced_accuracy.value == pytest.approx(0.75)
    assert got.metrics.macro_f1.value == pytest.approx((1 + 2 / 3) / 2)


def test_a_class_never_predicted_has_no_precision_but_an_f1_of_zero() -> None:
    got = measure(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]), ["a", "b"])
    assert np.isnan(got.per_class["b"].precision.value)
    assert got.per_class["b"].f1.value == 0


def test_a_single_class_has_no_ranking_and_certainty_has_a_finite_loss() -> None:
    got = measure(np.zeros(3, dtype=int), np.eye(2)[[0, 0, 1]], ["a", "b"])
    assert np.isnan(got.metrics.roc_auc.value)
    assert np.isfinite(got.metrics.log_loss.value)


def test_no_faces_give_nulls_and_zero_counts() -> None:
    got = measure(np.zeros(0, dtype=int), np.zeros((0, 4)), CLASSES)
    assert got.n == 0
    assert np.isnan(got.metrics.accuracy.value)
    assert np.isnan(got.per_class["angry"].recall.low)
    assert np.sum(got.confusion) == 0


@pytest.mark.parametrize(
    ("labels", "shape"), [([0, 1], (2, 3)), ([0, 1], (3, 4)), ([0, 4], (2, 4)), ([-1, 0], (2, 4))]
)
def test_shapes_and_labels_that_do_not_fit_are_refused(labels: list[int], shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"shape|outside"):
        measure(np.array(labels), np.full(shape, 0.25), CLASSES)


def test_calibration_error_by_hand() -> None:
    # two bins: confidence 0.9 with half right (gap 0.4), confidence 0.6 with all right (gap 0.4)
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    whole = measure(np.array([0, 1, 0, 0]), probabilities, ["first", "second"])
    assert whole.metrics.ece.value == pytest.approx(0.4)
    certain = measure(np.array([0, 0]), np.array([[1.0, 0.0], [1.0, 0.0]]), ["first", "second"])
    assert certain.metrics.ece.value == 0


def test_calibration_error_has_15_bins() -> None:
    # 0.66 stands in the bin that ends at 10/15; 0.68 and 0.71 in the next, where gaps of 0.32 and -0.71 add
    # up. With 10, 16 or 20 bins 0.66 and 0.68 would share one, with 5 or 14 all three.
    confidence = np.array([0.66, 0.68, 0.71])
    figures = measure(
        np.array([0, 0, 1]), np.stack([confidence, 1 - confidence], axis=1), ["first", "second"]
    )
    assert figures.metrics.ece.value == pytest.approx((0.34 + 0.39) / 3)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.99])
def test_an_interval_holds_the_share_of_resamples_that_is_asked_for(confidence: float) -> None:
    labels, probabilities = predictions(80)
    settings = Evaluate(resamples=300, confidence=confidence, seed=4)
    rows = pd.DataFrame({"face": np.arange(80), "subset": "test", "clean": True})
    table = prediction_table(rows, labels, probabilities, CLASSES)
    accuracy = measure_subsets(table, CLASSES, settings).official.metrics.accuracy
    right = probabilities.argmax(axis=1) == labels
    samples = np.concatenate(list(resample_counts(80, 300, seed=4))) @ right / 80
    ends = np.percentile(samples, [50 - 50 * confidence, 50 + 50 * confidence])
    assert [accuracy.low, accuracy.high] == pytest.approx(ends)


def test_percentile_interval_leaves_out_what_was_not_drawn() -> None:
    values = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    low, high = percentile_interval(values, 0.5)
    assert (low[0], high[0]) == (1.25, 1.75)
    assert np.isnan(low[1])


def test_a_class_that_was_not_drawn_has_no_value_in_a_resample_though_it_is_predicted() -> None:
    labels, probabilities = np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]])
    drawn = Statistics(labels, probabilities)(np.array([[2.0, 1.0, 1.0, 0.0]]))
    for name in ("f1", "recall", "class_roc_auc", "class_average_precision"):
        assert np.isnan(drawn[name][0, 1]), name
    guess, repeated = np.array([0, 0, 0, 1]), np.zeros(4, dtype=int)
    expected = reference.f1_score(repeated, guess, labels=[0], average="macro")
    assert drawn["macro_f1"][0] == pytest.approx(expected)
    assert np.isnan(drawn["average_precision"][0])  # with all faces of one class nothing is ranked


def test_resamples_are_scored_each_for_itself() -> None:
    labels, probabilities = predictions(60)
    statistics = Statistics(labels, probabilities.astype(np.float64))
    counts = next(resample_counts(60, 5, seed=1))
    together = statistics(counts)
    for row, alone in enumerate(counts):
        for name, value in statistics(alone[None]).items():
            assert together[name][row] == pytest.approx(value[0], nan_ok=True), name
        repeated = np.repeat(np.arange(60), alone.astype(int))
        exact = probabilities[repeated].astype(np.float64)
        exact /= exact.sum(axis=1, keepdims=True)
        assert together["log_loss"][row] == pytest.approx(
            reference.log_loss(labels[repeated], exact, labels=range(4))
        )


def test_a_mistake_made_for_certain_costs_what_scikit_learn_says() -> None:
    labels, certain = np.array([0, 1, 1]), np.eye(2, dtype=np.float32)[[0, 1, 0]]
    expected = reference.log_loss(labels, certain)  # as ours, by the precision of float32
    assert expected == pytest.approx(-np.log(np.finfo(np.float32).eps) / 3)
    assert measure(labels, certain, ["a", "b"]).metrics.log_loss.value == pytest.approx(expected)


def test_a_confidence_at_the_end_of_a_bin_belongs_to_it() -> None:
    # Of 15 bins the ninth ends at 0.6 and holds it: gaps of 0.4 and -0.55 in one, not 0.4 and 0.55 in two.
    confidence = np.array([0.6, 0.55])
    figures = measure(np.array([0, 1]), np.stack([confidence, 1 - confidence], axis=1), ["first", "second"])
    assert figures.metrics.ece.value == pytest.approx((0.55 - 0.4) / 2)
