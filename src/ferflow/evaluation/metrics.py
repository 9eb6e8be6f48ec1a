"""Metrics of predicted probabilities, each with a bootstrap interval over faces.

A resample of n faces is a row of n counts (how often each face was drawn). Every metric here is a function of
such counts (:mod:`ferflow.evaluation.statistics`), and the value itself is the resample in which each face
was drawn once.

References
----------
Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13 (percentile intervals);
Brodersen et al. (2010), "The balanced accuracy and its posterior distribution".
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from ferflow.content import Estimate
from ferflow.evaluation.evaluation import METRICS, ClassFigures, Metrics, SubsetFigures
from ferflow.evaluation.statistics import Floats, Ints, Statistics

_PER_CLASS = ("precision", "recall", "f1")
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
    statistics = Statistics(truth, guess)
    value = statistics(np.ones((1, n)))
    samples = [statistics(counts) for counts in resample_counts(n, resamples, seed=seed)]
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
        confusion=confusion_matrix(truth, guess.argmax(axis=1), labels=range(k)).tolist(),
    )


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
