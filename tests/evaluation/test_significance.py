import numpy as np
import pytest
from scipy.stats import binom

from ferflow.evaluation.significance import RecallByExperiment, holm, mcnemar, recall_by_experiment


def test_mcnemar_counts_the_faces_that_only_one_gets_right() -> None:
    first = np.array([True] * 8 + [False] * 2 + [True] * 5)
    second = np.array([False] * 8 + [True] * 2 + [True] * 5)
    test = mcnemar(first, second)
    assert (test.only_first, test.only_second) == (8, 2)
    assert test.p_value == pytest.approx(0.109375)  # 2 * P(X <= 2), X ~ Binomial(10, 1/2)


def test_mcnemar_of_an_experiment_with_itself_finds_nothing() -> None:
    right = np.array([True, False, True])
    assert mcnemar(right, right).p_value == 1


def test_mcnemar_refuses_other_numbers_of_faces() -> None:
    with pytest.raises(ValueError, match="cannot pair 2 faces with 3"):
        mcnemar(np.ones(2, dtype=bool), np.ones(3, dtype=bool))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert holm([]) == []


def test_recall_by_experiment_and_its_paired_difference() -> None:
    labels = np.repeat([0, 1], 100)
    rng = np.random.default_rng(0)
    base = rng.random(200) < 0.5
    better = base | (rng.random(200) < 0.3)  # right wherever the baseline is: the pairs agree much
    got = recall_by_experiment(
        labels,
        np.stack([base, better], axis=1),
        np.array([1, 1]),
        3,
        baseline=0,
        resamples=300,
        confidence=0.95,
        seed=0,
    )
    assert got.value[0, 0] == pytest.approx(base[:100].mean())
    assert got.value[1, 3] == pytest.approx((better[:100].mean() + better[100:].mean()) / 2)
    assert np.isnan(got.value[:, 2]).all()  # no faces of the third class
    assert (got.difference[0, [0, 1, 3]] == 0).all()
    assert got.difference_low[1, 0] > 0
    width = got.difference_high[1, 0] - got.difference_low[1, 0]
    assert width < got.high[1, 0] - got.low[1, 0]


def test_recall_is_the_mean_over_seeds() -> None:
    labels = np.zeros(4, dtype=int)
    got = recall_by_experiment(
        labels,
        np.array([[2], [1], [0], [1]]),
        np.array([2]),
        1,
        baseline=0,
        resamples=100,
        confidence=0.9,
        seed=0,
    )
    assert got.value[0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_intervals_of_recall_hold_the_share_that_is_asked_for(confidence: float) -> None:
    # One class of 50 faces, of which 30 and 35 are right: a resample's are binomially distributed, and of the
    # difference only five faces count.
    first, second = np.arange(50) < 30, np.arange(50) < 35
    got = recall_by_experiment(
        np.zeros(50, dtype=int),
        np.stack([first, second], axis=1),
        np.array([1, 1]),
        1,
        baseline=0,
        resamples=20_000,
        confidence=confidence,
        seed=0,
    )
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    assert [got.low[1, 0], got.high[1, 0]] == pytest.approx(binom.ppf(ends, 50, 0.7) / 50)
    assert [got.difference_low[1, 0], got.difference_high[1, 0]] == pytest.approx(
        binom.ppf(ends, 50, 0.1) / 50
    )


def test_differences_are_to_the_baseline_wherever_it_stands() -> None:
    labels = np.repeat([0, 1], 30)
    correct = np.random.default_rng(0).integers(0, [2, 4, 3], (60, 3))  # by one, three and two seeds
    seeds = np.array([1, 3, 2])

    def compare(columns: list[int], baseline: int, seed: int = 0) -> RecallByExperiment:
        return recall_by_experiment(
            labels,
            correct[:, columns],
            seeds[columns],
            2,
            baseline=baseline,
            resamples=200,
            confidence=0.9,
            seed=seed,
        )

    first, last = compare([0, 1, 2], baseline=0), compare([1, 2, 0], baseline=2)
    for name in ("value", "low", "high", "difference", "difference_low", "difference_high"):
        np.testing.assert_allclose(getattr(last, name), getattr(first, name)[[1, 2, 0]])
    of_second = correct[:30, 1].mean() / 3
    assert first.value[1, 0] == pytest.approx(of_second)
    assert first.difference[1, 0] == pytest.approx(of_second - correct[:30, 0].mean())
    assert not np.array_equal(first.low, compare([0, 1, 2], baseline=0, seed=1).low)
