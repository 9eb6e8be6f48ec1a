"""Softmax (multinomial logistic) regression, written out."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ferflow.models.linear import LinearClassifier
from ferflow.models.objective import Floats


class SoftmaxClassifier(LinearClassifier):
    """Multinomial logistic regression: one linear score for each class, softmax, cross-entropy.

    Minimises ``mean(w_i * -log p_i) + l2 / 2 * sum(coef ** 2)``, where p_i is the probability given to the
    class of row i and the penalty is taken on the standardised (or scaled) features; the bias is free.
    scikit-learn's ``LogisticRegression`` with ``C = 1 / (n * l2)`` has the same optimum.

    Parameters
    ----------
    solver : {"gd", "minibatch", "lbfgs"}, default="minibatch"
        ``gd`` takes all rows in each step.
    learning_rate : float, default=0.01
        Of gd, constant; of minibatch, at the start of its schedule.
    l2 : float, default=0.1
        Strength of the penalty.
    epochs : int, default=50
        Steps of gd, passes of minibatch, greatest number of iterations of lbfgs.
    batch_size : int, default=128
        Rows a step of minibatch.
    momentum : float, default=0.0
        Of gd and minibatch; 0 is plain descent.
    fit_intercept : bool, default=True
        Whether there is a bias.
    standardize : bool, default=True
        Bring each feature to mean 0 and deviation 1 (as found in fit; deviation only, without a bias).
    pixel_scale : float, default=1.0
        Without standardize, features are divided by it; 255 brings pixels to 0..1.
    epoch_faces : int or None, default=None
        Rows that one epoch of minibatch sees (None: all), for equal budgets on unequal numbers.
    tolerance : float, default=1e-6
        lbfgs ends when no entry of the gradient is greater.
    random_state : int, default=0
        Seed of normal weights and of the order of rows in minibatch.
    init : {"zeros", "normal"}, default="zeros"
        ``normal``: standard normal weights over the root of the number of features.
    gradient : {"mean", "sum"}, default="mean"
        What the learning rate multiplies: the gradient of the mean loss or of the sum, l2 added once to
        either; of gd and minibatch, for published code whose rate is given on the sum.
    l2_in_gradient : bool, default=True
        False leaves the penalty out of the gradient, as in published code that forgot it.
    schedule : {"cosine", "constant"}, default="cosine"
        Of minibatch; ``cosine``: the learning rate falls to zero along half a cosine.
    record_every : int, default=1
        Epochs between rows of the history: 1, 1 + record_every, ... and the last.
    record_thin_after : int or None, default=None
        Epoch after which these rows are at least one percent apart (None: never).

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 4.3.4.
    """

    model_name: ClassVar[str] = "softmax"

    def _outputs(self) -> int:
        return len(self.classes_)

    @staticmethod
    def _loss_and_slope(scores: Floats, target: NDArray[np.intp], weight: Floats) -> tuple[float, Floats]:
        rows = np.arange(len(target))
        log_p = _log_softmax(scores)
        loss = -np.dot(weight.astype(np.float64), log_p[rows, target].astype(np.float64))
        slope = np.exp(log_p)
        slope[rows, target] -= 1.0
        slope *= weight[:, None]
        return float(loss), slope

    @staticmethod
    def _probabilities(scores: Floats) -> Floats:
        return np.exp(_log_softmax(scores))


def _log_softmax(scores: Floats) -> Floats:
    """Logarithm of the softmax of each row; the greatest score is taken off first, so nothing overflows."""
    log_p = scores - scores.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    result: Floats = log_p
    return result
