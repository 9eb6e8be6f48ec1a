"""scikit-learn's own checks of the flat models."""

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from ferflow.models.kmeans import KMeansClassifier
from ferflow.models.logistic import LogisticClassifier
from ferflow.models.softmax import SoftmaxClassifier

MODELS = [
    SoftmaxClassifier(),
    SoftmaxClassifier(solver="gd", learning_rate=0.1),
    SoftmaxClassifier(solver="lbfgs"),
    LogisticClassifier(),
    LogisticClassifier(solver="gd", learning_rate=0.1),
    LogisticClassifier(solver="lbfgs"),
    KMeansClassifier(),
]


def cannot_apply(model: BaseEstimator) -> dict[str, str]:
    if not isinstance(model, KMeansClassifier):
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "k-means++ draws its starts by row, so repeating a row changes the draws; PCA takes no weights"
        )
    }


@parametrize_with_checks(MODELS, expected_failed_checks=cannot_apply)
def test_scikit_learn_check(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)
