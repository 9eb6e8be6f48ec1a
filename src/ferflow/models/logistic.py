"""Logistic regression for two classes, written out."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.utils import Tags
from sklearn.utils.multiclass import type_of_target

from ferflow.models.linear import LinearClassifier
from ferflow.models.objective import Floats


class LogisticClassifier(LinearClassifier):
    """Logistic regression: one linear score, sigmoid, binary cross-entropy.

    Minimises ``mean(w_i * (log(1 + exp(s_i)) - t_i * s_i)) + l2 / 2 * sum(coef ** 2)`` for scores s and
    targets t of 0 and 1 (the second class); the bias is free. scikit-learn's ``LogisticRegression`` with
    ``C = 1 / (n * l2)`` has the same optimum. Parameters are those of
    :class:`~ferflow.models.softmax.SoftmaxClassifier`.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 4.3.2.
    """

    model_name: ClassVar[str] = "logistic"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _check_classes(self) -> None:
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                f"{type_of_target(self.classes_)}. Use softmax for {len(self.classes_)} classes."
            )

    def _outputs(self) -> int:
        return 1

    @staticmethod
    def _loss_and_slope(scores: Floats, target: NDArray[np.intp], weight: Floats) -> tuple[float, Floats]:
        score = scores[:, 0]
        # log(1 + exp(s)) without overflow, for scores of either sign.
        losses = np.logaddexp(0, score) - target.astype(score.dtype) * score
        slope = weight * (expit(score) - target.astype(score.dtype))
        return float(np.dot(weight.astype(np.float64), losses.astype(np.float64))), slope[:, None]

    @staticmethod
    def _probabilities(scores: Floats) -> Floats:
        return np.column_stack([expit(-scores[:, 0]), expit(scores[:, 0])])
