import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from ferflow.errors import InputError
from ferflow.models import linear, solvers
from ferflow.models.linear import LinearClassifier
from ferflow.models.logistic import LogisticClassifier
from ferflow.models.softmax import SoftmaxClassifier

Kind = type[LinearClassifier]
BOTH = pytest.mark.parametrize("kind", [LogisticClassifier, SoftmaxClassifier])


def faces(
    classes: int, n: int = 240, pixels: int = 16, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Noisy pixels whose brightness says something of the class; one pixel is constant."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    means = np.random.default_rng(99).uniform(60, 190, size=(classes, pixels))
    X = np.clip(means[y] + rng.normal(0, 60, (n, pixels)), 0, 255).astype(np.uint8)
    X[:, 3] = 0
    return X, np.array(["angry", "disgust", "fear"])[y]


def classes_of(kind: Kind) -> int:
    return 2 if kind is LogisticClassifier else 3


@BOTH
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_lbfgs_finds_scikit_learns_optimum(kind: Kind, standardize: bool, fit_intercept: bool) -> None:
    X, y = faces(classes_of(kind))
    X = X.astype(np.float64)
    l2, weight = 0.05, np.random.default_rng(1).uniform(0.2, 2.0, len(y))
    ours = kind(
        solver="lbfgs",
        l2=l2,
        epochs=5000,
        tolerance=1e-9,
        standardize=standardize,
        pixel_scale=100.0,
        fit_intercept=fit_intercept,
    ).fit(X, y, weight)
    if standardize:
        features = StandardScaler(with_mean=fit_intercept).fit(X, sample_weight=weight).transform(X)
    else:
        features = X / 100.0
    theirs = LogisticRegression(
        C=1 / (l2 * weight.sum()), fit_intercept=fit_intercept, tol=1e-10, max_iter=10_000
    ).fit(features, y, weight)
    assert np.abs(ours.predict_proba(X) - theirs.predict_proba(features)).max() < 1e-5


@BOTH
def test_all_solvers_meet_at_one_optimum(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    common: dict[str, Any] = {"l2": 0.1, "momentum": 0.5}
    best = kind(solver="lbfgs", epochs=500, **common).fit(X, y)
    full = kind(solver="gd", learning_rate=0.3, epochs=400, **common).fit(X, y)
    some = kind(solver="minibatch", learning_rate=0.05, batch_size=32, epochs=300, **common).fit(X, y)
    assert np.abs(full.predict_proba(X) - best.predict_proba(X)).max() < 1e-4
    assert np.abs(some.predict_proba(X) - best.predict_proba(X)).max() < 0.02


@BOTH
def test_the_gradient_is_the_slope_of_the_loss(kind: Kind) -> None:
    rng = np.random.default_rng(0)
    k = 1 if kind is LogisticClassifier else 3
    scores, target = rng.normal(0, 3, (5, k)), rng.integers(classes_of(kind), size=5)
    weight = rng.uniform(0.5, 2, 5)
    _, slope = kind._loss_and_slope(scores, target, weight)
    for row in range(5):
        for column in range(k):
            step = np.zeros_like(scores)
            step[row, column] = 1e-6
            above, _ = kind._loss_and_slope(scores + step, target, weight)
            below, _ = kind._loss_and_slope(scores - step, target, weight)
            assert slope[row, column] == pytest.approx((above - below) / 2e-6, abs=1e-6)


@BOTH
@pytest.mark.parametrize("solver", ["gd", "minibatch", "lbfgs"])
def test_extreme_scores_stay_finite(kind: Kind, solver: str) -> None:
    X, y = faces(classes_of(kind))
    model = kind(solver=solver, standardize=False, learning_rate=1e4, l2=0.0, epochs=5)
    with np.errstate(over="raise", invalid="raise"):
        probabilities = model.fit(X, y).predict_proba(X)
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(axis=1), 1)


@BOTH
def test_divergence_is_said_in_one_line(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    model = kind(solver="gd", learning_rate=1e9, l2=1e9, momentum=0, epochs=50)
    with (
        np.errstate(all="ignore"),
        pytest.raises(InputError, match=r"no longer finite in epoch \d+; lower the learning rate"),
    ):
        model.fit(X, y)


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


@BOTH
def test_validation_and_progress_do_not_change_the_fit(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    plain = kind(epochs=5).fit(X, y)
    with_validation = kind(epochs=5).fit(X, y, validation=(X[:50], y[:50]), progress=lambda row: None)
    assert np.array_equal(plain.coef_, with_validation.coef_)


@BOTH
def test_the_seed_decides_the_order_of_rows(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    one, again, other = (kind(epochs=3, batch_size=16, random_state=s).fit(X, y) for s in (1, 1, 2))
    assert one.coef_.tobytes() == again.coef_.tobytes()
    assert not np.array_equal(one.coef_, other.coef_)


@BOTH
def test_integer_weights_are_repetitions(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    weight = np.random.default_rng(2).integers(0, 4, len(y))
    with_weights = kind(solver="lbfgs").fit(X, y, weight)
    with_repetitions = kind(solver="lbfgs").fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert np.abs(with_weights.predict_proba(X) - with_repetitions.predict_proba(X)).max() < 1e-3


@BOTH
def test_pixels_are_left_alone_and_give_what_floats_give(kind: Kind) -> None:
    X, y = faces(classes_of(kind))
    before = X.copy()
    pixels = kind(epochs=10).fit(X, y)
    assert np.array_equal(X, before)
    wide = X.astype(np.float64)
    assert np.allclose(pixels.predict_proba(X), kind(epochs=10).fit(wide, y).predict_proba(wide), atol=1e-4)
    assert np.array_equal(wide, before)


@BOTH
def test_saved_and_loaded(kind: Kind, tmp_path: Path) -> None:
    X, y = faces(classes_of(kind))
    model = kind(epochs=3, l2=np.float64(0.2)).fit(X, y)
    model.save(tmp_path / "a.safetensors")
    model.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    other = kind.load(tmp_path / "a.safetensors")
    assert np.array_equal(other.predict_proba(X), model.predict_proba(X))
    assert list(other.predict(X)) == list(model.predict(X))
    assert other.get_params() == model.get_params()
    assert other.n_features_in_ == 16


def test_loading_the_other_kind(tmp_path: Path) -> None:
    SoftmaxClassifier(epochs=1).fit(*faces(3)).save(tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="of kind 'softmax', not 'logistic'"):
        LogisticClassifier.load(tmp_path / "m.safetensors")


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_cost(fit_intercept: bool) -> None:
    softmax = SoftmaxClassifier(epochs=1, fit_intercept=fit_intercept).fit(*faces(3))
    assert (softmax.parameter_count_, softmax.macs_) == (48 + 3 * fit_intercept, 48)
    logistic = LogisticClassifier(epochs=1, fit_intercept=fit_intercept).fit(*faces(2))
    assert (logistic.parameter_count_, logistic.macs_) == (16 + fit_intercept, 16)


def test_without_a_bias_the_boundary_goes_through_the_origin() -> None:
    model = SoftmaxClassifier(fit_intercept=False, epochs=5).fit(*faces(3))
    assert np.allclose(model.predict_proba(np.zeros((1, 16))), 1 / 3)


def test_one_epoch_sees_as_many_rows_as_it_is_told() -> None:
    X, y = faces(3)
    short = SoftmaxClassifier(epochs=4, epoch_faces=len(y) // 2, batch_size=30).fit(X, y)
    assert short.n_iter_ == 4
    twice = SoftmaxClassifier(epochs=2, epoch_faces=len(y) * 2, batch_size=30).fit(X, y)
    four = SoftmaxClassifier(epochs=4, batch_size=30).fit(X, y)
    assert np.array_equal(twice.coef_, four.coef_)


def test_softmax_of_two_classes_has_one_score() -> None:
    X, y = faces(2)
    model = SoftmaxClassifier(epochs=5).fit(X, y)
    scores = model.decision_function(X)
    assert scores.shape == (len(y),)
    assert np.allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-scores)))
    assert SoftmaxClassifier(epochs=2).fit(*faces(3)).decision_function(faces(3)[0]).shape == (240, 3)


def test_logistic_refuses_three_classes() -> None:
    with pytest.raises(ValueError, match=r"Only binary classification.*Use softmax for 3 classes"):
        LogisticClassifier().fit(*faces(3))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"solver": "newton"}, "solver must be one of gd, minibatch, lbfgs"),
        ({"learning_rate": 0.0}, "learning_rate must be greater than 0"),
        ({"epochs": 0}, "epochs must be greater than 0"),
        ({"epoch_faces": 0}, "epoch_faces must be greater than 0"),
        ({"l2": -1.0}, "l2 must not be negative"),
        ({"momentum": 1.0}, "momentum be in"),
        ({"init": "ones"}, "init must be one of zeros, normal"),
        ({"gradient": "max"}, "gradient must be one of mean, sum"),
        ({"schedule": "step"}, "schedule must be one of cosine, constant"),
        ({"record_every": 0}, "record_every must be greater than 0"),
        ({"solver": "lbfgs", "gradient": "sum"}, "lbfgs takes neither"),
        ({"solver": "lbfgs", "l2_in_gradient": False}, "lbfgs takes neither"),
    ],
)
def test_hyperparameters_out_of_range(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SoftmaxClassifier(**wrong).fit(*faces(3))


def test_weights_of_zero() -> None:
    X, y = faces(2)
    with pytest.raises(ValueError, match="zero"):
        LogisticClassifier().fit(X, y, np.zeros(len(y)))


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
def test_normal_weights_come_from_the_seed(kind: Kind) -> None:
    X, y = faces(classes_of(kind), n=400, pixels=200)
    start: dict[str, Any] = {
        "init": "normal",
        "solver": "gd",
        "learning_rate": 1e-12,
        "epochs": 1,
        "standardize": False,
    }
    one, again, other = (kind(**start, random_state=seed).fit(X, y) for seed in (0, 0, 1))
    assert np.array_equal(one.coef_, again.coef_)
    assert not np.allclose(one.coef_, other.coef_)
    assert one.coef_.std() == pytest.approx(1 / np.sqrt(200), rel=0.15)
    assert np.abs(one.intercept_).max() < 1e-9


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


@BOTH
def test_equal_rows_are_merged_and_the_descent_is_the_same(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = faces(classes_of(kind))
    rare = np.flatnonzero(y == y[0])
    X, y = np.concatenate([X, *[X[rare]] * 8]), np.concatenate([y, *[y[rare]] * 8])
    target_of_all = np.unique(y, return_inverse=True)[1]
    common: dict[str, Any] = {"solver": "gd", "learning_rate": 0.01, "epochs": 20, "gradient": "mean"}
    rows, target, weight = solvers.merge_rows(X, target_of_all, np.ones(len(X)))
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
    rows, target, weight = solvers.merge_rows(X, np.array([0, 1, 0, 1]), np.array([1.0, 2.0, 0.5, 1.0]))
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
