import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from ferflow.evaluation.thresholds import best_threshold, count_at, rarer_class


def some(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.3
    score = np.clip(rng.normal(0.4 + 0.2 * positive, 0.2, n), 0, 1).round(2).astype(np.float32)
    return positive, score


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.61])
def test_counts_and_shares_are_scikit_learns(threshold: float) -> None:
    positive, score = some(200, 0)
    counts, is_call = count_at(positive, score, threshold), score >= threshold
    tn, fp, fn, tp = confusion_matrix(positive, is_call).ravel()
    assert (counts.tn, counts.fp, counts.fn, counts.tp) == (tn, fp, fn, tp)
    assert counts.precision == pytest.approx(precision_score(positive, is_call))
    assert counts.recall == pytest.approx(recall_score(positive, is_call))
    assert counts.f1 == pytest.approx(f1_score(positive, is_call))
    assert counts.accuracy == pytest.approx(accuracy_score(positive, is_call))


def test_nothing_called_nothing_there() -> None:
    positive, score = np.array([True, False]), np.array([0.2, 0.1])
    without_calls = count_at(positive, score, 0.9)
    assert np.isnan(without_calls.precision)
    assert (without_calls.recall, without_calls.f1) == (0.0, 0.0)
    none_there = count_at(np.array([False, False]), score, 0.9)
    assert np.isnan(none_there.recall)
    assert np.isnan(none_there.f1)


@pytest.mark.parametrize("seed", range(8))
def test_no_threshold_has_a_greater_f1(seed: int) -> None:
    positive, score = some(60, seed)
    best = count_at(positive, score, best_threshold(positive, score)).f1
    assert best == pytest.approx(max(count_at(positive, score, at).f1 for at in np.linspace(0, 1, 1001)))


def test_a_threshold_between_two_neighbours_of_float32_parts_them() -> None:
    below = np.float32(1) - np.finfo(np.float32).eps
    score = np.array([below, below, np.nextafter(below, np.float32(2))], dtype=np.float32)
    positive = np.array([False, False, True])
    assert count_at(positive, score, best_threshold(positive, score)).f1 == 1


def test_of_equally_good_thresholds_the_one_nearest_to_one_half() -> None:
    positive = np.array([False, False, True, True, True])
    score = np.array([0.1, 0.2, 0.6, 0.8, 0.9])
    assert best_threshold(positive, score) == pytest.approx(0.4)
    assert best_threshold(np.zeros(5, dtype=bool), score) == 0.5
    assert best_threshold(np.ones(5, dtype=bool), score) == 0.0


@pytest.mark.parametrize(
    ("score", "threshold"),
    [([0.9, 0.3, 0.2, 0.1, 0.0], 0.6), ([0.95, 0.85, 0.7, 0.6, 0.2], 0.4)],
)
def test_of_two_that_are_equally_good_the_nearer_may_be_the_higher_or_the_lower(
    score: list[float], threshold: float
) -> None:
    positive = np.array([True, False, False, True, False])  # the first alone, or the first four: an F1 of 2/3
    assert best_threshold(positive, np.array(score)) == pytest.approx(threshold)


def test_from_nought_on_every_face_is_called_positive() -> None:
    score = np.array([0.0, 0.0, 0.6])
    assert count_at(np.ones(3, dtype=bool), score, 0.0).tp == 3
    assert best_threshold(np.ones(3, dtype=bool), score) == 0.0


def test_the_rarer_class_is_the_positive_one() -> None:
    assert rarer_class(np.array([0, 0, 1])) == 1
    assert rarer_class(np.array([0, 1, 1])) == 0
    assert rarer_class(np.array([0, 1])) == 1
