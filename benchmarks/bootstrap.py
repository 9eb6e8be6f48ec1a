"""Time of the metrics and their intervals; peer: scikit-learn's metrics, once for each resample.

    python benchmarks/bootstrap.py [--faces 3589] [--resamples 1000]

The peer runs on a twentieth of the resamples, since it takes minutes for all; the two are timed in turn, and
the ratio is of the medians for one resample.
"""

import argparse
from functools import partial
from statistics import median
from timeit import timeit

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics
from threadpoolctl import threadpool_limits

from ferflow.data.faces import FER_CLASSES
from ferflow.evaluation.metrics import subset_metrics

REPEATS = 5
PEERS_SHARE = 20


def ours(labels: NDArray[np.int64], probabilities: NDArray[np.float64], resamples: int) -> None:
    """Measure with intervals."""
    subset_metrics(labels, probabilities, FER_CLASSES, resamples=resamples, confidence=0.95, seed=0)


def peer(labels: NDArray[np.int64], probabilities: NDArray[np.float64], resamples: int) -> None:
    """Draw faces, and ask scikit-learn for what it has of our metrics."""
    rng = np.random.default_rng(0)
    classes = np.arange(len(FER_CLASSES))
    for _ in range(resamples):
        drawn = rng.integers(0, len(labels), len(labels))
        truth, scores = labels[drawn], probabilities[drawn]
        said = scores.argmax(axis=1)
        metrics.accuracy_score(truth, said)
        metrics.precision_recall_fscore_support(truth, said, labels=classes, zero_division=np.nan)
        metrics.log_loss(truth, scores, labels=classes)
        for index in classes:
            metrics.roc_auc_score(truth == index, scores[:, index])
            metrics.average_precision_score(truth == index, scores[:, index])


def main() -> None:
    """Time both in turn, and print what one resample takes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=int, default=3589)
    parser.add_argument("--resamples", type=int, default=1000)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    labels = rng.integers(0, len(FER_CLASSES), arguments.faces)
    probabilities = rng.dirichlet(np.ones(len(FER_CLASSES)), arguments.faces)
    few = max(1, arguments.resamples // PEERS_SHARE)
    taken: dict[str, list[float]] = {"ours": [], "peer": []}
    with threadpool_limits(1):
        for _ in range(REPEATS):
            for name, work, count in (("ours", ours, arguments.resamples), ("peer", peer, few)):
                taken[name].append(timeit(partial(work, labels, probabilities, count), number=1) / count)
    each = {name: 1000 * median(times) for name, times in taken.items()}
    print(
        f"{arguments.faces:,} faces, n = {REPEATS}, one thread: {each['ours']:.2f} ms a resample, "
        f"{each['peer']:.1f} by scikit-learn: {each['peer'] / each['ours']:.0f} times as fast"
    )


if __name__ == "__main__":
    main()
