"""What logistic and softmax regression share: standardising, fitting, prediction, storage."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from ferflow.models.features import (
    CHUNK,
    ROWS_AT_ONCE,
    StandardisedRows,
    original_coefficients,
    standardised,
    weighted_mean_and_deviation,
    working_dtype,
)
from ferflow.models.objective import Floats, Objective, merge_rows, scores
from ferflow.models.recorder import Recorder
from ferflow.models.solvers import check_choices, minimise
from ferflow.models.storage import describe, load_arrays, restore, save_arrays
from ferflow.models.validation import check_training_data, validation_figures


class LinearClassifier(ClassifierMixin, BaseEstimator, ABC):
    """Base of the linear classifiers; a subclass gives the loss of a score and the probability it means.

    Attributes
    ----------
    coef_ : float64 array of shape (n_outputs, n_features)
        Per unit of the features as given.
    intercept_ : float64 array of shape (n_outputs,)
    classes_ : array of shape (n_classes,)
    n_features_in_ : int
    history_ : list of dict
        A row a recorded epoch: epoch, lr, train_loss (mean, without the penalty), validation_*.
    n_iter_ : int
        Epochs that were run.
    """

    model_name: ClassVar[str]

    def __init__(
        self,
        solver: str = "minibatch",
        learning_rate: float = 0.01,
        l2: float = 0.1,
        epochs: int = 50,
        batch_size: int = 128,
        momentum: float = 0.0,
        fit_intercept: bool = True,
        standardize: bool = True,
        pixel_scale: float = 1.0,
        epoch_faces: int | None = None,
        tolerance: float = 1e-6,
        random_state: int = 0,
        init: str = "zeros",
        gradient: str = "mean",
        l2_in_gradient: bool = True,
        schedule: str = "cosine",
        record_every: int = 1,
        record_thin_after: int | None = None,
    ) -> None:
        self.solver = solver
        self.learning_rate = learning_rate
        self.l2 = l2
        self.epochs = epochs
        self.batch_size = batch_size
        self.momentum = momentum
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.pixel_scale = pixel_scale
        self.epoch_faces = epoch_faces
        self.tolerance = tolerance
        self.random_state = random_state
        self.init = init
        self.gradient = gradient
        self.l2_in_gradient = l2_in_gradient
        self.schedule = schedule
        self.record_every = record_every
        self.record_thin_after = record_thin_after

    @staticmethod
    @abstractmethod
    def _loss_and_slope(scores: Floats, target: NDArray[np.intp], weight: Floats) -> tuple[float, Floats]:
        """Sum the weighted losses of rows of scores, and give its slope in each score."""

    @staticmethod
    @abstractmethod
    def _probabilities(scores: Floats) -> Floats:
        """Turn scores (n, n_outputs) into probabilities (n, n_classes)."""

    @abstractmethod
    def _outputs(self) -> int:
        """Count the scores of a row."""

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        progress: Callable[[dict[str, float]], None] | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """Fit from the weights that ``init`` says.

        Parameters
        ----------
        X : array of shape (n, n_features)
            Pixels 0 to 255, or any real features. Computed in float32 unless X has more bits than that.
        y : array of shape (n,)
            Labels.
        sample_weight : array of shape (n,), optional
            The loss is the mean weighted by it, as if a row stood there that many times.
        validation : (X, y), optional
            Rows whose figures join the history; nothing is chosen by them.
        progress : callable, optional
            Called with each row of the history.
        checkpoint : Path, optional
            Not used: a fit takes seconds, with many thousands of epochs minutes.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range, X or y is unfit, or y has too few or too many classes.
        DivergenceError
            An InputError: the loss is no longer finite, since the learning rate is too great. The history
            until then is kept.
        """
        check_choices(self.get_params())
        rows, target, weight = check_training_data(self, X, y, sample_weight)
        self._check_classes()
        dtype = working_dtype(rows)
        centre, scale = np.zeros(rows.shape[1]), np.full(rows.shape[1], float(self.pixel_scale))
        if self.standardize:
            mean, scale = weighted_mean_and_deviation(rows, weight)
            # Without a bias the boundary has to go through the origin, which centring would move.
            centre = mean if self.fit_intercept else centre
        weight, n = weight / weight.mean(), len(rows)
        if self.solver == "gd":  # the one that goes over all rows thousands of times
            rows, target, weight = merge_rows(rows, target, weight)
        objective = Objective(
            X=standardised(rows, centre, scale, dtype),
            target=target,
            weight=weight.astype(dtype),
            n=n,
            loss_and_slope=self._loss_and_slope,
            l2=self.l2,
            intercept=self.fit_intercept,
            is_sum=self.gradient == "sum",
            l2_in_gradient=self.l2_in_gradient,
        )
        figures = None
        if validation is not None:
            others = validate_data(self, validation[0], reset=False, dtype="numeric")
            figures = (standardised(others, centre, scale, dtype), np.asarray(validation[1]))
        recorder = self._recorder(figures, progress)
        self.history_ = recorder.history
        rng = np.random.default_rng(self.random_state)
        start, n = self._start(objective.X, rng), self.epoch_faces or len(objective.X)
        theta = minimise(objective, start, recorder, self.get_params(), epoch_faces=n, rng=rng)
        recorder.record_latest()
        self.n_iter_ = recorder.epoch
        self.coef_, self.intercept_ = original_coefficients(theta, centre, scale)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the scores.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        float64 array
            Of shape (n,) for two classes, positive for the second; (n, n_classes) for more.
        """
        values = self._scores(X)
        if values.shape[1] == 1:
            return values[:, 0]
        return values[:, 1] - values[:, 0] if values.shape[1] == 2 else values

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Estimate the probability of each class.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        float64 array of shape (n, n_classes)
        """
        return self._probabilities(self._scores(X)).astype(np.float64, copy=False)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Name the most probable class of each row.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        array of shape (n,)
        """
        probabilities = self.predict_proba(X)  # first: it says so if the model is not fitted
        result: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return result

    def save(self, path: Path, *, class_names: Sequence[str] | None = None) -> None:
        """Write coefficients and settings to one safetensors file.

        Parameters
        ----------
        path : Path
            File to write.
        class_names : sequence of str, optional
            As :func:`ferflow.models.storage.describe` takes them.
        """
        check_is_fitted(self)
        arrays = {"coef": self.coef_, "intercept": self.intercept_}
        save_arrays(path, arrays, describe(self, class_names))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote, without the history.

        Parameters
        ----------
        path : Path

        Returns
        -------
        LinearClassifier

        Raises
        ------
        InputError
            For any other file.
        """
        arrays, description = load_arrays(path)
        model = restore(cls, path, description)
        model.coef_, model.intercept_ = arrays["coef"], arrays["intercept"]
        model.n_features_in_ = model.coef_.shape[1]
        return model

    @property
    def parameter_count_(self) -> int:
        """Number of fitted coefficients, with the biases if there are any."""
        return int(self.coef_.size + (self.intercept_.size if self.fit_intercept else 0))

    @property
    def macs_(self) -> int:
        """Multiply-accumulates of the scores of one face."""
        return int(self.coef_.size)

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        data = validate_data(self, X, reset=False, dtype="numeric")
        chunks = gen_batches(len(data), CHUNK)
        parts = [data[rows].astype(np.float64) @ self.coef_.T for rows in chunks]
        return np.concatenate(parts) + self.intercept_

    def _start(self, X: Floats | StandardisedRows, rng: np.random.Generator) -> Floats:
        """Weights of zero, or normal ones that give scores of deviation near 1; the bias is zero."""
        p = X.shape[1]
        theta = np.zeros((p + self.fit_intercept, self._outputs()), dtype=X.dtype)
        if self.init == "normal":
            theta[:p] = rng.normal(size=(p, self._outputs())) / np.sqrt(p)
        return theta

    def _recorder(
        self,
        validation: tuple[Floats | StandardisedRows, NDArray[Any]] | None,
        progress: Callable[[dict[str, float]], None] | None,
    ) -> Recorder:
        def row_of(epoch: int, theta: Floats, learning_rate: float, loss: float) -> dict[str, float]:
            row = {"epoch": epoch, "lr": learning_rate, "train_loss": loss}
            if validation is not None:
                X, y = validation
                parts = gen_batches(len(X), ROWS_AT_ONCE)
                scored = np.concatenate([scores(X[rows], theta, self.fit_intercept) for rows in parts])
                probabilities = self._probabilities(scored.astype(np.float64))
                row |= validation_figures(y, probabilities, self.classes_)
            return row

        hint = f"lower the learning rate (now {self.learning_rate:g}) or l2 (now {self.l2:g})"
        every, thin_after = self.record_every, self.record_thin_after
        return Recorder(
            row_of, every=every, thin_after=thin_after, progress=progress, name=self.model_name, hint=hint
        )

    def _check_classes(self) -> None:  # most models tell any number of classes apart
        """Refuse more classes than the model can tell apart."""
