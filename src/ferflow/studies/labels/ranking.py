"""Ranks labels by how suspicious they are, and counts how many of the most suspicious are disputed.

References
----------
Northcutt, Jiang and Chuang (2021), "Confident learning: estimating uncertainty in dataset labels", JAIR 70;
Wilson (1927), "Probable inference, the law of succession, and statistical inference" (interval of a share).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferflow.content import Estimate
from ferflow.evaluation.metrics import percentile_interval, resample_counts
from ferflow.params import Evaluate
from ferflow.studies.labels.figures import Accuracy, Agreement, Precision

KS = (50, 200, 500)


@dataclass(frozen=True)
class Suspicion:
    """Labels from the most to the least suspicious.

    Attributes
    ----------
    order : int array of shape (n,)
        The suspicious first; among them, and among the others, those to which the model
        gives the least probability.
    suspicious : bool array of shape (n,)
        Whether confident learning takes the label for an error.
    """

    order: NDArray[np.int64]
    suspicious: NDArray[np.bool_]


def rank_labels(labels: NDArray[np.integer], probabilities: NDArray[np.floating]) -> Suspicion:
    """Rank labels by confident learning and by self-confidence (:mod:`cleanlab`).

    Parameters
    ----------
    labels : int array of shape (n,)
        Index of a class each.
    probabilities : float array of shape (n, k)
        Of each class, from a model that was not trained on these faces.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    quality = get_label_quality_scores(labels, probabilities, method="self_confidence")
    if len(np.unique(labels)) == 1:  # no other class whose faces these could be taken for
        return Suspicion(
            order=np.argsort(quality, kind="stable"), suspicious=np.zeros(len(labels), dtype=bool)
        )
    with warnings.catch_warnings():
        # Of a class with few faces it says that it may miss some errors; the report gives the counts.
        warnings.simplefilter("ignore", UserWarning)
        # One job: the others would each load a copy of Python for tenths of a second of work.
        suspicious = np.asarray(find_label_issues(labels, probabilities, n_jobs=1), dtype=bool)
    return Suspicion(order=np.lexsort((quality, ~suspicious)), suspicious=suspicious)


def precision_at(disputed: NDArray[np.bool_], k: int, confidence: float) -> Precision:
    """Count the disputed labels among the ``k`` first, with Wilson's interval of their share."""
    from scipy.stats import binomtest

    count = int(disputed[:k].sum())
    interval = binomtest(count, k).proportion_ci(confidence, method="wilson")
    share = Estimate(value=count / k, low=float(interval.low), high=float(interval.high))
    return Precision(k=k, disputed=count, share=share)


def precisions(suspicion: Suspicion, disputed: NDArray[np.bool_], confidence: float) -> list[Precision]:
    """Give the precision at every k for which there are so many faces, and at all that are suspicious."""
    every = int(suspicion.suspicious.sum())
    ks = sorted({k for k in (*KS, every) if 0 < k <= len(disputed)})
    return [precision_at(disputed[suspicion.order], k, confidence) for k in ks]


def accuracy_of(correct: NDArray[np.bool_], bootstrap: Evaluate) -> Accuracy:
    """Share of the faces that are recognised, with a bootstrap interval over faces."""
    n = len(correct)
    if n == 0:
        return Accuracy(faces=0, accuracy=Estimate(value=np.nan, low=np.nan, high=np.nan))
    resamples = resample_counts(n, bootstrap.resamples, seed=bootstrap.seed)
    shares = np.concatenate([counts @ correct / n for counts in resamples])
    low, high = percentile_interval(shares, bootstrap.confidence)
    return Accuracy(faces=n, accuracy=Estimate(value=float(correct.mean()), low=float(low), high=float(high)))


def agreement_of(correct: NDArray[np.bool_], disputed: NDArray[np.bool_], bootstrap: Evaluate) -> Agreement:
    """Accuracy where FER+'s majority confirms the label, and where it does not."""
    return Agreement(
        confirmed=accuracy_of(correct[~disputed], bootstrap),
        disputed=accuracy_of(correct[disputed], bootstrap),
    )
