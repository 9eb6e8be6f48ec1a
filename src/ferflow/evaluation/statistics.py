"""Every metric as a function of how often each face was drawn, for many resamples at once.

What is the same for all resamples (the order of the faces by their scores, what each costs) is found once.
Point values equal scikit-learn's (the tests hold them to it); scikit-learn has no interval, and one call per
resample would take minutes.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ECE_BINS = 15
_SMALLEST_PROBABILITY = float(np.finfo(np.float32).eps)  # predictions are kept as float32


class Statistics:
    """The metrics of n faces, as a function of counts.

    Parameters
    ----------
    labels : int64 array of shape (n,)
    probabilities : float64 array of shape (n, k)
    """

    def __init__(self, labels: Ints, probabilities: Floats) -> None:
        self._classes = probabilities.shape[1]
        cell = labels * self._classes + probabilities.argmax(axis=1)
        self._by_cell = np.argsort(cell, kind="stable")
        self._cells, self._first_of_cell = np.unique(cell[self._by_cell], return_index=True)
        self._losses = _losses(labels, probabilities)
        self._gaps = _gaps(labels, probabilities)
        self._rankings = [_Ranking.of(labels == index, score) for index, score in enumerate(probabilities.T)]

    def __call__(self, counts: Floats) -> dict[str, Floats]:
        """Compute every metric of every resample: (B,) or, per class, (B, k) for counts of shape (B, n)."""
        rows, n = counts.shape
        # Sorting faces moves whole rows; exact to 2^24.
        by_face = np.ascontiguousarray(counts.T, dtype=np.float32)
        confusion = self._confusion(by_face)
        right = np.einsum("bkk->bk", confusion)
        true, predicted = confusion.sum(axis=2), confusion.sum(axis=1)
        recall = _ratio(right, true)
        f1 = _ratio(2 * right, np.where(true > 0, true + predicted, 0.0))
        roc_auc, average_precision = np.full((2, rows, self._classes), np.nan)
        for index, ranking in enumerate(self._rankings):
            if ranking is not None:
                roc_auc[:, index], average_precision[:, index] = ranking.areas(by_face)
        return {
            "accuracy": right.sum(axis=1) / n,
            "balanced_accuracy": _mean(recall),
            "macro_f1": _mean(f1),
            "log_loss": counts @ self._losses / n,
            "ece": np.abs(counts @ self._gaps).sum(axis=1) / n,
            "roc_auc": _mean(roc_auc),
            "average_precision": _mean(average_precision),
            "precision": _ratio(right, predicted),
            "recall": recall,
            "f1": f1,
            "class_roc_auc": roc_auc,
            "class_average_precision": average_precision,
        }

    def _confusion(self, by_face: NDArray[np.float32]) -> Floats:
        """Count faces by label and prediction, (B, k, k) for counts of shape (n, B)."""
        sums = np.add.reduceat(by_face[self._by_cell], self._first_of_cell, axis=0)
        result = np.zeros((by_face.shape[1], self._classes**2))
        result[:, self._cells] = sums.T
        return result.reshape(-1, self._classes, self._classes)


@dataclass(frozen=True)
class _Ranking:
    """The faces by falling score of one class; ties are one step.

    Recall moves only at faces of the class, so all but one running sum is over these few.

    Attributes
    ----------
    order : int array of shape (n,)
    members : int array of shape (m,)
        Places of the faces of the class.
    first : int array of shape (t,)
        Of each tie, the first among the members.
    first_of_tie, last_of_tie : int array of shape (t,)
        Its first and last place among all.
    """

    order: NDArray[np.intp]
    members: NDArray[np.intp]
    first: NDArray[np.intp]
    first_of_tie: NDArray[np.intp]
    last_of_tie: NDArray[np.intp]

    @classmethod
    def of(cls, is_class: NDArray[np.bool_], score: Floats) -> Self | None:
        """Rank faces; None where there is nothing to tell apart."""
        if not is_class.any() or is_class.all():
            return None
        order = np.argsort(-score, kind="stable")
        falling, members = -score[order], np.flatnonzero(is_class[order])
        first = np.flatnonzero(np.r_[True, np.diff(falling[members]) != 0])
        at = falling[members[first]]
        return cls(
            order,
            members,
            first,
            first_of_tie=np.searchsorted(falling, at, side="left"),
            last_of_tie=np.searchsorted(falling, at, side="right") - 1,
        )

    def areas(self, by_face: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Areas under the ROC and the precision-recall steps, (B,) each for counts of shape (n, B)."""
        counts = by_face[self.order]
        running = counts.cumsum(axis=0)
        hits = np.add.reduceat(counts[self.members], self.first, axis=0).astype(np.float64)
        hits_by = hits.cumsum(axis=0)
        total_by = running[self.last_of_tie]
        total_before = np.where(self.first_of_tie[:, None] > 0, running[self.first_of_tie - 1], 0.0)
        false_by = total_by - hits_by
        false_at = total_by - total_before - hits
        positives = hits_by[-1]
        negatives = running[-1] - positives
        roc_auc = _ratio((hits * (negatives - false_by + false_at / 2)).sum(axis=0), positives * negatives)
        precision = hits_by / np.maximum(total_by, 1.0)
        # Where all faces that were drawn are of the class, nothing is ranked.
        return roc_auc, _ratio((hits * precision).sum(axis=0), np.where(negatives > 0, positives, 0.0))


def _losses(labels: Ints, probabilities: Floats) -> Floats:
    """Compute the log loss of each face, (n,), in nats."""
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    of_truth = shares[np.arange(len(labels)), labels]
    result: Floats = -np.log(np.clip(of_truth, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY))
    return result


def _gaps(labels: Ints, probabilities: Floats) -> Floats:
    """How far the confidence in each face is from whether it is right, in the column of its bin, (n, 15).

    The expected calibration error of Guo et al. (2017), "On Calibration of Modern Neural Networks", is the
    sum of what the columns' sums are away from nought, by the faces.
    """
    confidence = probabilities.max(axis=1)
    gap = (probabilities.argmax(axis=1) == labels) - confidence
    # Bins are (low, high], as in the paper; a confidence of exactly 0 cannot be (it is a maximum).
    index = np.clip(np.ceil(confidence * _ECE_BINS).astype(int) - 1, 0, _ECE_BINS - 1)
    result: Floats = np.eye(_ECE_BINS)[index] * gap[:, None]
    return result


def _ratio(over: Floats, under: Floats) -> Floats:
    result: Floats = np.divide(over, under, out=np.full(np.shape(over), np.nan), where=under > 0)
    return result


def _mean(per_class: Floats) -> Floats:
    """Mean over classes, those without a value left out; NaN where none has one."""
    has_value = ~np.isnan(per_class)
    return _ratio(np.where(has_value, per_class, 0.0).sum(axis=-1), has_value.sum(axis=-1).astype(np.float64))
