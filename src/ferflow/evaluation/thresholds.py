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
    threshold : least probability of the positive class that is called positive
    tp, fp, fn, tn : faces by what they are and what they are called
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float:
        """Share of the faces called positive that are; NaN if none is called so."""
        called = self.tp + self.fp
        return self.tp / called if called else float("nan")

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
    positive : bool array (n,), whether a face is of the positive class
    score : float array (n,), its probability
    threshold : from which on a face is called positive
    """
    called = score >= threshold
    return Counts(
        threshold=float(threshold),
        tp=int(np.sum(called & positive)),
        fp=int(np.sum(called & ~positive)),
        fn=int(np.sum(~called & positive)),
        tn=int(np.sum(~called & ~positive)),
    )


def best_threshold(positive: NDArray[np.bool_], score: NDArray[np.floating]) -> float:
    """Find the threshold of greatest F1, of several the one nearest to one half; 0.5 with no positive face.

    The threshold is put midway between the lowest probability called positive and the next one below.
    """
    if not positive.any():
        return DEFAULT
    levels = np.unique(score.astype(np.float64))
    between = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2])
    order = np.argsort(score, kind="stable")
    ranked = positive[order]
    below = np.searchsorted(score[order], between, side="left")
    found = ranked.sum() - np.concatenate([[0], ranked.cumsum()])[below]
    f1 = 2 * found / (len(score) - below + ranked.sum())
    best = between[np.isclose(f1, f1.max(), rtol=0, atol=1e-12)]
    return float(best[np.argmin(np.abs(best - DEFAULT))])


def rarer_class(labels: NDArray[np.integer]) -> int:
    """Tell which of the labels 0 and 1 has fewer faces; 1 if they have equally many."""
    return int(np.sum(labels == 1) <= np.sum(labels == 0))
