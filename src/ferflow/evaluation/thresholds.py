"""Two classes told apart by a threshold on the probability of one, and what moving it does.

References
----------
Fawcett (2006), "An introduction to ROC analysis", for counts by threshold;
Lipton, Elkan and Narayanaswamy (2014), "Optimal thresholding of classifiers to maximize F1 measure": the
threshold that is best for F1 is half the F1 it reaches, not one half.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEFAULT = 0.5


@dataclass(frozen=True)
class Counts:
    """What comes of calling a face positive from a threshold on.

    Attributes
    ----------
    threshold : float
        Least probability of the positive class that is called positive.
    tp, fp, fn, tn : int
        Faces by what they are and what they are called.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float:
        """Share of the faces called positive that are; NaN if none is called so."""
        positive_calls = self.tp + self.fp
        return self.tp / positive_calls if positive_calls else float("nan")

    @property
    def recall(self) -> float:
        """Share of the positive faces that are called so; NaN if there is none."""
        positive = self.tp + self.fn
        return self.tp / positive if positive else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 if no positive face is found; NaN if there is none."""
        either = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / either if self.tp + self.fn else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of the faces called what they are."""
        return (self.tp + self.tn) / (self.tp + self.fp + self.fn + self.tn)


def count_at(positive: NDArray[np.bool_], score: NDArray[np.floating], threshold: float) -> Counts:
    """Count faces at one threshold.

    Parameters
    ----------
    positive : bool array of shape (n,)
        Whether a face is of the positive class.
    score : float array of shape (n,)
        Its probability.
    threshold : float
        From which on a face is called positive.

    Returns
    -------
    Counts
    """
    # As float32, a threshold midway between two scores would be rounded to one of them.
    is_call = score.astype(np.float64) >= threshold
    return Counts(
        threshold=float(threshold),
        tp=int(np.sum(is_call & positive)),
        fp=int(np.sum(is_call & ~positive)),
        fn=int(np.sum(~is_call & positive)),
        tn=int(np.sum(~is_call & ~positive)),
    )


def best_threshold(positive: NDArray[np.bool_], score: NDArray[np.floating]) -> float:
    """Find the threshold of greatest F1, of several the one nearest to one half; 0.5 with no positive face.

    The threshold is put midway between the lowest probability called positive and the next one below.

    Parameters
    ----------
    positive : bool array of shape (n,)
        Whether a face is of the positive class.
    score : float array of shape (n,)
        Its probability.

    Returns
    -------
    float
    """
    if not positive.any():
        return DEFAULT
    levels = np.unique(score.astype(np.float64))
    between = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2])
    order = np.argsort(score, kind="stable")
    truth = positive[order]
    below = np.searchsorted(score[order], between, side="left")
    hits = truth.sum() - np.concatenate([[0], truth.cumsum()])[below]
    f1 = 2 * hits / (len(score) - below + truth.sum())
    best = between[np.isclose(f1, f1.max(), rtol=0, atol=1e-12)]
    return float(best[np.argmin(np.abs(best - DEFAULT))])


def rarer_class(labels: NDArray[np.integer]) -> int:
    """Tell which of two labels has fewer faces.

    Parameters
    ----------
    labels : int array of shape (n,)
        0 or 1.

    Returns
    -------
    int
        1 if they have equally many.
    """
    return int(np.sum(labels == 1) <= np.sum(labels == 0))
