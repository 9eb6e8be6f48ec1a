from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from ferflow.errors import InputError
from ferflow.models.logistic import LogisticClassifier
from ferflow.models.softmax import SoftmaxClassifier
from tests.models.two_kinds import BOTH, Kind, classes_of, faces


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
