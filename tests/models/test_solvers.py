import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from ferflow.errors import InputError
from ferflow.models import features, linear, objective
from ferflow.models.logistic import LogisticClassifier
from ferflow.models.recorder import Recorder
from ferflow.models.softmax import SoftmaxClassifier
from tests.models.two_kinds import BOTH, Kind, classes_of, faces


@BOTH
def test_all_solvers_meet_at_one_optimum(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    common: dict[str, Any] = {"l2": 0.1, "momentum": 0.5}
    best = kind(solver="lbfgs", epochs=500, **common).fit(X, y)
    full = kind(solver="gd", learning_rate=0.3, epochs=400, **common).fit(X, y)
    some = kind(solver="minibatch", learning_rate=0.05, batch_size=32, epochs=300, **common).fit(X, y)
    assert np.abs(full.predict_proba(X) - best.predict_proba(X)).max() < 1e-4
    assert np.abs(some.predict_proba(X) - best.predict_proba(X)).max() < 0.02


@pytest.mark.parametrize("solver", ["gd", "minibatch"])
def test_a_descent_is_the_one_by_hand(solver: str) -> None:
    X, y = faces(3, n=50)
    weight = np.random.default_rng(1).uniform(0.2, 2.0, 50)
    model = SoftmaxClassifier(
        solver=solver,
        learning_rate=0.2,
        momentum=0.6,
        l2=0.3,
        epochs=3,
        batch_size=16,
        epoch_faces=40,
        standardize=False,
        pixel_scale=100.0,
        random_state=5,
    ).fit(X.astype(np.float64), y, weight)

    features, truth = np.column_stack([X / 100, np.ones(50)]), np.eye(3)[np.unique(y, return_inverse=True)[1]]
    weight = weight / weight.mean()
    theta, velocity = np.zeros((17, 3)), np.zeros((17, 3))

    def loss_and_gradient(rows: NDArray[np.intp]) -> tuple[float, NDArray[np.float64]]:
        p = softmax(features[rows] @ theta, axis=1)
        loss = float(-(weight[rows] @ np.log((p * truth[rows]).sum(axis=1))) / len(rows))
        gradient = features[rows].T @ (weight[rows, None] * (p - truth[rows])) / len(rows)
        gradient[:16] += 0.3 * theta[:16]
        return loss, gradient

    rng, everything = np.random.default_rng(5), np.arange(50)
    stream = np.concatenate([rng.permutation(50) for _ in range(3)])
    step, history = 0, []
    for epoch in range(3):
        some = np.array_split(stream[40 * epoch : 40 * (epoch + 1)], 3)
        losses = []
        for rows in some if solver == "minibatch" else [everything]:
            rate = 0.2 if solver == "gd" else 0.1 * (1 + np.cos(np.pi * step / 9))
            loss, gradient = loss_and_gradient(rows)
            velocity = 0.6 * velocity - rate * gradient
            theta = theta + velocity
            losses += [loss] * len(rows)
            step += 1
        loss = float(np.mean(losses)) if solver == "minibatch" else loss_and_gradient(everything)[0]
        history.append((rate, loss))
    np.testing.assert_allclose(100 * model.coef_, theta[:16].T, rtol=1e-9)
    np.testing.assert_allclose(model.intercept_, theta[16], rtol=1e-9)
    assert [(row["lr"], row["train_loss"]) for row in model.history_] == [
        pytest.approx(row) for row in history
    ]


def test_lbfgs_ends_with_its_epochs_or_at_its_tolerance() -> None:
    X, y = faces(3)
    assert SoftmaxClassifier(solver="lbfgs", epochs=3).fit(X, y).n_iter_ == 3
    loose, close = (
        SoftmaxClassifier(solver="lbfgs", epochs=500, tolerance=t).fit(X, y) for t in (1e-2, 1e-5)
    )
    assert loose.n_iter_ < close.n_iter_ < 500


@BOTH
@pytest.mark.parametrize("solver", ["gd", "minibatch", "lbfgs"])
def test_history(kind: Kind, solver: str) -> None:
    X, y = faces(classes_of(kind))
    history: list[dict[str, float]] = []
    model = kind(solver=solver, learning_rate=0.05, epochs=12)
    model.fit(X, y, validation=faces(classes_of(kind), n=60, seed=5), progress=history.append)
    assert history == model.history_ or solver == "lbfgs"  # whose rates are NaN
    assert list(history[0]) == [
        "epoch",
        "lr",
        "train_loss",
        "validation_loss",
        "validation_accuracy",
        "validation_balanced_accuracy",
        "validation_macro_f1",
    ]
    assert [row["epoch"] for row in history] == list(range(1, model.n_iter_ + 1))
    assert history[-1]["train_loss"] < history[0]["train_loss"] < 1.2
    assert np.isnan(history[0]["lr"]) == (solver == "lbfgs")


@BOTH
@pytest.mark.parametrize("solver", ["gd", "lbfgs"])
def test_the_training_loss_is_that_of_the_fitted_model_without_penalty(kind: Kind, solver: str) -> None:
    X, y = faces(classes_of(kind))
    model = kind(solver=solver, learning_rate=0.05, l2=0.5, epochs=20).fit(X, y)
    of_truth = model.predict_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    assert model.history_[-1]["train_loss"] == pytest.approx(-np.log(of_truth).mean(), rel=1e-4)


def test_one_epoch_sees_as_many_rows_as_it_is_told() -> None:
    X, y = faces(3)
    short = SoftmaxClassifier(epochs=4, epoch_faces=len(y) // 2, batch_size=30).fit(X, y)
    assert short.n_iter_ == 4
    twice = SoftmaxClassifier(epochs=2, epoch_faces=len(y) * 2, batch_size=30).fit(X, y)
    four = SoftmaxClassifier(epochs=4, batch_size=30).fit(X, y)
    assert np.array_equal(twice.coef_, four.coef_)


@BOTH
def test_the_summed_gradient_is_the_mean_one_times_the_rows(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    common: dict[str, Any] = {"solver": "gd", "epochs": 30, "momentum": 0.3}
    mean = kind(**common, learning_rate=0.1, l2=0.2).fit(X, y)
    total = kind(**common, learning_rate=0.1 / len(y), l2=0.2 * len(y), gradient="sum").fit(X, y)
    assert np.allclose(total.coef_, mean.coef_, rtol=1e-3, atol=1e-7)


@BOTH
@pytest.mark.parametrize("solver", ["gd", "minibatch"])
def test_a_forgotten_penalty_changes_nothing(kind: Kind, solver: str) -> None:
    X, y = faces(classes_of(kind))
    free = kind(solver=solver, epochs=5, l2=0.0).fit(X, y)
    forgot = kind(solver=solver, epochs=5, l2=3.0, l2_in_gradient=False).fit(X, y)
    with_penalty = kind(solver=solver, epochs=5, l2=3.0).fit(X, y)
    assert np.array_equal(forgot.coef_, free.coef_)
    assert np.linalg.norm(with_penalty.coef_) < np.linalg.norm(free.coef_)


@BOTH
@pytest.mark.parametrize("solver", ["gd", "minibatch", "lbfgs"])
def test_a_thin_history_has_the_rows_of_the_full_one(kind: Kind, solver: str) -> None:
    X, y = faces(classes_of(kind))
    side = (X[:50], y[:50])
    reports: list[dict[str, float]] = []
    common: dict[str, Any] = {"solver": solver, "learning_rate": 0.05, "epochs": 13}
    full = kind(**common).fit(X, y, validation=side)
    thin = kind(**common, record_every=5).fit(X, y, validation=side, progress=reports.append)
    due = [row for row in full.history_ if row["epoch"] in (1, 6, 11, full.n_iter_)]
    assert str(thin.history_) == str(due)  # as text, for the rates of lbfgs are NaN
    assert reports == thin.history_ or solver == "lbfgs"
    assert thin.n_iter_ == full.n_iter_
    assert np.array_equal(thin.coef_, full.coef_)


@BOTH
def test_a_history_is_thinner_still_after_an_epoch(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    common: dict[str, Any] = {"solver": "gd", "learning_rate": 0.001, "epochs": 503, "record_every": 2}
    full = kind(**common).fit(X, y)
    thin = kind(**common, record_thin_after=101).fit(X, y)
    epochs = [row["epoch"] for row in thin.history_]
    assert epochs[:51] == list(range(1, 102, 2))
    assert all(later >= 1.01 * row for row, later in itertools.pairwise(epochs[51:-1]))
    assert all(later <= 1.01 * row + 2 for row, later in itertools.pairwise(epochs[51:-1]))
    assert epochs[-1] == 503
    assert thin.history_ == [row for row in full.history_ if row["epoch"] in epochs]


def test_rows_of_a_history_are_thinned_from_the_epoch_after() -> None:
    recorder = Recorder(
        lambda epoch, theta, rate, loss: {"epoch": epoch},
        every=1,
        thin_after=300,
        progress=None,
        name="softmax",
        hint="",
    )
    for _ in range(310):
        recorder(np.zeros(1), 0.1, 1.0)
    assert [row["epoch"] for row in recorder.history] == [*range(1, 301), 303, 307]


@BOTH
def test_equal_rows_are_merged_and_the_descent_is_the_same(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = faces(classes_of(kind))
    rare = np.flatnonzero(y == y[0])
    X, y = np.concatenate([X, *[X[rare]] * 8]), np.concatenate([y, *[y[rare]] * 8])
    target_of_all = np.unique(y, return_inverse=True)[1]
    common: dict[str, Any] = {"solver": "gd", "learning_rate": 0.01, "epochs": 20, "gradient": "mean"}
    rows, target, weight = objective.merge_rows(X, target_of_all, np.ones(len(X)))
    assert len(rows) == len(X) - 8 * len(rare)
    assert sorted(set(weight)) == [1, 9]
    assert (weight == 9).sum() == len(rare)
    assert np.array_equal(target[weight == 9], target_of_all[rare])
    fewer_rows = kind(**common).fit(X, y)
    monkeypatch.setattr(linear, "merge_rows", lambda *arrays: arrays)
    plain = kind(**common).fit(X, y)
    assert np.allclose(fewer_rows.coef_, plain.coef_, rtol=1e-4, atol=1e-8)
    losses, others = ([row["train_loss"] for row in model.history_] for model in (fewer_rows, plain))
    assert np.allclose(losses, others, rtol=1e-5)


def test_only_rows_of_one_target_are_merged() -> None:
    X = np.array([[1, 2], [1, 2], [1, 2], [3, 4]], dtype=np.uint8)
    rows, target, weight = objective.merge_rows(X, np.array([0, 1, 0, 1]), np.array([1.0, 2.0, 0.5, 1.0]))
    assert rows.tolist() == [[1, 2], [1, 2], [3, 4]]
    assert target.tolist() == [0, 1, 1]
    assert weight.tolist() == [1.5, 2.0, 1.0]


def test_divergence_between_recorded_epochs_is_noticed() -> None:
    model = LogisticClassifier(solver="gd", learning_rate=1e9, l2=1e9, epochs=50, record_every=49)
    with np.errstate(all="ignore"), pytest.raises(InputError, match="no longer finite in epoch"):
        model.fit(*faces(2))


def test_a_constant_rate() -> None:
    X, y = faces(3)
    rates = [row["lr"] for row in SoftmaxClassifier(epochs=4, schedule="constant").fit(X, y).history_]
    assert rates == [0.01] * 4
    falling = [row["lr"] for row in SoftmaxClassifier(epochs=4).fit(X, y).history_]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] < 0.001


@BOTH
@pytest.mark.parametrize("solver", ["gd", "minibatch", "lbfgs"])
def test_rows_that_are_made_when_asked_for_give_the_same(
    kind: Kind, solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = faces(classes_of(kind))
    others = faces(classes_of(kind), n=60, seed=5)
    settings: dict[str, Any] = {"solver": solver, "learning_rate": 0.05, "epochs": 12}
    whole = kind(**settings).fit(X, y, validation=others)
    for module in (features, linear, objective):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 50)
    parts = kind(**settings).fit(X, y, validation=others)
    rtol, atol = (1e-3, 1e-7) if solver == "lbfgs" else (1e-4, 1e-9)
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=rtol, atol=atol)
    if solver == "minibatch":  # which never takes more rows than a batch has
        assert np.array_equal(parts.coef_, whole.coef_)
    last, expected = parts.history_[-1], whole.history_[-1]
    assert last["validation_loss"] == pytest.approx(expected["validation_loss"], rel=1e-4)


@pytest.mark.parametrize("followed", [True, False])
def test_a_last_step_that_leaves_no_numbers_is_noticed(followed: bool) -> None:
    X, y = faces(2)
    hasty = LogisticClassifier(
        learning_rate=1e38, l2=1e38, epochs=1, batch_size=len(X) // 2, schedule="constant"
    )
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(InputError, match="finite in epoch 1"):
        hasty.fit(X, y, validation=(X, y) if followed else None)


def test_lbfgs_that_starts_at_the_optimum_has_a_history() -> None:
    blank = np.full((4, 9), 7, dtype=np.uint8)
    model = LogisticClassifier(solver="lbfgs").fit(blank, [0, 1, 0, 1])
    assert [row["train_loss"] for row in model.history_] == [pytest.approx(np.log(2))]
    assert model.n_iter_ == 1
