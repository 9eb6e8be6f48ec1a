"""Evaluations that nobody measured, whole as evaluate writes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ferflow.evaluation.evaluation import Evaluation
from ferflow.evaluation.metrics import METRICS

Interval = tuple[float, float, float]


def estimate(interval: Interval) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), interval, strict=True))


def side_content(
    classes: Sequence[str], confusion: Sequence[Sequence[int]], interval: Interval, n: int | None = None
) -> dict[str, Any]:
    """One side, every metric of which is the same."""
    counts, entry = np.array(confusion), estimate(interval)
    of_class = {"precision": entry, "recall": entry, "f1": entry, "roc_auc": 0.5, "average_precision": 0.5}
    return {
        "n": int(counts.sum()) if n is None else n,
        "metrics": dict.fromkeys(METRICS, entry),
        "per_class": {
            name: of_class | {"support": int(row.sum())} for name, row in zip(classes, counts, strict=True)
        },
        "confusion": counts.tolist(),
    }


def evaluation_content(
    sides: dict[str, Any], classes: Sequence[str], *, leaky: bool = False, **cost: int
) -> dict[str, Any]:
    """Content of evaluation.json; ``cost`` replaces some of it."""
    return {
        "classes": list(classes),
        "leaky": leaky,
        "machine": {"threads": 1, "precision": None},
        "sides": sides,
        "cost": {"parameters": 2501, "macs": 2500, "model_bytes": 9000, "training_macs": 10**9} | cost,
    }


def evaluation_of(
    confusion: Sequence[Sequence[int]], interval: Interval, classes: Sequence[str] = ("happy", "fear")
) -> Evaluation:
    """Return an evaluation that is the same on every side."""
    side = side_content(classes, confusion, interval)
    sides = dict.fromkeys(("validation", "official", "clean"), side)
    return Evaluation.model_validate(evaluation_content(sides, classes))
