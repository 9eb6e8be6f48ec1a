"""Metrics of predicted probabilities, each with a bootstrap interval over faces.

A resample of n faces is a row of n counts (how often each face was drawn). Every metric here is a function of
such counts, so a thousand resamples are a few matrix products, and the value itself is the resample in which
each face was drawn once. Point values equal scikit-learn's (the tests hold them to it); scikit-learn has no
interval, and one call per resample would take minutes.

References
----------
Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13 (percentile intervals);
Brodersen et al. (2010), "The balanced accuracy and its posterior distribution";
Guo et al. (2017), "On Calibration of Modern Neural Networks" (expected calibration error).
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ferflow.content import Estimate
from ferflow.evaluation.evaluation import METRICS, ClassFigures, Metrics, SubsetFigures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


_PER_CLASS = ("precision", "recall", "f1")
_ECE_BINS = 15
_SMALLEST_PROBABILITY = float(np.finfo(np.float32).eps)  # predictions are kept as float32
_CELLS_AT_ONCE = 2**21  # resamples x faces held at once: bounds memory to some tens of MB


def subset_metrics(
    labels: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    classes: Sequence[str],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> SubsetFigures:
    """Measure one subset of a split.

    Parameters
    ----------
    labels : integer array of shape (n,)
        Index into ``classes``.
    probabilities : float array of shape (n, k)
        One column per class.
    classes : sequence of str
        The k class names.
    resamples : int
        Number of bootstrap resamples of the n faces.
    confidence : float
        Share of the resamples that an interval holds, such as 0.95.
    seed : int
        Of the resamples.

    Returns
    -------
    SubsetFigures
        What has no meaning is NaN: the recall of a class without faces, the precision of one never predicted.
        Macro averages run over the classes that have faces.

    Raises
    ------
    ValueError
        If shapes disagree or a label lies outside ``classes``.
    """
    truth: Ints = np.asarray(labels, dtype=np.int64)
    guess: Floats = np.asarray(probabilities, dtype=np.float64)
    n, k = len(truth), len(classes)
    if guess.shape != (n, k):
        raise ValueError(f"probabilities of shape {guess.shape} for {n} faces and {k} classes")
    if n and not 0 <= truth.min() <= truth.max() < k:
        raise ValueError(f"labels outside 0..{k - 1}")
    if n == 0:
        return _without_faces(classes)
    value = _statistics(np.ones((1, n)), truth, guess)
    samples = [_statistics(counts, truth, guess) for counts in resample_counts(n, resamples, seed=seed)]
    interval = {
        name: percentile_interval(np.concatenate([part[name] for part in samples]), confidence)
        for name in (*METRICS, *_PER_CLASS)
    }

    def estimate(name: str, *index: int) -> Estimate:
        low, high = interval[name]
        return Estimate(value=float(value[name][(0, *index)]), low=float(low[index]), high=float(high[index]))

    support = np.bincount(truth, minlength=k)
    return SubsetFigures(
        n=n,
        metrics=Metrics(**{name: estimate(name) for name in METRICS}),
        per_class={
            cls: ClassFigures(
                precision=estimate("precision", index),
                recall=estimate("recall", index),
                f1=estimate("f1", index),
                roc_auc=float(value["class_roc_auc"][0, index]),
                average_precision=float(value["class_average_precision"][0, index]),
                support=int(support[index]),
            )
            for index, cls in enumerate(classes)
        },
        confusion=confusion_matrix(truth, guess.argmax(axis=1), k).tolist(),
    )


def confusion_matrix(labels: NDArray[np.integer], predicted: NDArray[np.integer], k: int) -> Ints:
    """Count faces by true class (row) and predicted class (column).

    Parameters
    ----------
    labels, predicted : int array of shape (n,)
    k : int
        Number of classes.

    Returns
    -------
    int64 array of shape (k, k)
    """
    return np.bincount(np.asarray(labels) * k + predicted, minlength=k * k).reshape(k, k)


def resample_counts(n: int, resamples: int, *, seed: int) -> Iterator[Floats]:
    """Draw bootstrap resamples, some at a time.

    Same ``n`` and ``seed``: same resamples, so that two experiments on the same faces are compared in pairs.

    Parameters
    ----------
    n : int
        Faces.
    resamples : int
        How many in all.
    seed : int

    Yields
    ------
    float64 array of shape (some, n)
        How often each face is drawn; a row sums to n.
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // n)
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        faces = rng.integers(0, n, size=(rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(faces.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def percentile_interval(values: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Compute percentile intervals along the first axis; NaN entries (class not drawn) are left out.

    Parameters
    ----------
    values : float64 array of shape (resamples, ...)
    confidence : float
        Share of the resamples that an interval holds.

    Returns
    -------
    low, high : float64 array of shape (...)
        NaN where all entries are.
    """
    tail = (1 - confidence) / 2
    empty = np.isnan(values).all(axis=0)
    low, high = np.nanquantile(np.where(empty, 0.0, values), [tail, 1 - tail], axis=0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def expected_calibration_error(labels: NDArray[np.integer], probabilities: NDArray[np.floating]) -> float:
    """Average the gap between confidence and accuracy over 15 equal bins, weighted by their faces.

    Parameters
    ----------
    labels : int array of shape (n,)
    probabilities : float array of shape (n, k)

    Returns
    -------
    float
    """
    guess: Floats = np.asarray(probabilities, dtype=np.float64)
    return float(_calibration(np.ones((1, len(labels))), np.asarray(labels, dtype=np.int64), guess)[0])


def _statistics(counts: Floats, labels: Ints, probabilities: Floats) -> dict[str, Floats]:
    """Every metric of every resample: (B,) or, per class, (B, k) for counts of shape (B, n)."""
    n, k = probabilities.shape
    cell = labels * k + probabilities.argmax(axis=1)
    confusion = (counts @ np.eye(k * k)[cell]).reshape(-1, k, k)
    present = np.bincount(labels, minlength=k) > 0
    right = np.einsum("bkk->bk", confusion)
    true, predicted = confusion.sum(axis=2), confusion.sum(axis=1)
    recall = _ratio(right, true)
    f1 = np.where(present, _ratio(2 * right, true + predicted), np.nan)
    roc_auc, average_precision = _ranking(counts, labels, probabilities)
    return {
        "accuracy": right.sum(axis=1) / n,
        "balanced_accuracy": _mean(recall),
        "macro_f1": _mean(f1),
        "log_loss": counts @ _losses(labels, probabilities) / n,
        "ece": _calibration(counts, labels, probabilities),
        "roc_auc": _mean(roc_auc),
        "average_precision": _mean(average_precision),
        "precision": _ratio(right, predicted),
        "recall": recall,
        "f1": f1,
        "class_roc_auc": roc_auc,
        "class_average_precision": average_precision,
    }


def _losses(labels: Ints, probabilities: Floats) -> Floats:
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    of_truth = shares[np.arange(len(labels)), labels]
    result: Floats = -np.log(np.clip(of_truth, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY))
    return result


def _calibration(counts: Floats, labels: Ints, probabilities: Floats) -> Floats:
    confidence = probabilities.max(axis=1)
    gap = (probabilities.argmax(axis=1) == labels) - confidence
    # Bins are (low, high], as in the paper; a confidence of exactly 0 cannot be (it is a maximum).
    index = np.clip(np.ceil(confidence * _ECE_BINS).astype(int) - 1, 0, _ECE_BINS - 1)
    result: Floats = np.abs(counts @ (np.eye(_ECE_BINS)[index] * gap[:, None])).sum(axis=1) / len(labels)
    return result


def _ranking(counts: Floats, labels: Ints, probabilities: Floats) -> tuple[Floats, Floats]:
    """One-vs-rest ROC AUC and average precision, (B, k) each; NaN for a class with nothing to tell apart."""
    (rows, _), k = counts.shape, probabilities.shape[1]
    roc_auc, average_precision = np.full((2, rows, k), np.nan)
    # Sorting faces moves whole rows; exact to 2^24.
    by_face = np.ascontiguousarray(counts.T, dtype=np.float32)
    for index in range(k):
        order = np.argsort(-probabilities[:, index], kind="stable")
        is_class = labels[order] == index
        if is_class.any() and not is_class.all():
            score = probabilities[order, index]
            roc_auc[:, index], average_precision[:, index] = _areas(by_face[order], is_class, score)
    return roc_auc, average_precision


def _areas(counts: NDArray[np.float32], is_class: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
    """Areas under the ROC and precision-recall steps of one class; faces by falling score, ties one step.

    Recall moves only at faces of the class, so all but one running sum is over these few.
    """
    running = counts.cumsum(axis=0)
    members = np.flatnonzero(is_class)
    first = np.flatnonzero(np.r_[True, np.diff(score[members]) != 0])  # among the class's own, of each tie
    last_of_tie = np.searchsorted(-score, -score[members[first]], side="right") - 1
    first_of_tie = np.searchsorted(-score, -score[members[first]], side="left")
    hits = np.add.reduceat(counts[members], first, axis=0).astype(np.float64)
    hits_by = hits.cumsum(axis=0)
    total_by = running[last_of_tie]
    total_before = np.where(first_of_tie[:, None] > 0, running[first_of_tie - 1], 0.0)
    false_by = total_by - hits_by
    false_at = total_by - total_before - hits
    positives = hits_by[-1]
    negatives = running[-1] - positives
    roc_auc = _ratio((hits * (negatives - false_by + false_at / 2)).sum(axis=0), positives * negatives)
    precision = hits_by / np.maximum(total_by, 1.0)
    return roc_auc, _ratio((hits * precision).sum(axis=0), positives)


def _ratio(over: Floats, under: Floats) -> Floats:
    result: Floats = np.divide(over, under, out=np.full(np.shape(over), np.nan), where=under > 0)
    return result


def _mean(per_class: Floats) -> Floats:
    """Mean over classes, those without a value left out; NaN where none has one."""
    has_value = ~np.isnan(per_class)
    return _ratio(np.where(has_value, per_class, 0.0).sum(axis=-1), has_value.sum(axis=-1).astype(np.float64))


def _without_faces(classes: Sequence[str]) -> SubsetFigures:
    nan = float("nan")
    nothing = Estimate(value=nan, low=nan, high=nan)
    of_class = ClassFigures(
        precision=nothing, recall=nothing, f1=nothing, roc_auc=nan, average_precision=nan, support=0
    )
    return SubsetFigures(
        n=0,
        metrics=Metrics(**dict.fromkeys(METRICS, nothing)),
        per_class=dict.fromkeys(classes, of_class),
        confusion=[[0] * len(classes) for _ in classes],
    )
