"""Evaluations that nobody measured, whole as the evaluate stage writes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ferflow.content import Estimate
from ferflow.evaluation.evaluation import (
    EVALUATED,
    METRICS,
    ClassFigures,
    Cost,
    Evaluation,
    Machine,
    Metrics,
    SubsetFigures,
    Subsets,
)

COST = Cost(parameters=2501, macs=2500, model_bytes=9000, training_macs=10**9)


def subset_of(
    confusion: Sequence[Sequence[int]], estimate: Estimate, classes: Sequence[str], n: int | None = None
) -> SubsetFigures:
    """One subset, every metric of which is the same."""
    counts = np.array(confusion)
    return SubsetFigures(
        n=int(counts.sum()) if n is None else n,
        metrics=Metrics(**dict.fromkeys(METRICS, estimate)),
        per_class={
            name: ClassFigures(
                precision=estimate,
                recall=estimate,
                f1=estimate,
                roc_auc=0.5,
                average_precision=0.5,
                support=int(row.sum()),
            )
            for name, row in zip(classes, counts, strict=True)
        },
        confusion=counts.tolist(),
    )


def subsets_of(confusion: Sequence[Sequence[int]], estimate: Estimate, classes: Sequence[str]) -> Subsets:
    """Return subsets that are all the same."""
    return Subsets(**dict.fromkeys(EVALUATED, subset_of(confusion, estimate, classes)))


def evaluation_of(subsets: Subsets, classes: Sequence[str], **changes: Any) -> Evaluation:
    """Return the evaluation of a model; ``changes`` replace what is said of it."""
    about: dict[str, Any] = {
        "experiment": "one",
        "seed": 0,
        "settings": {"protocol": "pair"},
        "protocol": "pair",
        "model": "logistic",
        "leaky": False,
        "machine": Machine(threads=1, precision=None),
        "cost": COST,
    }
    return Evaluation(classes=tuple(classes), subsets=subsets, **about | changes)
