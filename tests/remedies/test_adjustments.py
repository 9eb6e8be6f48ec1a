"""Adjustments of predictions: their equations, and that validation alone chooses."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from ferflow.errors import InputError
from ferflow.remedies.adjustments import adjusted, class_weights
from ferflow.remedies.thresholds import _best_change

PRIOR = np.array([0.6, 0.3, 0.1])


def predictions(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make labels by the prior, and probabilities that lean towards the common classes."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, size=n, p=PRIOR)
    logits = rng.normal(size=(n, 3)) + np.eye(3)[labels] + np.log(PRIOR)
    odds = np.exp(logits)
    return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), labels


def balanced_accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    return float(balanced_accuracy_score(labels, probabilities.argmax(axis=1)))


def test_logit_adjustment_divides_by_the_prior() -> None:
    probabilities, labels = predictions()
    after = adjusted(probabilities, class_weights("logit-adjustment", probabilities, labels, PRIOR))
    expected = probabilities / PRIOR
    assert after == pytest.approx(expected / expected.sum(axis=1, keepdims=True), rel=1e-5)
    assert after.dtype == np.float32
    assert balanced_accuracy(labels, after) > balanced_accuracy(labels, probabilities)


def test_logit_adjustment_leaves_a_class_that_was_never_trained_on_at_nothing() -> None:
    probabilities = np.array([[0.8, 0.2, 0.0]], dtype=np.float32)
    weight = class_weights("logit-adjustment", probabilities, np.array([0]), np.array([0.8, 0.2, 0.0]))
    assert adjusted(probabilities, weight)[0] == pytest.approx([0.5, 0.5, 0])


def test_no_adjustment_leaves_every_bit() -> None:
    probabilities, labels = predictions()
    weight = class_weights("none", probabilities, labels, PRIOR)
    assert adjusted(probabilities, weight) is probabilities


@pytest.mark.parametrize("seed", range(5))
def test_thresholds_never_lose_on_what_they_were_chosen_by(seed: int) -> None:
    probabilities, labels = predictions(seed=seed)
    after = adjusted(probabilities, class_weights("thresholds", probabilities, labels, PRIOR))
    assert balanced_accuracy(labels, after) > balanced_accuracy(labels, probabilities)
    assert after.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_thresholds_of_two_classes_are_the_best_there_are() -> None:
    probabilities, labels = predictions()
    pair, truth = probabilities[labels < 2][:, :2], labels[labels < 2]
    pair = pair / pair.sum(axis=1, keepdims=True)
    after = adjusted(pair, class_weights("thresholds", pair, truth, PRIOR[:2]))
    best = max(balanced_accuracy_score(truth, pair[:, 1] > threshold) for threshold in pair[:, 1])
    assert balanced_accuracy(truth, after) == pytest.approx(best)


def test_thresholds_change_nothing_where_nothing_is_gained() -> None:
    labels = np.arange(30) % 3
    perfect = (0.7 * np.eye(3)[labels] + 0.1).astype(np.float32)
    assert class_weights("thresholds", perfect, labels, PRIOR).tolist() == [1, 1, 1]


def test_thresholds_change_nothing_where_a_tie_would_be_settled_as_it_is() -> None:
    probabilities = np.array(
        [[0.5, 0.5], [0.2, 0.8]], dtype=np.float32
    )  # of a tie the first class is predicted
    assert class_weights("thresholds", probabilities, np.array([0, 1]), PRIOR[:2]).tolist() == [1, 1]


def test_of_equally_good_thresholds_the_smallest_change_is_taken() -> None:
    # The second face becomes right by a weight of 3/2 of its class, and stays so until the first goes wrong.
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4]], dtype=np.float32)
    weight = class_weights("thresholds", probabilities, np.array([0, 1]), PRIOR[:2])
    ratio = weight[1] / weight[0]
    assert ratio == pytest.approx(np.sqrt(1.5 * 9), rel=1e-4)  # half way, in logits


def test_of_two_ranges_of_equally_good_thresholds_the_nearer_is_taken() -> None:
    # With the weight of the second class, faces come to it: at 1.5 rightly, at 3 wrongly, at 9 rightly.
    second = 1 / (1 + np.array([1.5, 3.0, 9.0, 20.0]))
    probabilities = np.column_stack([1 - second, second]).astype(np.float32)
    weight = class_weights("thresholds", probabilities, np.array([1, 0, 1, 0]), PRIOR[:2])
    assert weight[1] / weight[0] == pytest.approx(np.sqrt(1.5 * 3), rel=1e-4)


def test_a_class_that_should_have_every_face_gets_a_weight_beyond_the_last_of_them() -> None:
    probabilities = np.array([[0.3, 0.7], [0.4, 0.6]], dtype=np.float32)
    weight = class_weights("thresholds", probabilities, np.array([0, 0]), PRIOR[:2])
    assert weight == pytest.approx([np.e * 7 / 3, 1], rel=1e-4)  # further by one, in logits


@pytest.mark.parametrize(
    "sizes", [(10, 5, 3), (15, 10, 5)]
)  # sums of their shares are equal but for rounding
def test_along_each_class_the_nearest_of_the_best_changes_is_found_and_none_without_a_gain(
    sizes: tuple[int, ...],
) -> None:
    worth = [Fraction(1, 3 * size) for size in sizes]
    shape = (sum(sizes), 3)
    unchanged = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.repeat([0, 1, 2], sizes))
        odds = rng.permuted(np.broadcast_to([1.0, 2.0, 4.0], shape), axis=1) * [1, 1.1, 1.3]
        logits = np.log(odds * rng.uniform(1, 1.5, shape))
        for k in range(3):
            change = _best_change(logits, labels, np.array(worth, dtype=float), k)
            assert change == pytest.approx(nearest_of_the_best(logits, labels, worth, k), abs=1e-5)
            unchanged += change == 0
    assert 0 < unchanged < 180


def nearest_of_the_best(logits: np.ndarray, labels: np.ndarray, worth: list[Fraction], k: int) -> float:
    """Try a change between any two steps, exactly."""
    others = np.delete(np.arange(3), k)
    rival = others[logits[:, others].argmax(axis=1)]
    needs = logits.max(axis=1, where=np.arange(3) != k, initial=-np.inf) - logits[:, k]

    def value(change: float) -> Fraction:
        calls = np.where(needs < change, k, rival)
        return sum((worth[label] for label in labels[calls == labels]), start=Fraction(0))

    steps = np.unique(needs.round(6))
    changes = [0.0, steps[0] - 1, *(steps[1:] + steps[:-1]) / 2, steps[-1] + 1]
    values = [value(change) for change in changes]
    best = [change for change, each in zip(changes, values, strict=True) if each == max(values)]
    return float(min(best, key=abs))


@pytest.mark.parametrize("present", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_weight_of_one_class_does_better(present: int, seed: int) -> None:
    probabilities, labels = predictions(n=120, seed=seed)
    labels = np.minimum(labels, present - 1)  # a validation subset may lack a class
    worth = 1 / (present * np.bincount(labels))
    logits = np.log(probabilities.astype(np.float64))
    logits += np.log(class_weights("thresholds", probabilities, labels, PRIOR))

    def value(k: int, change: float) -> float:
        moved = logits + change * np.eye(3)[k]
        return float(worth[labels] @ (moved.argmax(axis=1) == labels))

    for k in range(3):
        steps = np.sort(np.delete(logits, k, axis=1).max(axis=1) - logits[:, k])
        changes = [steps[0] - 1, *(steps[1:] + steps[:-1]) / 2, steps[-1] + 1]
        assert max(value(k, change) for change in changes) <= value(k, 0.0) + 1e-9


@pytest.mark.filterwarnings("error")  # of a division by zero, say
def test_a_class_without_probability_or_validation_faces_does_no_harm() -> None:
    probabilities, labels = predictions()
    probabilities[:, 2] = 0
    weight = class_weights("thresholds", probabilities, np.minimum(labels, 1), PRIOR)
    assert np.isfinite(weight).all()


@pytest.mark.parametrize("with_zeros", [False, True])
def test_thresholds_of_few_values_never_lose_as_they_are_applied(with_zeros: bool) -> None:
    better = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        tenths = rng.multinomial(10 if with_zeros else 7, np.ones(3) / 3, size=20) + (0 if with_zeros else 1)
        probabilities = (tenths / 10).astype(np.float32)
        labels = rng.integers(0, 3, 20)
        after = adjusted(probabilities, class_weights("thresholds", probabilities, labels, PRIOR))
        assert balanced_accuracy(labels, after) >= balanced_accuracy(labels, probabilities)
        better += balanced_accuracy(labels, after) > balanced_accuracy(labels, probabilities)
    assert better > 100


def test_thresholds_need_validation_faces() -> None:
    with pytest.raises(InputError, match="the protocol has none"):
        class_weights("thresholds", np.zeros((0, 3), np.float32), np.zeros(0, np.int64), PRIOR)
    with pytest.raises(InputError, match="no adjustment is called 'threshold'; did you mean 'thresholds'"):
        class_weights("threshold", *predictions(), PRIOR)
